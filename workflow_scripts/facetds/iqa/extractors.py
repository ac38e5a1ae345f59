"""The feature spaces in which sets of images are compared, by name.

Distances are comparable within one space only, so the space is named wherever they stand, with
the weights it rests on. Without weights there are wavelet packets (the default), a small grey
image, gradient histograms, and the geometry of the landmarks; with weights of the user, their own
discriminator and InceptionV3.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from facetds.errors import FacetdsError
from facetds.frechet import extract_features, frechet_distance, wavelet_distance

COMPONENTS = 32
"""Principal components of hog-pca (fewer if there are fewer originals)."""

EMBEDDING = "hog-pca"
"""The space in which single images are placed for the selection: blind to brightness and skin."""

FITTED = ("hog-pca", "landmarks")
WEIGHTED = ("discriminator", "inception")
NAMES = ("wavelet-64", "grey-32", "hog-64", *FITTED, *WEIGHTED)


class Extractor(NamedTuple):
    """A feature space: `label` names it in tables, `key` its weights and preprocessing as well.

    `extract(images uint8 N x S x S x 3, landmarks float N x 68 x 2)` gives float N x D; a row
    depends on its own image alone, and is NaN where it is undefined (landmarks without a face).
    `distance(features, features)` is the space's Fréchet distance.
    """

    label: str
    key: str
    extract: Callable[[np.ndarray, np.ndarray], np.ndarray]
    distance: Callable[[np.ndarray, np.ndarray], float]


def fit_basis(name: str, images: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """Return what a fitted space takes from the originals; nothing (size 0) for the others.

    hog-pca: mean and principal axes (1 + C x 1764); landmarks: the mean shape (68 x 2).
    """
    if name == "hog-pca":
        features = extract_features(images, "hog-64")
        mean = features.mean(axis=0)
        axes = np.linalg.svd(features - mean, full_matrices=False)[2][:COMPONENTS]
        axes = axes[: max(1, len(images) - 1)]
        axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
        return np.concatenate([mean[None], axes])
    return _mean_shape(landmarks) if name == "landmarks" else np.zeros(0)


def make_extractor(name: str, basis: np.ndarray, weights: Path | None = None) -> Extractor:
    """Return the extractor `name`; `basis` is that of `fit_basis`, `weights` the file it needs.

    Raises `FacetdsError` for an unknown name, or weights that are missing or not the known ones.
    """
    if name not in NAMES:
        raise FacetdsError(
            f"The feature extractor {name!r} is unknown; use one of {', '.join(NAMES)}."
        )
    if name == "hog-pca":
        return Extractor(name, _key(name, basis), lambda x, _: _project(x, basis), frechet_distance)
    if name == "landmarks":
        return Extractor(
            name, _key(name, basis), lambda _, points: align_shapes(points, basis), frechet_distance
        )
    if name in WEIGHTED:
        return _make_weighted(name, weights)
    # Half precision: 12,288 numbers of up to 16 for every image.
    packets = name == "wavelet-64"
    kind, distance = (np.float16, wavelet_distance) if packets else (np.float32, frechet_distance)
    return Extractor(name, name, lambda x, _: extract_features(x, name).astype(kind), distance)


def align_shapes(landmarks: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return shapes (N x 68 x 2) laid over the mean shape (68 x 2), as float32 N x 136.

    Translation, rotation and scale are removed (ordinary Procrustes analysis, no mirroring); the
    unit is the mean shape's eye distance. Rows with NaN stay NaN.
    """
    points = np.asarray(landmarks, np.float64)
    known = np.isfinite(points).all(axis=(1, 2))
    result = np.full((len(points), 136), np.nan, np.float32)
    centred = points[known] - points[known].mean(axis=1, keepdims=True)
    size = np.sqrt((centred**2).sum(axis=(1, 2), keepdims=True))
    unit = centred / np.where(size > 0, size, 1)
    u, values, vt = np.linalg.svd(unit.swapaxes(1, 2) @ mean)
    values[:, 1] *= np.sign(np.linalg.det(u @ vt))
    u[:, :, 1] *= np.sign(np.linalg.det(u @ vt))[:, None]
    result[known] = (values.sum(axis=1)[:, None, None] * unit @ u @ vt).reshape(-1, 136)
    return result


def _mean_shape(landmarks: np.ndarray) -> np.ndarray:
    """Return the mean shape of the known landmarks, centred, its eyes 1 apart and level."""
    points = landmarks[np.isfinite(landmarks).all(axis=(1, 2))].astype(np.float64)
    if not len(points):
        raise FacetdsError(
            "No original has landmarks; take landmarks out of iqa.extractors, or see "
            "results/iqa/faces_originals.csv."
        )
    mean = points[0] - points[0].mean(axis=0)
    for _ in range(5):
        mean = align_shapes(points, mean).reshape(-1, 68, 2).mean(axis=0).astype(np.float64)
        mean = mean - mean.mean(axis=0)
        x, y = mean[42:48].mean(axis=0) - mean[36:42].mean(axis=0)
        mean = mean @ np.array([[x, -y], [y, x]]) / (x * x + y * y)
    return mean


def _project(images: np.ndarray, basis: np.ndarray) -> np.ndarray:
    return ((extract_features(images, "hog-64") - basis[0]) @ basis[1:].T).astype(np.float32)


def _key(name: str, basis: np.ndarray) -> str:
    return f"{name}-{hashlib.sha256(np.ascontiguousarray(basis).tobytes()).hexdigest()[:12]}"


def _make_weighted(name: str, weights: Path | None) -> Extractor:
    """Return an extractor whose weights are a file of the user."""
    if weights is None:
        raise FacetdsError(
            f"The extractor {name} needs a file of weights, which facetds never downloads; name "
            "it in config.yaml (iqa.inception_weights), or take it out of iqa.extractors."
        )
    if name == "inception":
        from facetds.iqa.inception import load_inception, pooled_features

        network, label, sha256 = load_inception(weights)
        return Extractor(
            label,
            f"{label}-{sha256[:12]}-bilinear299",
            lambda x, _: pooled_features(network, x),
            frechet_distance,
        )
    from facetds.iqa.discriminator import discriminator_features, load_discriminator

    network, sha256 = load_discriminator(weights)
    return Extractor(
        name,
        f"{name}-{sha256[:12]}",
        lambda x, _: discriminator_features(network, x),
        frechet_distance,
    )
