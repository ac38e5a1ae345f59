"""The six full-reference metrics of the thesis (2.9.1, 3.9, 4.6), from one pass over a pair.

x is the reference and y the tested image, both uint8 H x W x 3 (RGB, 0..255). The thesis gives
names, not formulas; these are the definitions that fit its figures best.

| name | definition | unit | better |
| --- | --- | --- | --- |
| rmse | root of the mean squared difference over pixels and channels | 0..255 | low |
| psnr | 10 log10(255^2 / MSE) | dB | high |
| ssim | Wang et al. 2004: uniform 7x7 windows, sample covariance, channel mean | -1..1 | high |
| issm | Aljanabi et al. 2019: edge correlation, joint entropy, SSIM | up to 1 | high |
| sam | Kruse et al. 1993: mean angle between the colours of a pixel | radians | low |
| uiq | Wang and Bovik 2002: 8x8 windows, mean over channels | -1..1 | high |

What would be 0/0: an identical pair has a PSNR of +inf; a black pixel in x or y is left out of
SAM, which is NaN if no pixel is left; ISSM is NaN if x or y has no edge or is edges alone; a UIQ
window without variance in both counts 2 mx my / (mx^2 + my^2), and 1 if both means are 0.
"""

import math
from dataclasses import dataclass

import cv2
import numba
import numpy as np

from facetds.errors import BadInput

METRICS = ("rmse", "psnr", "ssim", "issm", "sam", "uiq")
"""The names of the six metrics, in the order of every score array's columns."""

SSIM_WINDOW = 7
UIQ_WINDOW = 8
BINS = 10
CANNY_LOW, CANNY_HIGH = 100, 200
LUMINANCE_CONSTANT = (0.01 * 255) ** 2
CONTRAST_CONSTANT = (0.03 * 255) ** 2
ISSM_E = 2.71828


@dataclass(frozen=True)
class Prepared:
    """An image and what the metrics need of it alone.

    `planes` is uint8 3 x H x W; `ssim_sums` and `uiq_sums` hold the window sums of the values and
    of their squares, int32 2 x 3 x H' x W'; `bins` the ten-level values, uint8 3HW; `edges` the
    Canny map packed into uint64 words; `n_edges` the number of its pixels.
    """

    planes: np.ndarray
    ssim_sums: np.ndarray
    uiq_sums: np.ndarray
    bins: np.ndarray
    edges: np.ndarray
    n_edges: int


