"""Fitting the estimators of the simulated reviewers on faces whose AUs are known."""

from typing import Any

import numpy as np

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.estimators import Estimators
from facetds.expressions import MEASURES
from facetds.randomness import generator

NAMES = ("a", "b", "audit")
"""The estimators: of the two reviewers, and of the audit of the annotated images."""

FOLDS = 5
# Inverse strength of the L2 penalty, in units of the scaled features; 3 to 10 do equally well.
PENALTY = 5.0
LEAST = 20


def fit_estimators(
    features: np.ndarray, labels: np.ndarray, subjects: np.ndarray, resolution: int, root_seed: int
) -> tuple[Estimators, dict[str, Any]]:
    """Return the estimators `NAMES` and a report of how well they do on people they do not know.

    features: float N x D (`describe_face`); labels: 0/1 N x 6; subjects: int N. Each is a logistic
    regression per AU. Geometry and texture are scaled to the same total variance. The reviewers'
    are fitted on two bootstrap samples of the people (so that they differ as two persons with
    different experience do), the audit's on all. The logits are calibrated (Platt 1999) by
    cross-validation in folds without common people, and the report has the areas under the ROC
    curve of the same folds, by estimator and AU.

    Raises `FacetdsError` if there are too few people, or images with or without an AU.
    """
    people = np.unique(subjects)
    if len(people) < 2 * FOLDS:
        raise FacetdsError(
            f"crop/pretrain.npz shows {len(people)} people; the simulated reviewers learn from "
            f"{2 * FOLDS} or more."
        )
    present = labels.astype(bool).sum(axis=0)
    for au, count in zip(AU_NAMES, present.tolist(), strict=True):
        if min(count, len(labels) - count) < LEAST:
            raise FacetdsError(
                f"crop/pretrain.npz has {count} images with {au} of {len(labels)}; the simulated "
                f"reviewers learn from {LEAST} with and {LEAST} without it."
            )
    mean, scale = features.mean(axis=0), _scale(features)
    # Single precision is enough for a fit, and takes half the time.
    scaled = ((features - mean) / scale).astype(np.float32)
    drawing = generator(root_seed, "seeds")
    places = np.searchsorted(people, subjects)
    folds = (drawing.permutation(len(people)) % FOLDS)[places]
    fits, areas = [], {}
    for name in NAMES:
        times = np.ones(len(people), np.int64)
        if name != "audit":
            drawn = drawing.integers(0, len(people), len(people))
            times = np.bincount(drawn, minlength=len(people))
        weights = times[places]
        parts = [_fit_au(scaled, labels[:, au], weights, folds) for au in range(len(AU_NAMES))]
        fits.append([part[:2] for part in parts])
        areas[name] = {au: round(part[2], 4) for au, part in zip(AU_NAMES, parts, strict=True)}
    estimators = Estimators(
        NAMES,
        mean,
        scale,
        np.array([[weights for weights, _ in fit] for fit in fits]),
        np.array([[intercept for _, intercept in fit] for fit in fits]),
        resolution,
    )
    shares = dict(zip(AU_NAMES, (present / len(labels)).round(4).tolist(), strict=True))
    report = {"images": len(labels), "people": len(people), "resolution": resolution}
    return estimators, report | {"prevalence": shares, "auc": areas}


def _scale(features: np.ndarray) -> np.ndarray:
    """Return the divisors of features: standard deviation x root of the size of their block."""
    spread = features.std(axis=0)
    number = len(MEASURES)
    sizes = np.repeat([number, features.shape[1] - number], [number, features.shape[1] - number])
    # A feature that never changes in the fitted images says nothing in others.
    return np.where(spread > 1e-9, spread * np.sqrt(sizes), np.inf)


def _fit_au(
    scaled: np.ndarray, labels: np.ndarray, weights: np.ndarray, folds: np.ndarray
) -> tuple[np.ndarray, float, float]:
    """Return calibrated weights (D) and intercept of one AU, and its cross-validated area."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from threadpoolctl import threadpool_limits

    def fit(rows: np.ndarray) -> LogisticRegression:
        model = LogisticRegression(C=PENALTY, tol=1e-3, max_iter=1000)
        return model.fit(scaled[rows], labels[rows], sample_weight=weights[rows])

    # In one thread, as sums in another order give other last digits.
    with threadpool_limits(1):
        logits = np.zeros(len(labels))
        for fold in range(FOLDS):
            held_out = folds == fold
            logits[held_out] = fit(~held_out).decision_function(scaled[held_out])
        platt = LogisticRegression(C=np.inf).fit(logits[:, None], labels)
        whole = fit(np.ones(len(labels), bool))
    slope, shift = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    intercept = slope * float(whole.intercept_[0]) + shift
    return slope * whole.coef_[0], intercept, float(roc_auc_score(labels, logits))
