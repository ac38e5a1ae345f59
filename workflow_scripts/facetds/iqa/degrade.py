"""Originals made worse by known amounts: what the quality regression learns from.

Every degradation takes an image (uint8 H x W x 3), a severity in 0..1 and a generator, and returns
an image of the same shape; 0 leaves it nearly as it is, 1 is the worst. Sizes are relative to the
image, so that a severity looks alike at 64 and at 256 pixels.
"""

from collections.abc import Callable

import cv2
import numpy as np

from facetds.images import encode_jpeg

Degradation = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]


def _blur(image: np.ndarray, severity: float, _random: np.random.Generator) -> np.ndarray:
    """Blur by a Gaussian of up to 1/32 of the height (2 px of 64)."""
    return cv2.GaussianBlur(image, (0, 0), 1e-3 + severity * image.shape[0] / 32)


def _add_noise(image: np.ndarray, severity: float, random: np.random.Generator) -> np.ndarray:
    """Add Gaussian noise of up to 30 grey levels."""
    noisy = image + random.normal(0, 30 * severity, image.shape)
    return np.clip(np.round(noisy), 0, 255).astype(np.uint8)


def _compress(image: np.ndarray, severity: float, _random: np.random.Generator) -> np.ndarray:
    """Compress as JPEG of quality 95 down to 5, the steps growing with the loss."""
    quality = round(95 * (5 / 95) ** severity)
    encoded = np.frombuffer(encode_jpeg(image, quality), np.uint8)
    return np.ascontiguousarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR)[..., ::-1])


def _rescale(image: np.ndarray, severity: float, _random: np.random.Generator) -> np.ndarray:
    """Shrink by up to four and enlarge again."""
    height, width = image.shape[:2]
    factor = 1 / (1 + 3 * severity)
    small = cv2.resize(
        image,
        (max(8, round(width * factor)), max(8, round(height * factor))),
        interpolation=cv2.INTER_AREA,
    )
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def _add_checkerboard(
    image: np.ndarray, severity: float, _random: np.random.Generator
) -> np.ndarray:
    """Add the checkerboard of one-pixel squares that transposed convolutions leave behind."""
    rows, columns = np.indices(image.shape[:2])
    pattern = np.where((rows + columns) % 2, 1.0, -1.0)[..., None] * 24 * severity
    return np.clip(np.round(image + pattern), 0, 255).astype(np.uint8)


def _shift_colours(image: np.ndarray, severity: float, _random: np.random.Generator) -> np.ndarray:
    """Move red and blue apart, by up to 1/32 of the width (2 px of 64) and 30 grey levels.

    The features of the luma see the fringes of the misplaced channels; a cast alone they could not.
    """
    height, width = image.shape[:2]
    shifted = image.astype(np.float32)
    for channel, sign in ((0, 1), (2, -1)):
        move = np.float32([[1, 0, sign * severity * width / 64], [0, 1, 0]])
        moved = cv2.warpAffine(
            shifted[..., channel], move, (width, height), borderMode=cv2.BORDER_REPLICATE
        )
        shifted[..., channel] = moved + sign * severity * 15
    return np.clip(np.round(shifted), 0, 255).astype(np.uint8)


DEGRADATIONS: dict[str, Degradation] = {
    "blur": _blur,
    "noise": _add_noise,
    "jpeg": _compress,
    "rescale": _rescale,
    "checkerboard": _add_checkerboard,
    "colour_shift": _shift_colours,
}
"""Degradations by name."""
