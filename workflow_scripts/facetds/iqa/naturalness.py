"""No-reference features: the 36 of BRISQUE, and the grey-level co-occurrence score of the thesis.

BRISQUE's features (Mittal, Moorthy and Bovik 2012) are of the "original" family of piq and pyiqa:
rounded luma, zero-padded 7 x 7 Gaussian of sigma 7/6, circular neighbours, antialiased half scale.
Features of another family need another regression model.
"""

from functools import cache

import cv2
import numpy as np
from scipy.special import gammaln

from facetds.iqa.moments import DUST, product_moments

FEATURES = tuple(
    f"{name}{suffix}"
    for suffix in ("", "_half")
    for name in (
        "mscn_alpha",
        "mscn_variance",
        *(
            f"{direction}_{part}"
            for direction in ("horizontal", "vertical", "diagonal", "antidiagonal")
            for part in ("alpha", "mean", "variance_left", "variance_right")
        ),
    )
)
"""The names of the 36 features, in order."""

LUMA = np.array([0.299, 0.587, 0.114])
NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))


def natural_features(image: np.ndarray) -> np.ndarray:
    """Return the 36 natural-scene features of an image (uint8 H x W x 3 or H x W), float64.

    They are NaN for an image without any contrast, where none of the fits is defined.
    """
    grey = image.astype(np.float64) if image.ndim == 2 else _luma(image)
    if grey.min() == grey.max():
        return np.full(len(FEATURES), np.nan)
    return np.concatenate([_scale_features(grey), _scale_features(_halve(grey))])


def _luma(image: np.ndarray) -> np.ndarray:
    return np.rint(cv2.transform(image.astype(np.float64), LUMA[None]))


def cooccurrence_score(image: np.ndarray) -> float:
    """Return the thesis's "BRISQUE" of an image (uint8 H x W x 3 or H x W; Algorithm 4).

    It is the mean of contrast, correlation, energy and homogeneity of the symmetric grey-level
    co-occurrence matrix (256 levels, distance 1, horizontal), so in effect a quarter of the
    contrast. It is not BRISQUE. A constant image has a correlation of 1.
    """
    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    left, right = grey[:, :-1].astype(np.int64).ravel(), grey[:, 1:].astype(np.int64).ravel()
    pairs = np.bincount(np.concatenate([left * 256 + right, right * 256 + left]))
    levels = np.flatnonzero(pairs)
    share = pairs[levels] / pairs.sum()
    i, j = levels // 256, levels % 256
    mean = share @ i
    variance = share @ (i - mean) ** 2
    correlation = share @ ((i - mean) * (j - mean)) / variance if variance > 1e-15 else 1.0
    contrast = share @ (i - j) ** 2
    homogeneity = share @ (1 / (1 + (i - j) ** 2))
    return float((contrast + correlation + np.sqrt(share @ share) + homogeneity) / 4)


def _scale_features(grey: np.ndarray) -> np.ndarray:
    """Return the 18 features of one scale (grey levels 0..255, float64 H x W)."""
    window = cv2.getGaussianKernel(7, 7 / 6, cv2.CV_64F)
    mean = _blur(grey, window)
    variance = np.abs(_blur(grey * grey, window) - mean * mean)
    normal = (grey - mean) / (np.sqrt(variance) + 1)
    normal[np.abs(normal) < DUST] = 0
    features = [_fit_generalised(normal)]
    features += [_fit_asymmetric(product_moments(normal, *s), normal.size) for s in NEIGHBOURS]
    return np.concatenate(features)


def _blur(grey: np.ndarray, window: np.ndarray) -> np.ndarray:
    return cv2.sepFilter2D(grey, cv2.CV_64F, window, window, borderType=cv2.BORDER_CONSTANT)


def _halve(grey: np.ndarray) -> np.ndarray:
    """Return an image at half scale: bicubic (a = -0.5), widened against aliasing, mirrored rim."""
    taps = np.array([-3, -9, 29, 111, 111, 29, -9, -3]) / 256
    rim = cv2.BORDER_REFLECT
    filtered = cv2.sepFilter2D(grey, cv2.CV_64F, taps, taps, anchor=(3, 3), borderType=rim)
    return np.ascontiguousarray(filtered[::2, ::2])


@cache
def _shapes() -> tuple[np.ndarray, np.ndarray]:
    """Return the shapes 0.2, 0.201, ... 10 and gamma(2/a)^2 / (gamma(1/a) gamma(3/a)) of each."""
    alpha = np.arange(0.2, 10.001, 0.001)
    return alpha, np.exp(2 * gammaln(2 / alpha) - gammaln(1 / alpha) - gammaln(3 / alpha))


def _nearest_shape(ratio: float) -> float:
    """Return the shape whose ratio is nearest; the ratios rise with the shape."""
    alpha, ratios = _shapes()
    right = int(np.clip(np.searchsorted(ratios, ratio), 1, len(ratios) - 1))
    nearer_left = ratio - ratios[right - 1] <= ratios[right] - ratio
    return float(alpha[right - 1] if nearer_left else alpha[right])


def _fit_generalised(values: np.ndarray) -> np.ndarray:
    """Return shape and variance of a generalised Gaussian, by moments (Sharifi 1995)."""
    variance = np.mean(values**2)
    if variance == 0:
        return np.full(2, np.nan)
    return np.array([_nearest_shape(np.mean(np.abs(values)) ** 2 / variance), variance])


def _fit_asymmetric(moments: np.ndarray, count: int) -> np.ndarray:
    """Return shape, mean, left and right variance of an asymmetric one (Lasmar et al. 2009).

    `moments` are those of `product_moments`, over `count` products.
    """
    n_left, n_right, squares_left, squares_right, absolute = moments
    squares = (squares_left + squares_right) / count
    if squares == 0:
        return np.full(4, np.nan)
    left_variance = squares_left / n_left if n_left else 0.0
    right_variance = squares_right / n_right if n_right else 0.0
    left, right = np.sqrt(left_variance), np.sqrt(right_variance)
    ratio = (absolute / count) ** 2 / squares
    ratio *= (left**3 + right**3) * (left + right) / (left_variance + right_variance) ** 2
    shape = _nearest_shape(ratio)
    scale = np.exp(gammaln(2 / shape) - (gammaln(1 / shape) + gammaln(3 / shape)) / 2)
    return np.array([shape, (right - left) * scale, left_variance, right_variance])
