"""The audit's own estimators of AUs, learnt from people that the labels do not come from.

Four linear models per AU: from landmarks or texture (`facetds.expressions`), each on the one or the
other half of DISFA's subjects. The first half's decide how far an edit may go, the second half's
measure what that was worth, so that a choice is not tested by what made it. None of them is the
classifier under test.
"""

from typing import Any

import numpy as np

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.estimators import Estimators
from facetds.expressions import MEASURES

DECIDING = ("landmarks_1", "texture_1")
MEASURING = ("landmarks_2", "texture_2")
# Inverse strength of the L2 penalty, in units of the scaled features.
PENALTIES = {"landmarks": 50.0, "texture": 5.0}
LEAST = 5


def fit_auditors(
    features: np.ndarray, labels: np.ndarray, subjects: np.ndarray, resolution: int
) -> tuple[Estimators, dict[str, Any]]:
    """Return the estimators `DECIDING` and `MEASURING`, and how well they know each other's people.

    features: float N x D (`describe_face`); labels: 0/1 N x 6; subjects: N, anything that sorts. An
    AU that fewer than `LEAST` frames of a half show (or lack) has no estimator there: its
    probabilities are NaN. The report has the areas under the ROC curve, None where there is none.

    Raises `FacetdsError` if there is but one subject, or if no AU has an estimator.
    """
    halves = np.searchsorted(np.unique(subjects), subjects) % 2
    if len(np.unique(halves)) < 2:
        raise FacetdsError("The audit needs two DISFA subjects or more; see data.subjects.")
    mean, spread = features.mean(axis=0), features.std(axis=0)
    number = len(MEASURES)
    families = {"landmarks": slice(0, number), "texture": slice(number, features.shape[1])}
    scale = np.full(features.shape[1], np.inf)
    for columns in families.values():
        size = len(mean[columns])
        scale[columns] = np.where(spread[columns] > 1e-9, spread[columns] * np.sqrt(size), np.inf)
    scaled = ((features - mean) / scale).astype(np.float32)
    names = (*DECIDING, *MEASURING)
    weights = np.zeros((len(names), len(AU_NAMES), features.shape[1]), np.float32)
    intercepts = np.full((len(names), len(AU_NAMES)), np.nan)
    areas: dict[str, dict[str, float | None]] = {}
    for place, name in enumerate(names):
        family, half = name.split("_")
        own, columns = halves == int(half) - 1, families[family]
        areas[name] = {}
        for au, au_name in enumerate(AU_NAMES):
            fitted = _fit(scaled[own, columns], labels[own, au], PENALTIES[family])
            if fitted is not None:
                weights[place, au, columns], intercepts[place, au] = fitted
            logits = scaled[~own] @ weights[place, au] + intercepts[place, au]
            areas[name][au_name] = _area(labels[~own, au], logits)
    if any(np.isnan(intercepts[[names.index(n) for n in g]]).all() for g in (DECIDING, MEASURING)):
        raise FacetdsError(
            f"No AU is shown in {LEAST} frames of each half of the DISFA subjects, too few for the "
            "audit; raise data.frames_per_subject or lower data.threshold."
        )
    shown = dict(zip(AU_NAMES, labels.astype(np.int64).sum(axis=0).tolist(), strict=True))
    report = {"frames": len(labels), "subjects": len(np.unique(subjects)), "shown": shown}
    return Estimators(names, mean, scale, weights, intercepts, resolution), report | {"auc": areas}


def _fit(scaled: np.ndarray, labels: np.ndarray, penalty: float) -> tuple[np.ndarray, float] | None:
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    if min(np.count_nonzero(labels), np.count_nonzero(labels == 0)) < LEAST:
        return None
    # In one thread, as sums in another order give other last digits.
    with threadpool_limits(1):
        model = LogisticRegression(C=penalty, tol=1e-3, max_iter=1000).fit(scaled, labels)
    return model.coef_[0], float(model.intercept_[0])


def _area(labels: np.ndarray, logits: np.ndarray) -> float | None:
    from sklearn.metrics import roc_auc_score

    if np.isnan(logits).any() or len(np.unique(labels)) < 2:
        return None
    return round(float(roc_auc_score(labels, logits)), 4)
