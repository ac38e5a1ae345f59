"""Support vector regression of image quality, kept as plain arrays (thesis 2.9.4, A.2).

`sound` learns how much known originals were degraded from the 36 natural-scene features; `thesis`
repeats Algorithm 4, whose targets are dummies, so that its predictions say nothing about quality.
"""

from dataclasses import asdict, dataclass

import numpy as np

from facetds.errors import FacetdsError
from facetds.iqa.degrade import DEGRADATIONS
from facetds.iqa.naturalness import cooccurrence_score, natural_features
from facetds.progress import track
from facetds.randomness import generator

LEVELS = 5
MIN_CORRELATION = 0.6


@dataclass(frozen=True)
class Regression:
    """An RBF support vector regression on standardised features (float64 throughout).

    `mean` and `scale` have D values, `vectors` is S x D, `weights` has S values, `intercept` and
    `gamma` are 0-d.
    """

    mean: np.ndarray
    scale: np.ndarray
    vectors: np.ndarray
    weights: np.ndarray
    intercept: np.ndarray
    gamma: np.ndarray


def fit_regression(
    features: np.ndarray, targets: np.ndarray, c: float = 10.0, epsilon: float = 0.02
) -> Regression:
    """Fit `targets` (N) on `features` (N x D); gamma is 1 / D after standardising."""
    from sklearn.svm import SVR

    mean, scale = features.mean(axis=0), features.std(axis=0)
    scale[scale == 0] = 1
    scaled = (features - mean) / scale
    gamma = 1 / scaled.shape[1]
    model = SVR(C=c, epsilon=epsilon, gamma=gamma).fit(scaled, targets)
    return Regression(
        mean=mean,
        scale=scale,
        vectors=model.support_vectors_,
        weights=model.dual_coef_[0],
        intercept=np.float64(model.intercept_[0]),
        gamma=np.float64(gamma),
    )


def predict(model: Regression, features: np.ndarray) -> np.ndarray:
    """Return the predictions for `features` (N x D) as float64 N; NaN where a feature is NaN."""
    scaled = (features - model.mean) / model.scale
    distances = (
        (scaled**2).sum(axis=1)[:, None]
        - 2 * scaled @ model.vectors.T
        + (model.vectors**2).sum(axis=1)
    )
    return np.exp(-model.gamma * distances) @ model.weights + model.intercept


def degrade_all(images: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features, severities and kinds of degraded originals.

    Every image (uint8 N x H x W x 3) is taken as it is and in `LEVELS` severities (0.2 .. 1, each
    moved at random by up to half a step) of every kind: N (1 + 6 LEVELS) rows. The kind is an
    index into `DEGRADATIONS`, -1 for the untouched image; rows of one image follow each other.
    """
    features, severities, kinds = [], [], []
    for number, image in enumerate(track(images, what="degrade originals", unit="image")):
        random = generator(seed, "iqa.degrade", number)
        features.append(natural_features(image))
        severities.append(0.0)
        kinds.append(-1)
        for kind, degrade in enumerate(DEGRADATIONS.values()):
            for level in range(1, LEVELS + 1):
                severity = (level - random.uniform(0, 0.5)) / LEVELS
                features.append(natural_features(degrade(image, severity, random)))
                severities.append(severity)
                kinds.append(kind)
    return np.array(features), np.array(severities), np.array(kinds)


def fit_sound(
    images: np.ndarray, validation_share: float, seed: int
) -> tuple[Regression, dict[str, object]]:
    """Fit severity on natural-scene features, and validate on originals held out as a whole.

    Returns the model and a report: numbers of originals and rows, mean absolute error, Spearman's
    correlation (SROCC) over all held-out rows and per kind of degradation.

    Raises `FacetdsError` if the SROCC is below 0.6: such a score must not choose anything.
    """
    from scipy.stats import spearmanr

    if len(images) < 10:
        raise FacetdsError(
            f"The quality regression needs 10 originals, not {len(images)}; add more to data.cfd "
            "or see results/crop/rejected.csv for what was set aside."
        )
    features, severities, kinds = degrade_all(images, seed)
    order = generator(seed, "iqa.split").permutation(len(images))
    held_out = np.zeros(len(images), bool)
    held_out[order[: max(2, round(validation_share * len(images)))]] = True
    held_out = np.repeat(held_out, len(features) // len(images))
    usable = np.isfinite(features).all(axis=1)
    model = fit_regression(features[usable & ~held_out], severities[usable & ~held_out])
    tested = usable & held_out
    predicted, truth, kinds = predict(model, features[tested]), severities[tested], kinds[tested]
    correlation = float(spearmanr(predicted, truth).statistic)
    if not correlation >= MIN_CORRELATION:
        raise FacetdsError(
            f"The quality regression ranks held-out originals with a correlation of "
            f"{correlation:.2f}, below {MIN_CORRELATION}; give it more or sharper originals "
            "(iqa.svr_originals)."
        )
    per_kind = {
        name: round(float(spearmanr(predicted[rows], truth[rows]).statistic), 4)
        for kind, name in enumerate(DEGRADATIONS)
        if (rows := (kinds == kind) | (kinds == -1)).any()
    }
    return model, {
        "originals": len(images),
        "rows": int(usable.sum()),
        "validation_rows": int(tested.sum()),
        "srocc": round(correlation, 4),
        "srocc_per_degradation": per_kind,
        "mae": round(float(np.abs(predicted - truth).mean()), 4),
        "target": "severity of a known degradation, 0 (none) to 1",
    }


def fit_thesis(
    images: np.ndarray, validation_share: float, seed: int
) -> tuple[Regression, dict[str, object]]:
    """Fit Algorithm 4: uniform dummy targets on the co-occurrence scores of the originals.

    Returns the model and a report with the mean squared error on held-out dummies, which is what
    the thesis prints.
    """
    random = generator(seed, "iqa.thesis")
    scores = np.array([[cooccurrence_score(image)] for image in images])
    targets = random.uniform(0, 1, len(images))
    order = random.permutation(len(images))
    held_out, kept = np.split(order, [max(2, round(validation_share * len(images)))])
    model = fit_regression(scores[kept], targets[kept], c=1.0, epsilon=0.1)
    error = predict(model, scores[held_out]) - targets[held_out]
    return model, {
        "originals": len(images),
        "mse": round(float(np.mean(error**2)), 4),
        "target": "dummy: uniform random numbers, as in Algorithm 4 of the thesis",
    }


def pack(models: dict[str, Regression]) -> dict[str, np.ndarray]:
    """Return models by name as arrays named `<model>_<part>`, for an `.npz`."""
    return {
        f"{name}_{part}": value
        for name, model in models.items()
        for part, value in asdict(model).items()
    }


def unpack(arrays: dict[str, np.ndarray], name: str) -> Regression:
    """Return one model from the arrays that `pack` made; `FacetdsError` if it is not there."""
    try:
        parts = {part: arrays[f"{name}_{part}"] for part in Regression.__dataclass_fields__}
    except KeyError as error:
        raise FacetdsError(
            f"The file of quality regressions lacks {error}; make it again with fit_svr."
        ) from None
    return Regression(**parts)