def prepare(image: np.ndarray) -> Prepared:
    """Return an image (uint8 H x W x 3, at least 8 x 8) ready to be compared with many others.

    Raises `BadInput` for another shape or type.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise BadInput(
            f"the image is {image.dtype} {' x '.join(map(str, image.shape))}, "
            "not uint8 H x W x 3; convert it to 8-bit RGB"
        )
    if min(image.shape[:2]) < UIQ_WINDOW:
        raise BadInput(
            f"the image has {image.shape[0]} x {image.shape[1]} pixels; the metrics need "
            f"{UIQ_WINDOW} x {UIQ_WINDOW} or more"
        )
    planes = np.ascontiguousarray(image.transpose(2, 0, 1))
    edges = cv2.Canny(np.ascontiguousarray(image), CANNY_LOW, CANNY_HIGH).ravel() > 0
    packed = np.packbits(edges)
    words = np.zeros(-(-packed.size // 8) * 8, np.uint8)
    words[: packed.size] = packed
    return Prepared(
        planes=planes,
        ssim_sums=_window_sums(planes, SSIM_WINDOW),
        uiq_sums=_window_sums(planes, UIQ_WINDOW),
        bins=_bin_levels(planes),
        edges=words.view(np.uint64),
        n_edges=int(np.count_nonzero(edges)),
    )


def score_pair(reference: np.ndarray, image: np.ndarray) -> dict[str, float]:
    """Return the six metrics of one pair (uint8 H x W x 3 each), by name.

    Raises `BadInput` if an image is not uint8 RGB, or the two differ in size.
    """
    scores = score_prepared(prepare(reference), prepare(image))
    return dict(zip(METRICS, scores.tolist(), strict=True))


def score_prepared(reference: Prepared, image: Prepared) -> np.ndarray:
    """Return the six metrics of one prepared pair as float64, in the order of `METRICS`."""
    if reference.planes.shape != image.planes.shape:
        sizes = [" x ".join(map(str, p.planes.shape[1:])) for p in (reference, image)]
        raise BadInput(f"the reference has {sizes[0]} pixels and the image {sizes[1]}")
    squared, ssim, uiq = _compare_windows(
        reference.planes,
        image.planes,
        reference.ssim_sums,
        image.ssim_sums,
        reference.uiq_sums,
        image.uiq_sums,
    )
    entropy = _joint_entropy(reference.bins, image.bins)
    mean_squared = squared / reference.planes.size
    psnr = math.inf if squared == 0 else 10 * math.log10(255**2 / mean_squared)
    issm = _blend_issm(_correlate_edges(reference, image), entropy, ssim)
    sam = _mean_angle(reference.planes, image.planes)
    return np.array([math.sqrt(mean_squared), psnr, ssim, issm, sam, uiq])


def score_against(references: list[Prepared], image: Prepared) -> np.ndarray:
    """Return the six metrics of `image`, each averaged over the references (float64, 6).

    A reference with which a metric is undefined is left out of that metric's mean; NaN if none is
    left.
    """
    scores = np.stack([score_prepared(reference, image) for reference in references])
    defined = ~np.isnan(scores)
    counts = defined.sum(axis=0)
    sums = np.where(defined, scores, 0).sum(axis=0)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _bin_levels(planes: np.ndarray) -> np.ndarray:
    """Return every value's bin of ten equal ones between the image's extremes, as in a histogram.

    One value alone falls into one bin.
    """
    low, high = int(planes.min()), int(planes.max())
    edges = np.linspace(low, high, BINS + 1) if high > low else np.linspace(low, low + 1, BINS + 1)
    table = np.clip(np.searchsorted(edges, np.arange(256), side="right") - 1, 0, BINS - 1)
    return table.astype(np.uint8)[planes.ravel()]


def _mean_angle(x_planes: np.ndarray, y_planes: np.ndarray) -> float:
    """Return the mean angle in radians between the colours of x and y, black pixels left out.

    The arc tangent of cross and dot product is an exact 0 for parallel colours, where the arc
    cosine of a rounded cosine is off by up to 3e-4.
    """
    crosses, dots = _colour_products(x_planes, y_planes)
    count = np.count_nonzero(x_planes.any(axis=0) & y_planes.any(axis=0))
    return float(np.arctan2(crosses, dots).sum() / count) if count else math.nan


def _correlate_edges(reference: Prepared, image: Prepared) -> float:
    """Return the Pearson correlation of two edge maps; NaN if one of them is constant."""
    pixels = reference.planes[0].size
    both = int(np.bitwise_count(reference.edges & image.edges).sum())
    covariance = pixels * both - reference.n_edges * image.n_edges
    variances = [p.n_edges * (pixels - p.n_edges) for p in (reference, image)]
    return covariance / math.sqrt(variances[0] * variances[1]) if all(variances) else math.nan


def _blend_issm(edge_correlation: float, entropy: float, ssim: float) -> float:
    """Return ISSM from its three parts, with A = 0.3, B = 0.5, C = 0.7."""
    blend = edge_correlation * entropy
    return (0.8 * blend + ISSM_E) / (0.3 * blend + 0.5 * entropy + 0.7 * ssim + ISSM_E)


@numba.njit(cache=True, fastmath=True, error_model="numpy")
def _window_sums(planes: np.ndarray, size: int) -> np.ndarray:
    """Return the sums of values and of squares in all size x size windows (int32)."""
    channels, height, width = planes.shape
    sums = np.empty((2, channels, height - size + 1, width - size + 1), np.int32)
    for channel in range(channels):
        column = np.zeros(width, np.int32)
        squares = np.zeros(width, np.int32)
        for y in range(height):
            for x in range(width):
                value = np.int32(planes[channel, y, x])
                column[x] += value
                squares[x] += value * value
            if y >= size:
                for x in range(width):
                    value = np.int32(planes[channel, y - size, x])
                    column[x] -= value
                    squares[x] -= value * value
            if y >= size - 1:
                for x in range(width - size + 1):
                    total = np.int32(0)
                    total_squares = np.int32(0)
                    for step in range(size):
                        total += column[x + step]
                        total_squares += squares[x + step]
                    sums[0, channel, y - size + 1, x] = total
                    sums[1, channel, y - size + 1, x] = total_squares
    return sums


@numba.njit(cache=True, fastmath=True, error_model="numpy")
def _compare_windows(x_planes, y_planes, x7, y7, x8, y8):  # noqa: C901, one pass over the pair
    """Return the sum of squared differences, SSIM and UIQ of a pair (planes as in `Prepared`).

    The products x*y are formed once and kept as column sums of 7 and of 8 rows. Sums are exact
    integers; only the ratios are float64.
    """
    channels, height, width = x_planes.shape
    squared = np.int64(0)
    ssim = 0.0
    uiq = 0.0
    c1 = LUMINANCE_CONSTANT * 49.0**2
    c2 = CONTRAST_CONSTANT * 49.0 * 48.0
    seven = np.empty(width, np.int32)
    eight = np.empty(width, np.int32)
    for channel in range(channels):
        seven[:] = 0
        eight[:] = 0
        for row in range(height):
            row_squared = np.int32(0)
            for i in range(width):
                x = np.int32(x_planes[channel, row, i])
                y = np.int32(y_planes[channel, row, i])
                row_squared += (x - y) * (x - y)
                seven[i] += x * y
                eight[i] += x * y
            squared += row_squared
            if row >= 7:
                for i in range(width):
                    seven[i] -= np.int32(x_planes[channel, row - 7, i]) * np.int32(
                        y_planes[channel, row - 7, i]
                    )
            if row >= 8:
                for i in range(width):
                    eight[i] -= np.int32(x_planes[channel, row - 8, i]) * np.int32(
                        y_planes[channel, row - 8, i]
                    )
            if row >= 6:
                top = row - 6
                for i in range(width - 6):
                    products = np.int32(0)
                    for step in range(7):
                        products += seven[i + step]
                    sx = np.float64(x7[0, channel, top, i])
                    sy = np.float64(y7[0, channel, top, i])
                    squares = np.float64(x7[1, channel, top, i] + y7[1, channel, top, i])
                    cross = sx * sy
                    norm = sx * sx + sy * sy
                    ssim += ((2.0 * cross + c1) * (2.0 * (49.0 * products - cross) + c2)) / (
                        (norm + c1) * (49.0 * squares - norm + c2)
                    )
            if row >= 7:
                top = row - 7
                for i in range(width - 7):
                    products = np.int32(0)
                    for step in range(8):
                        products += eight[i + step]
                    sx = np.float64(x8[0, channel, top, i])
                    sy = np.float64(y8[0, channel, top, i])
                    squares = np.float64(x8[1, channel, top, i] + y8[1, channel, top, i])
                    cross = sx * sy
                    norm = sx * sx + sy * sy
                    variance = 64.0 * squares - norm
                    light = 1.0 if norm == 0.0 else 2.0 * cross / norm
                    contrast = (
                        1.0 if variance == 0.0 else 2.0 * (64.0 * products - cross) / variance
                    )
                    uiq += light * contrast
    return (
        squared,
        ssim / (channels * (height - 6) * (width - 6)),
        uiq / (channels * (height - 7) * (width - 7)),
    )


@numba.njit(cache=True, error_model="numpy")
def _colour_products(x_planes, y_planes):
    """Return the lengths of the cross products and the dot products of the colours (float64, HW).

    Both are taken from exact integers; a pixel that is black in x or y has 0 and 0.
    """
    _, height, width = x_planes.shape
    crosses = np.empty((height, width), np.float64)
    dots = np.empty((height, width), np.float64)
    for row in range(height):
        for i in range(width):
            dot = np.int64(0)
            xx = np.int64(0)
            yy = np.int64(0)
            for channel in range(3):
                x = np.int64(x_planes[channel, row, i])
                y = np.int64(y_planes[channel, row, i])
                dot += x * y
                xx += x * x
                yy += y * y
            crosses[row, i] = math.sqrt(np.float64(xx * yy - dot * dot))
            dots[row, i] = np.float64(dot)
    return crosses, dots


@numba.njit(cache=True, error_model="numpy")
def _joint_entropy(x_bins, y_bins):
    """Return -sum(H log2 H) over the 10 x 10 joint histogram of counts H (no unit, negative).

    ISSM's authors write probabilities; the package that the thesis names uses counts.
    """
    counts = np.zeros((BINS, BINS), np.int64)
    for i in range(x_bins.size):
        counts[x_bins[i], y_bins[i]] += 1
    entropy = 0.0
    for count in counts.ravel():
        if count > 0:
            entropy -= count * math.log2(count)
    return entropy
