"""Changes of training images that keep their AUs (thesis 5.3 proposes more than the mirror image).

Each change that is asked for happens to half of the images, with a strength drawn for each.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from facetds.errors import FacetdsError
from facetds.frechet import LUMA

AUGMENTATIONS = ("flip", "gamma", "grayscale", "noise", "blur")
"""Names of the changes (fer.augmentations); flip mirrors left to right, in `Examples.take`."""

CHANCE = 0.5
MOST_GAMMA = 1.6
"""Largest exponent of the grey levels; the smallest is one over it."""
MOST_NOISE = 10.0
"""Largest standard deviation of the noise, in grey levels of 255."""
MOST_BLUR = 0.015
"""Largest standard deviation of the Gaussian blur, as a share of the image's side."""


def check_augmentations(names: Sequence[str]) -> None:
    """Raise `FacetdsError` for a name that is not in `AUGMENTATIONS`."""
    if unknown := [name for name in names if name not in AUGMENTATIONS]:
        raise FacetdsError(
            f"fer.augmentations has {', '.join(unknown)}; set any of {', '.join(AUGMENTATIONS)}."
        )


def changes_pixels(names: Sequence[str]) -> bool:
    """Return whether any change but the mirror image is asked for."""
    return bool(set(names) - {"flip"})


def augment(images: np.ndarray, names: Sequence[str], random: np.random.Generator) -> np.ndarray:
    """Return changed copies of images: uint8 B x S x S x 3, or B x 2 x S x S x 3.

    A pair, a face and its neutral reference, is changed alike, but for the noise.
    """
    groups = images.reshape(len(images), -1, *images.shape[-3:])
    return np.stack([_change(group, names, random) for group in groups]).reshape(images.shape)


def _change(images: np.ndarray, names: Sequence[str], random: np.random.Generator) -> np.ndarray:
    """Return k x S x S x 3 changed by the names, in the order of `AUGMENTATIONS`."""
    happens = random.random(len(AUGMENTATIONS)) < CHANCE
    strengths = random.random(len(AUGMENTATIONS))
    pixels = images.astype(np.float32)
    for name, here, strength in zip(AUGMENTATIONS, happens, strengths, strict=True):
        if not here or name not in names:
            continue
        if name == "gamma":
            pixels = 255 * (pixels / 255) ** MOST_GAMMA ** (2 * strength - 1)
        elif name == "grayscale":
            pixels = np.repeat((pixels @ LUMA)[..., None], 3, axis=-1)
        elif name == "noise":
            pixels = pixels + random.normal(0, MOST_NOISE * strength, pixels.shape)
        elif name == "blur":
            sigma = max(1e-3, MOST_BLUR * strength * images.shape[1])
            pixels = np.stack([cv2.GaussianBlur(image, (0, 0), sigma) for image in pixels])
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
