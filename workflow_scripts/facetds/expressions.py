"""What tells the AUs of a face: its landmarks as FACS distances, and its texture.

All distances are in units of the inter-ocular distance, after the eye line is turned level.
"""

import cv2
import numpy as np

from facetds.faces import eye_centres, inter_ocular_distance
from facetds.frechet import LUMA

MEASURES = (
    "inner_brow",
    "middle_brow",
    "outer_brow",
    "brow_gap",
    "upper_lid",
    "lower_lid",
    "mouth_width",
    "corner_rise",
    "corner_height",
    "mouth_open",
    "lip_height",
    "nose_width",
    "chin_drop",
)
WINDOWS = {
    "face": (1.1, 0.4, 64, 64),
    "eyes": (1.0, -0.1, 80, 40),
    "mouth": (0.8, 1.15, 64, 40),
}
"""The parts of the face whose texture is described: how many inter-ocular distances they reach to
each side, and how many their middle lies below that of the eyes; width and height in pixels."""


def describe_face(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the features of a face (image uint8 H x W x 3, landmarks 68 x 2): float64 D.

    The `MEASURES` of its landmarks, then the HOG (Dalal and Triggs 2005) of its `WINDOWS`. The
    geometry tells AU1, 4 and 12 best, the furrows and bulges AU6 and 15.
    """
    from skimage.feature import hog

    textures = [
        hog(cut_window(image, points, name), 9, pixels_per_cell=(8, 8), cells_per_block=(2, 2))
        for name in WINDOWS
    ]
    return np.concatenate([measure_expression(points), *textures])


def cut_window(image: np.ndarray, points: np.ndarray, name: str) -> np.ndarray:
    """Return the luma (float32 H x W, 0..255) of one of the `WINDOWS`, the eye line level."""
    half, below, width, height = WINDOWS[name]
    right, left = eye_centres(points)
    if (shrink := int(2 * half * inter_ocular_distance(points) / width)) > 1:
        # Averaged first, as the warp below takes points of the image and would alias.
        size = [max(side // shrink, 1) for side in image.shape[1::-1]]
        ratio = np.array(image.shape[1::-1]) / size
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        right, left = ((point + 0.5) / ratio - 0.5 for point in (right, left))
    across = left - right
    unit = width / (2 * half)
    turn = unit / (across @ across) * np.array([across, [-across[1], across[0]]])
    middle = np.array([width - 1, height - 1]) / 2
    shift = middle - [0, below * unit] - turn @ ((right + left) / 2)
    return cv2.warpAffine(
        image.astype(np.float32) @ LUMA,
        np.column_stack([turn, shift]),
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )


def measure_expression(points: np.ndarray) -> np.ndarray:
    """Return the `MEASURES` of 68 landmarks (68 x 2, x right, y down, any scale) as float64.

    inner_brow, middle_brow, outer_brow: height of the brow above the eye centres; brow_gap: between
    the inner ends; upper_lid, lower_lid: distance of the lid from the line of the eye's corners;
    mouth_width: between the corners; corner_rise: corners above the middle of the lips;
    corner_height: corners above the chin line seen from the nose (negative distance to the nose's
    base); mouth_open: between the inner lips; lip_height: outer lips without the opening;
    nose_width: between the alae; chin_drop: chin below the nose's base.
    """
    x, y = _level(np.asarray(points, np.float64)).T
    lips_middle = (y[51] + y[57] + y[62] + y[66]) / 4
    corners = (y[48] + y[54]) / 2
    lines = (y[[36, 39]].mean(), y[[42, 45]].mean())
    opened = y[66] - y[62]
    return np.array(
        [
            -(y[21] + y[22]) / 2,
            -(y[19] + y[24]) / 2,
            -(y[17] + y[26]) / 2,
            x[22] - x[21],
            (lines[0] - y[[37, 38]].mean() + lines[1] - y[[43, 44]].mean()) / 2,
            (y[[40, 41]].mean() - lines[0] + y[[46, 47]].mean() - lines[1]) / 2,
            x[54] - x[48],
            lips_middle - corners,
            y[33] - corners,
            opened,
            y[57] - y[51] - opened,
            x[35] - x[31],
            y[8] - y[33],
        ]
    )


def _level(points: np.ndarray) -> np.ndarray:
    """Return landmarks with the eye centres at (-1/2, 0) and (1/2, 0)."""
    right, left = eye_centres(points)
    across = left - right
    turn = np.array([[across[0], -across[1]], [across[1], across[0]]]) / (across @ across)
    return (points - (right + left) / 2) @ turn
