"""Random views of face images, for self-supervised learning (Grill et al. 2020, appendix B).

As there, but for what would take an AU out of the picture: at least 0.6 of the area is kept (0.08
there), and faces turn by at most 10 degrees.
"""

import cv2
import numpy as np

from facetds.frechet import LUMA

LEAST_AREA = 0.6
MOST_DEGREES = 10
JITTER = 0.8
"""Share of the views whose colours change."""
STRENGTHS = {"brightness": 0.4, "contrast": 0.4, "saturation": 0.2}
HUE = 0.1
"""Most that hues turn, in turns."""
GREY = 0.2
BLUR, SOLARISE = (1.0, 0.1), (0.0, 0.2)
"""Shares of the first and of the second views that are blurred, and whose bright pixels invert."""
BLUR_SIGMAS = (0.1, 2.0)
"""Of the Gaussian, in pixels of an image with a side of 224."""


def draw_views(images: np.ndarray, second: bool, random: np.random.Generator) -> np.ndarray:
    """Return a view of each image (uint8 B x S x S x 3), of the first or the second kind."""
    return np.stack([draw_view(image, int(second), random) for image in images])


def draw_view(image: np.ndarray, kind: int, random: np.random.Generator) -> np.ndarray:
    """Return a view (uint8 S x S x 3) of an image: the first (0) or the second (1) of a pair."""
    view = move(image, random)
    if random.random() < JITTER:
        view = change_colours(view, random)
    if random.random() < GREY:
        view = np.repeat((view @ LUMA)[..., None], 3, axis=2).round().astype(np.uint8)
    if random.random() < BLUR[kind]:
        sigma = random.uniform(*BLUR_SIGMAS) * len(image) / 224
        view = cv2.GaussianBlur(view, (0, 0), sigma)
    if random.random() < SOLARISE[kind]:
        view = np.where(view < 128, view, 255 - view)
    return view


def move(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return a random square part of an image in its size, turned, and mirrored half the times."""
    size = len(image)
    side = size * np.sqrt(random.uniform(LEAST_AREA, 1))
    corner = random.uniform(0, size - side, 2)
    angle = np.deg2rad(random.uniform(-MOST_DEGREES, MOST_DEGREES))
    scale = side / size
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if random.random() < 0.5:
        turn[:, 0] *= -1
    # From a pixel of the view to one of the image: the centre of the view is that of the part.
    shift = corner + (side - 1) / 2 - turn @ np.full(2, (size - 1) / 2)
    return cv2.warpAffine(
        image,
        np.column_stack([turn, shift]),
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT_101,
    )


def change_colours(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return an image with another brightness, contrast, saturation and hue, each at random."""
    bright, contrast, saturation = (random.uniform(1 - s, 1 + s) for s in STRENGTHS.values())
    pixels = image.astype(np.float32) * bright
    grey = pixels @ LUMA
    pixels = grey.mean() + contrast * (pixels - grey.mean())
    grey = (pixels @ LUMA)[..., None]
    pixels = np.clip(grey + saturation * (pixels - grey), 0, 255).round().astype(np.uint8)
    # OpenCV has 180 steps of hue in a turn.
    hues = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV)
    turn = round(180 * random.uniform(-HUE, HUE))
    hues[..., 0] = (hues[..., 0].astype(np.int16) + turn) % 180
    return cv2.cvtColor(hues, cv2.COLOR_HSV2RGB)
