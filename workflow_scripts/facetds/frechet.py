"""The Fréchet distance between two sets of images, in a named feature space.

It is called by the name of its extractor, "Fréchet distance (grey-32)": FID is the name of this
distance on the features of one published Inception network only, and of no other.
"""

from collections.abc import Callable

import cv2
import numpy as np

from facetds.errors import FacetdsError

LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def extract_features(images: np.ndarray, extractor: str = "grey-32") -> np.ndarray:
    """Return the features of images (uint8, N x H x W x 3, RGB) as float64 N x D.

    `extractor` is one of `EXTRACTORS`. Distances are comparable within one extractor only.
    Raises `FacetdsError` for an unknown extractor or for an array of another shape or type.
    """
    if extractor not in EXTRACTORS:
        raise FacetdsError(
            f"The feature extractor {extractor!r} is unknown; use one of {', '.join(EXTRACTORS)}."
        )
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3 or not len(images):
        raise FacetdsError(
            f"Features need images as uint8 N x H x W x 3 with N >= 1, not {images.dtype} "
            f"{' x '.join(map(str, images.shape))}."
        )
    return np.stack([EXTRACTORS[extractor](image) for image in images]).astype(np.float64)


def frechet_distance(features_a: np.ndarray, features_b: np.ndarray) -> float:
    """Return the Fréchet distance of the Gaussians fitted to two sets of features (N x D, M x D).

    |mean difference|^2 + tr(A) + tr(B) - 2 tr((A B)^(1/2)) with the sample covariances A and B
    (Dowson and Landau 1982; Heusel et al. 2017). The last trace is the nuclear norm of
    X Y^T / sqrt((N-1)(M-1)) with the centred features X and Y: no matrix root, and exact also for
    fewer samples than features. A set larger than D is first reduced to its QR factor R, which
    leaves the norm as it is. Rounding below 0 is set to 0.

    Raises `FacetdsError` if the widths differ, a set has fewer than 2 rows, or values are not
    finite.
    """
    a, b = (np.asarray(f, np.float64) for f in (features_a, features_b))
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise FacetdsError(
            f"The features of the two sets have the shapes {a.shape} and {b.shape}; "
            "use the same extractor for both."
        )
    if min(len(a), len(b)) < 2:
        raise FacetdsError(
            f"A Fréchet distance needs 2 images in each set, not {len(a)} and {len(b)}; "
            "make the sets larger."
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise FacetdsError("The features hold NaN or infinity; check the images and the extractor.")
    roots = [_covariance_root(features) for features in (a, b)]
    shift = a.mean(axis=0) - b.mean(axis=0)
    spread = sum(float(np.sum(root**2)) for root in roots)
    overlap = np.linalg.svd(roots[0] @ roots[1].T, compute_uv=False).sum()
    return max(0.0, float(shift @ shift + spread - 2.0 * overlap))


def _covariance_root(features: np.ndarray) -> np.ndarray:
    """Return R (min(N, D) x D) with R^T R = the sample covariance of `features` (N x D)."""
    root = (features - features.mean(axis=0)) / np.sqrt(len(features) - 1)
    return np.linalg.qr(root, mode="r") if len(root) > root.shape[1] else root


def _reduce_grey(image: np.ndarray) -> np.ndarray:
    """Return the luma (Rec. 601, 0..1) of an image, area-averaged to 32 x 32, as 1024 numbers."""
    grey = image.astype(np.float32) @ LUMA / 255
    return cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).ravel()


def _histogram_gradients(image: np.ndarray) -> np.ndarray:
    """Return the HOG (Dalal and Triggs 2005) of the luma at 64 x 64, as 1764 numbers."""
    from skimage.feature import hog

    grey = cv2.resize(image.astype(np.float32) @ LUMA, (64, 64), interpolation=cv2.INTER_AREA)
    return hog(grey, orientations=9, pixels_per_cell=(8, 8), cells_per_block=(2, 2))


EXTRACTORS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "grey-32": _reduce_grey,
    "hog-64": _histogram_gradients,
}
"""Extractors by name: each takes one image (uint8 H x W x 3) and returns its features (D)."""
