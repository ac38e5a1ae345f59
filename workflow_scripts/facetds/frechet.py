"""The Fréchet distance between two sets of images, in a named feature space.

It is called by the name of its extractor, "Fréchet distance (grey-32)": FID is the name of this
distance on the features of one published Inception network only, and of no other.
"""

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np

from facetds.errors import FacetdsError

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue in brightness (ITU-R BT.601)."""
PACKET_IMAGE, PACKET_LEVELS = 64, 4
PACKETS = 4**PACKET_LEVELS
PACKET_SIZE = 3 * (PACKET_IMAGE // 2**PACKET_LEVELS) ** 2


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
    (Dowson and Landau 1982; Heusel et al. 2017). Where a set has fewer than D + 1 rows the last
    trace is the nuclear norm of X Y^T / sqrt((N-1)(M-1)) with the centred features X and Y: no
    matrix root, no D x D matrix, exact for covariances without full rank. Otherwise it is the sum
    of the roots of the eigenvalues of A^(1/2) B A^(1/2), which is symmetric. Rounding below 0 is
    set to 0.

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
    shift = a.mean(axis=0) - b.mean(axis=0)
    if min(len(a), len(b)) <= a.shape[1]:
        roots = [_covariance_root(features) for features in (a, b)]
        spread = sum(float(np.sum(root**2)) for root in roots)
        overlap = np.linalg.svd(roots[0] @ roots[1].T, compute_uv=False).sum()
    else:
        first, second = (np.atleast_2d(np.cov(features, rowvar=False)) for features in (a, b))
        spread = float(np.trace(first) + np.trace(second))
        overlap = float(_root_trace(first, second))
    return max(0.0, float(shift @ shift + spread - 2.0 * overlap))


def wavelet_distance(packets_a: np.ndarray, packets_b: np.ndarray) -> float:
    """Return the Fréchet wavelet distance of two sets of `wavelet_packets` (N x D, M x D).

    It is the mean over the packets of the Fréchet distance of their coefficients (Veeramacheneni
    et al. 2023, arXiv 2312.15289): no network, no weights, the same for every domain.

    Raises `FacetdsError` as `frechet_distance`.
    """
    width = PACKETS * PACKET_SIZE
    if packets_a.shape[1:] != (width,) or packets_b.shape[1:] != (width,):
        raise FacetdsError(
            f"The packets of the two sets have the shapes {packets_a.shape} and "
            f"{packets_b.shape}; make both with the extractor wavelet-64."
        )
    if min(len(packets_a), len(packets_b)) < 2:
        raise FacetdsError("A Fréchet wavelet distance needs 2 images in each set; add some.")
    moments = [_packet_moments(packets) for packets in (packets_a, packets_b)]
    (mean_a, cov_a), (mean_b, cov_b) = moments
    if not (np.isfinite(mean_a).all() and np.isfinite(mean_b).all()):
        raise FacetdsError("The packets hold NaN or infinity; leave out unusable images.")
    spread = np.trace(cov_a + cov_b, axis1=1, axis2=2)
    distances = ((mean_a - mean_b) ** 2).sum(axis=1) + spread - 2 * _root_trace(cov_a, cov_b)
    return float(np.maximum(distances, 0).mean())


def wavelet_packets(image: np.ndarray) -> np.ndarray:
    """Return the Haar wavelet packets of level 4 of an image (uint8 H x W x 3) as float32.

    The image is area-averaged (or enlarged) to 64 x 64 and divided by 255. The 256 packets hold
    4 x 4 coefficients of 3 colours, one packet after the other: 12,288 numbers. The transform is
    orthonormal, so that Euclidean distances are those of the pixels.
    """
    filter_ = cv2.INTER_AREA if image.shape[0] > PACKET_IMAGE else cv2.INTER_LINEAR
    small = cv2.resize(image, (PACKET_IMAGE, PACKET_IMAGE), interpolation=filter_)
    bands = small.astype(np.float32).transpose(2, 0, 1)[None] / 255
    for _ in range(PACKET_LEVELS):
        upper, lower = bands[..., 0::2, :], bands[..., 1::2, :]
        halves = np.concatenate([upper + lower, upper - lower])
        left, right = halves[..., 0::2], halves[..., 1::2]
        bands = np.concatenate([left + right, left - right]) / 2
    return bands.ravel()


def _packet_moments(packets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return means (PACKETS x d) and sample covariances (PACKETS x d x d) of the packets."""
    packets = packets.reshape(len(packets), PACKETS, PACKET_SIZE).transpose(1, 0, 2)
    means = packets.mean(axis=1, dtype=np.float64)
    covariances = np.empty((PACKETS, PACKET_SIZE, PACKET_SIZE))
    for number, packet in enumerate(packets):
        centred = packet - means[number]
        covariances[number] = centred.T @ centred / (len(centred) - 1)
    return means, covariances


def _root_trace(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return tr((A B)^(1/2)) of positive semidefinite matrices (... x D x D each)."""
    values, vectors = np.linalg.eigh(a)
    half = vectors * np.sqrt(np.maximum(values, 0))[..., None, :]
    inner = np.linalg.eigvalsh(half.swapaxes(-1, -2) @ b @ half)
    return np.sqrt(np.maximum(inner, 0)).sum(axis=-1)


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
    grey = cv2.resize(image.astype(np.float32) @ LUMA, (64, 64), interpolation=cv2.INTER_AREA)
    grey = np.clip(np.round(grey), 0, 255).astype(np.uint8)
    return _gradient_histograms().compute(grey)


@cache
def _gradient_histograms() -> cv2.HOGDescriptor:
    """Return the descriptor: 9 orientations, cells of 8 x 8, blocks of 2 x 2 cells, L2-Hys."""
    return cv2.HOGDescriptor((64, 64), (16, 16), (8, 8), (8, 8), 9)


EXTRACTORS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "grey-32": _reduce_grey,
    "hog-64": _histogram_gradients,
    "wavelet-64": wavelet_packets,
}
"""Extractors by name: each takes one image (uint8 H x W x 3) and returns its features (D)."""
