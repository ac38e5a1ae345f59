"""The metrics by other definitions, each under a name (`iqa.definitions`).

Tools that claim the same metric disagree by up to 0.2 in SSIM, by 24 dB in PSNR and by their units
in SAM; values are comparable only between equal names. `thesis` is the set that fits the thesis's
figures best, and what the compiled pass of `facetds.iqa.metrics` computes. `ism-0.3.6` is what the
package image-similarity-measures 0.3.6 answers for 8-bit images, faults included: RMSE is a
fraction of 4095, ISSM is always 0, SAM multiplies modulo 256.

Every variant takes a pair of uint8 H x W x 3 arrays (checked, at least 11 x 11 pixels for the
Gaussian windows) and returns a float; NaN where it is undefined. What would be 0/0 is said there.
"""

import math
from collections.abc import Callable

import cv2
import numpy as np

from facetds.errors import BadInput, FacetdsError
from facetds.iqa.metrics import METRICS, blend_issm, check_image, score_pair

Variant = Callable[[np.ndarray, np.ndarray], float]

LUMA = np.array([0.299, 0.587, 0.114])
DUST = 1e-9
"""Window variances below this, in squared grey levels, are rounding noise and count as 0."""


def _squared(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (x.astype(np.float64) - y) ** 2


def _psnr(mean_squared: float, peak: float = 255) -> float:
    return 10 * math.log10(peak**2 / mean_squared) if mean_squared else math.inf


def rmse_bands(x: np.ndarray, y: np.ndarray) -> float:
    """Return the mean over the channels of each one's RMSE (0..255)."""
    return float(np.sqrt(_squared(x, y).mean(axis=(0, 1))).mean())


def rmse_windows(x: np.ndarray, y: np.ndarray) -> float:
    """Return the mean RMSE of 8 x 8 windows (0..255), the last row and column of windows left out.

    That is what torchmetrics 1.9.0 does.
    """
    return float(np.sqrt(_window(_squared(x, y), 8)[:-1, :-1]).mean())


def psnr_floor(x: np.ndarray, y: np.ndarray) -> float:
    """Return the PSNR with 1e-8 added to the MSE of values in 0..1: 80 dB at most (piq, pyiqa)."""
    return _psnr(_squared(x, y).mean() / 255**2 + 1e-8, 1)


def psnr_luma(x: np.ndarray, y: np.ndarray) -> float:
    """Return `psnr_floor` of the luma (pyiqa's psnry)."""
    return _psnr(float((((x @ LUMA) - (y @ LUMA)) ** 2).mean()) / 255**2 + 1e-8, 1)


def psnr_ism(x: np.ndarray, y: np.ndarray) -> float:
    """Return the PSNR for a range of 4095, 24 dB too high, summed as the package does.

    Its sums run over one channel after the other in float32, which costs up to 0.002 dB.
    """
    squared = (x.astype(np.float32) - y.astype(np.float32)) ** 2
    return _psnr(float(squared.mean(axis=(0, 1)).mean()), 4095)


def psnr_opencv(x: np.ndarray, y: np.ndarray) -> float:
    """Return the PSNR as OpenCV writes it: 361.2 dB for an identical pair."""
    return 20 * math.log10(255 / (math.sqrt(_squared(x, y).mean()) + np.finfo(float).eps))


def _window(
    values: np.ndarray, size: int, sigma: float = 0, border: int | None = None
) -> np.ndarray:
    """Return means of all size x size windows that fit in (float64), uniform or Gaussian.

    With a `border` (of OpenCV) there is a window around every pixel, also at the rim.
    """
    taps = cv2.getGaussianKernel(size, sigma, cv2.CV_64F) if sigma else np.full(size, 1 / size)
    values = np.ascontiguousarray(values, np.float64)
    means = cv2.sepFilter2D(values, cv2.CV_64F, taps, taps, borderType=border or 0)
    before, after = size // 2, (size - 1) // 2
    return means if border else means[before : -after or None, before : -after or None]


def _ssim(
    x: np.ndarray,
    y: np.ndarray,
    size: int = 11,
    sigma: float = 1.5,
    *,
    sample: bool = False,
    peak: float = 255,
    border: int | None = None,
    clamp: bool = False,
) -> float:
    """Return SSIM (Wang et al. 2004) of uint8 or float arrays; `sample`: the sample covariance."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    mx, my, xx, yy, xy = (_window(v, size, sigma, border) for v in (x, y, x * x, y * y, x * y))
    scale = size**2 / (size**2 - 1) if sample else 1.0
    vx, vy, c = scale * (xx - mx * mx), scale * (yy - my * my), scale * (xy - mx * my)
    c1, c2 = (0.01 * peak) ** 2, (0.03 * peak) ** 2
    structure = (2 * c + c2) / (vx + vy + c2)
    if clamp:
        structure = np.maximum(structure, 0)
    return float(((2 * mx * my + c1) / (mx * mx + my * my + c1) * structure).mean())


def ssim_range_4095(x: np.ndarray, y: np.ndarray) -> float:
    """Return SSIM with the constants for 12 bits on 8-bit data (image-similarity-measures)."""
    return _ssim(x, y, 7, 0, sample=True, peak=4095)


def ssim_uniform_11(x: np.ndarray, y: np.ndarray) -> float:
    """Return SSIM of uniform 11 x 11 windows, population covariance (sewar)."""
    return _ssim(x, y, 11, 0)


def ssim_gaussian_11(x: np.ndarray, y: np.ndarray) -> float:
    """Return SSIM of Gaussian windows (11 x 11, sigma 1.5): the paper's (piq, TensorFlow)."""
    return _ssim(x, y)


def ssim_gaussian_11_reflected(x: np.ndarray, y: np.ndarray) -> float:
    """Return SSIM of Gaussian windows also at the mirrored rim (torchmetrics, OpenCV)."""
    return _ssim(x, y, border=cv2.BORDER_REFLECT_101)


def ssim_clamped(x: np.ndarray, y: np.ndarray) -> float:
    """Return SSIM of Gaussian windows, negative structure as 0 (pyiqa's ssimc)."""
    return _ssim(x, y, clamp=True)


def ssim_luma_clamped(x: np.ndarray, y: np.ndarray) -> float:
    """Return `ssim_clamped` of the rounded luma (pyiqa's ssim)."""
    return _ssim(np.round(x @ LUMA), np.round(y @ LUMA), clamp=True)


def issm_probabilities(x: np.ndarray, y: np.ndarray) -> float:
    """Return ISSM with the entropy of probabilities (256 x 256 bins) and e = 0.01.

    NaN if x or y has no edge or is edges alone. An identical pair does not score 1.
    """
    parts = score_pair(x, y)
    edges = [cv2.Canny(np.ascontiguousarray(image), 100, 200).ravel() > 0 for image in (x, y)]
    if any(e.all() or not e.any() for e in edges):
        return math.nan
    correlation = float(np.corrcoef(*edges)[0, 1])
    counts = np.bincount(x.astype(np.int64).ravel() * 256 + y.ravel())
    share = counts[counts > 0] / x.size
    return blend_issm(correlation, float(-(share * np.log2(share)).sum()), parts["ssim"], 0.01)


def issm_ism(x: np.ndarray, y: np.ndarray) -> float:
    """Return 0: the package divides by 16 first, after which no 8-bit image has an edge."""
    return 0.0


def _angles(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the angles of the pixels' colours in radians, and where x and y are not black."""
    x, y = x.astype(np.int64), y.astype(np.int64)
    dot = (x * y).sum(axis=2)
    cross = np.sqrt(((x * x).sum(axis=2) * (y * y).sum(axis=2) - dot * dot).astype(np.float64))
    return np.arctan2(cross, dot), x.any(axis=2), y.any(axis=2)


def sam_black_0(x: np.ndarray, y: np.ndarray) -> float:
    """Return the mean angle, where a black pixel has the angle 0."""
    angles, x_lit, y_lit = _angles(x, y)
    return float(np.where(x_lit & y_lit, angles, 0).mean())


def sam_black_half(x: np.ndarray, y: np.ndarray) -> float:
    """Return the mean angle, where black against a colour counts pi/2, black against black 0."""
    angles, x_lit, y_lit = _angles(x, y)
    return float(np.where(x_lit & y_lit, angles, np.where(x_lit | y_lit, np.pi / 2, 0)).mean())


def _vector_angle(x: np.ndarray, y: np.ndarray) -> float:
    """Return the angle between two arrays as vectors; NaN if one of them is all 0."""
    x, y = x.ravel().astype(np.int64), y.ravel().astype(np.int64)
    xx, yy, xy = (int((a * b).sum()) for a, b in ((x, x), (y, y), (x, y)))
    return math.atan2(math.sqrt(xx * yy - xy * xy), xy) if xx and yy else math.nan


def sam_bands(x: np.ndarray, y: np.ndarray) -> float:
    """Return the mean over the channels of the angle between whole channels (sewar of 2023)."""
    return float(np.mean([_vector_angle(x[..., k], y[..., k]) for k in range(3)]))


def sam_ism(x: np.ndarray, y: np.ndarray) -> float:
    """Return SAM in degrees of uint8 images in the package: products and sums modulo 256.

    A pixel without length makes the mean NaN, which the package turns into 0, the best value.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        products = (x * y).sum(axis=2)
        lengths = np.linalg.norm(x.astype(np.float64), axis=2) * np.linalg.norm(
            y.astype(np.float64), axis=2
        )
        return float(np.nan_to_num(np.degrees(np.arccos(products / lengths).mean())))


def _uiq(
    x: np.ndarray,
    y: np.ndarray,
    size: int,
    sigma: float = 0,
    *,
    gain: float = 1,
    flat_light: float = 1,
) -> np.ndarray:
    """Return the map of UIQ. A window flat in both counts its light (1 if both are black).

    `flat_light` weighs those windows; `gain` weighs mean squares and products against squared
    means, and should be 1.
    """
    x, y = x.astype(np.float64), y.astype(np.float64)
    mx, my, xx, yy, xy = (_window(v, size, sigma) for v in (x, y, x * x, y * y, x * y))
    norm, light = mx * mx + my * my, mx * my
    flat, dark = np.abs(xx + yy - norm) < DUST, norm < DUST
    spread = np.where(flat, 1, gain * (xx + yy) - norm)
    contrast = np.where(flat, flat_light, 2 * (gain * xy - light) / spread)
    return np.where(dark, 1, 2 * light / np.where(dark, 1, norm)) * contrast


def uiq_zero(x: np.ndarray, y: np.ndarray) -> float:
    """Return UIQ where a window flat in both counts 0 (image-similarity-measures)."""
    return float(_uiq(x, y, 8, flat_light=0).mean())


def uiq_sewar(x: np.ndarray, y: np.ndarray) -> float:
    """Return UIQ with window means where sums belong, so that covariances count 64 times.

    That is what sewar 0.4.10 does; it leaves the last row and column of windows out.
    """
    return float(_uiq(x, y, 8, gain=64)[:-1, :-1].mean())


def uiq_gaussian_11(x: np.ndarray, y: np.ndarray) -> float:
    """Return UIQ of Gaussian windows (11 x 11, sigma 1.5; torchmetrics, but for flat windows)."""
    return float(_uiq(x, y, 11, 1.5).mean())


def _fused(metric: str) -> Variant:
    return lambda x, y: score_pair(x, y)[metric]


def _degrees(variant: Variant) -> Variant:
    return lambda x, y: math.degrees(variant(x, y))


_RADIANS: dict[str, Variant] = {
    "pixels": _fused("sam"),
    "black-0": sam_black_0,
    "black-half": sam_black_half,
    "bands": sam_bands,
    "whole": _vector_angle,
}

VARIANTS: dict[str, dict[str, Variant]] = {
    "rmse": {
        "global": _fused("rmse"),
        "bands": rmse_bands,
        "windows-8": rmse_windows,
        "ism-0.3.6": lambda x, y: rmse_bands(x, y) / 4095,
    },
    "psnr": {
        "range-255": _fused("psnr"),
        "floor": psnr_floor,
        "luma": psnr_luma,
        "opencv": psnr_opencv,
        "ism-0.3.6": psnr_ism,
    },
    "ssim": {
        "uniform-7": _fused("ssim"),
        "uniform-11": ssim_uniform_11,
        "gaussian-11": ssim_gaussian_11,
        "gaussian-11-reflected": ssim_gaussian_11_reflected,
        "clamped": ssim_clamped,
        "luma-clamped": ssim_luma_clamped,
        "ism-0.3.6": ssim_range_4095,
    },
    "issm": {
        "counts": _fused("issm"),
        "probabilities": issm_probabilities,
        "ism-0.3.6": issm_ism,
    },
    "sam": {
        **_RADIANS,
        **{f"{name}-degrees": _degrees(variant) for name, variant in _RADIANS.items()},
        "ism-0.3.6": sam_ism,
    },
    "uiq": {
        "wang": _fused("uiq"),
        "gaussian-11": uiq_gaussian_11,
        "sewar": uiq_sewar,
        "ism-0.3.6": uiq_zero,
    },
}
"""All definitions of every metric by name, that of the thesis first."""

SETS = {
    "thesis": {metric: next(iter(variants)) for metric, variants in VARIANTS.items()},
    "ism-0.3.6": dict.fromkeys(METRICS, "ism-0.3.6"),
}
"""Definitions of all six metrics by the name of the set."""

UNITS = {
    ("rmse", "ism-0.3.6"): "of 4095",
    **{("sam", name): "degrees" for name in VARIANTS["sam"] if name not in _RADIANS},
}
"""The units of those variants that have another one than the thesis's."""

MIN_SIZE = 11
"""Side in pixels of the largest window of all variants."""


def choose_definitions(names: list[str]) -> dict[str, str]:
    """Return the variant of every metric that `iqa.definitions` asks for.

    `names` holds one of `SETS` (`thesis` if none) and any number of `metric:variant`, such as
    `ssim:gaussian-11`, which go first. Raises `FacetdsError` for anything else.
    """
    sets = [name for name in names if ":" not in name] or ["thesis"]
    if len(sets) > 1 or sets[0] not in SETS:
        raise FacetdsError(
            f"iqa.definitions names {' and '.join(sets)}; name one of {', '.join(SETS)}."
        )
    chosen = dict(SETS[sets[0]])
    for name in names:
        metric, colon, variant = name.partition(":")
        if colon and variant not in VARIANTS.get(metric, {}):
            options = [f"{m}:{v}" for m in VARIANTS if metric in (m, "") for v in VARIANTS[m]]
            options = options or [f"{m}:..." for m in VARIANTS]
            raise FacetdsError(
                f"iqa.definitions names {name}, which does not exist; use one of "
                f"{', '.join(options)}."
            )
        if colon:
            chosen[metric] = variant
    return chosen


def score_variants(
    chosen: dict[str, str], reference: np.ndarray, image: np.ndarray
) -> dict[str, float]:
    """Return the metrics of a pair (uint8 H x W x 3) that are not the thesis's, by name.

    Raises `BadInput` for other arrays, and below 11 x 11 pixels.
    """
    others = {m: v for m, v in chosen.items() if v != SETS["thesis"][m]}
    if not others:
        return {}
    for array in (reference, image):
        check_image(array)
    if reference.shape != image.shape or min(image.shape[:2]) < MIN_SIZE:
        raise BadInput(
            f"the reference has {reference.shape[0]} x {reference.shape[1]} pixels and the image "
            f"{image.shape[0]} x {image.shape[1]}; both need the same, 11 x 11 or more"
        )
    return {metric: VARIANTS[metric][name](reference, image) for metric, name in others.items()}
