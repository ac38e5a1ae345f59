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
from typing import NamedTuple

import cv2
import numpy as np

from facetds.errors import BadInput
from facetds.iqa import kernels

METRICS = ("rmse", "psnr", "ssim", "issm", "sam", "uiq")
"""The names of the six metrics, in the order of every score array's columns."""

CANNY_LOW, CANNY_HIGH = 100, 200
ISSM_E = 2.71828


class Prepared(NamedTuple):
    """An image and what the metrics need of it alone (13 bytes per value).

    `planes` is uint8 3 x H x W. `ssim_sums` and `uiq_sums` (uint16), `ssim_spreads` and
    `uiq_spreads` (int32) are what `kernels.sum_windows` says, 3 x H' x W' each, and `flats` too.
    `levels` (uint64 10 x words) has a bit per value, set if the value reaches that of ten equal
    levels between the image's extremes; `edges` (uint64 1 x words) has a bit per pixel, the Canny
    map. `squares` is the sum of all squared values, `n_edges` the number of edge pixels.
    """

    planes: np.ndarray
    ssim_sums: np.ndarray
    ssim_spreads: np.ndarray
    uiq_sums: np.ndarray
    uiq_spreads: np.ndarray
    flats: np.ndarray
    levels: np.ndarray
    edges: np.ndarray
    squares: int
    n_edges: int


def check_image(image: np.ndarray) -> None:
    """Raise `BadInput` unless `image` is uint8 H x W x 3 of at least 8 x 8 pixels."""
    if not isinstance(image, np.ndarray):
        raise BadInput(f"the image is a {type(image).__name__}, not an array; give uint8 H x W x 3")
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise BadInput(
            f"the image is {image.dtype} {' x '.join(map(str, image.shape))}, "
            "not uint8 H x W x 3; convert it to 8-bit RGB"
        )
    if min(image.shape[:2]) < kernels.UIQ_WINDOW:
        raise BadInput(
            f"the image has {image.shape[0]} x {image.shape[1]} pixels; the metrics need "
            f"{kernels.UIQ_WINDOW} x {kernels.UIQ_WINDOW} or more"
        )


def prepare(image: np.ndarray, spare: Prepared | None = None) -> Prepared:
    """Return an image (uint8 H x W x 3, at least 8 x 8) ready to be compared with many others.

    `spare`, one of the same size that is no longer needed, lends its memory: fresh pages from the
    system would cost as much as the sums. Raises `BadInput` for another shape or type.
    """
    check_image(image)
    image = np.ascontiguousarray(image)
    if spare is None or spare.planes.shape[1:] != image.shape[:2]:
        spare = _allocate(*image.shape[:2])
    for channel in range(3):
        cv2.extractChannel(image, channel, spare.planes[channel])
    squares = kernels.sum_windows(*spare[:6])
    edges = cv2.Canny(image, CANNY_LOW, CANNY_HIGH)
    _reach_levels(spare.planes, spare.levels)
    _pack(edges, spare.edges[0])
    return spare._replace(squares=squares, n_edges=cv2.countNonZero(edges))


def _allocate(height: int, width: int) -> Prepared:
    sizes = [(3, height - n + 1, width - n + 1) for n in (kernels.SSIM_WINDOW, kernels.UIQ_WINDOW)]
    return Prepared(
        planes=np.empty((3, height, width), np.uint8),
        ssim_sums=np.empty(sizes[0], np.uint16),
        ssim_spreads=np.empty(sizes[0], np.int32),
        uiq_sums=np.empty(sizes[1], np.uint16),
        uiq_spreads=np.empty(sizes[1], np.int32),
        flats=np.empty(sizes[1][:2], np.int32),
        levels=np.zeros((kernels.LEVELS, -(-3 * height * width // 64)), np.uint64),
        edges=np.zeros((1, -(-height * width // 64)), np.uint64),
        squares=0,
        n_edges=0,
    )


def score_pair(reference: np.ndarray, image: np.ndarray) -> dict[str, float]:
    """Return the six metrics of one pair (uint8 H x W x 3 each) by the names in `METRICS`.

    Raises `BadInput` if an image is not uint8 RGB of at least 8 x 8, or the two differ in size.
    """
    scores = score_prepared(prepare(reference), prepare(image))
    return dict(zip(METRICS, scores.tolist(), strict=True))


def score_prepared(reference: Prepared, image: Prepared) -> np.ndarray:
    """Return the six metrics of one prepared pair as float64, in the order of `METRICS`."""
    x, y = reference, image
    if x.planes.shape != y.planes.shape:
        sizes = [" x ".join(map(str, p.planes.shape[1:])) for p in (x, y)]
        raise BadInput(f"the reference has {sizes[0]} pixels and the image {sizes[1]}")
    products, ssim, uiq = kernels.compare_windows(
        x.planes,
        y.planes,
        x.ssim_sums,
        y.ssim_sums,
        x.ssim_spreads,
        y.ssim_spreads,
        x.uiq_sums,
        y.uiq_sums,
        x.uiq_spreads,
        y.uiq_spreads,
        x.flats,
        y.flats,
    )
    squared = x.squares + y.squares - 2 * products
    mean_squared = squared / x.planes.size
    psnr = math.inf if squared == 0 else 10 * math.log10(255**2 / mean_squared)
    angles, pixels = kernels.sum_angles(x.planes, y.planes)
    sam = angles / pixels if pixels else math.nan
    entropy = kernels.joint_entropy(kernels.count_both(x.levels, y.levels))
    issm = blend_issm(_correlate_edges(x, y), entropy, ssim)
    return np.array([math.sqrt(mean_squared), psnr, ssim, issm, sam, uiq])


def _reach_levels(planes: np.ndarray, bits: np.ndarray) -> None:
    """Fill in which values reach each of ten levels: the bins of a histogram, cumulated.

    The levels divide the range between the image's extremes equally. All values reach the first.
    """
    low, high = int(planes.min()), int(planes.max())
    levels = np.ceil(np.linspace(low, high, kernels.LEVELS + 1)[:-1])
    # A single value is in one bin alone, whatever its number.
    for words, level in zip(bits, levels if high > low else [low] * len(levels), strict=True):
        _pack(planes >= np.uint8(level), words)


def _pack(flags: np.ndarray, words: np.ndarray) -> None:
    """Fill in the bits of `words` (uint64): 1 where `flags` is not 0, and 0 beyond its end."""
    packed = np.packbits(flags)
    words.view(np.uint8)[: packed.size] = packed


def _correlate_edges(reference: Prepared, image: Prepared) -> float:
    """Return the Pearson correlation of two edge maps; NaN if one of them is constant."""
    pixels = reference.planes[0].size
    both = int(kernels.count_both(reference.edges, image.edges)[0, 0])
    covariance = pixels * both - reference.n_edges * image.n_edges
    variances = [p.n_edges * (pixels - p.n_edges) for p in (reference, image)]
    return covariance / math.sqrt(variances[0] * variances[1]) if all(variances) else math.nan


def blend_issm(edge_correlation: float, entropy: float, ssim: float, e: float = ISSM_E) -> float:
    """Return ISSM from its three parts, with A = 0.3, B = 0.5, C = 0.7."""
    blend = edge_correlation * entropy
    return (0.8 * blend + e) / (0.3 * blend + 0.5 * entropy + 0.7 * ssim + e)
