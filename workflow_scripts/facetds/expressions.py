"""What tells the AUs of a face: its landmarks as FACS distances, and its texture.

All distances are in units of the inter-ocular distance, after the eye line is turned level.
"""

import cv2
import numpy as np

from facetds.faces import eye_centres, inter_ocular_distance
from facetds.frechet import extract_features

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
# The part of the face that AUs show in: this many pixels a side, reaching HALF inter-ocular
# distances to each side of a point that lies BELOW of them under the middle of the eyes.
WINDOW, HALF, BELOW = 64, 1.1, 0.4


def describe_face(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the features of a face (image uint8 H x W x 3, landmarks 68 x 2): float64 D.

    The `MEASURES` of its landmarks, then the HOG (1764 numbers; Dalal and Triggs 2005) of the part
    from the brows to the chin: the geometry tells AU1, 4 and 12 best, the furrows AU6 and 15.
    """
    texture = extract_features(cut_window(image, points)[None], "hog-64")[0]
    return np.concatenate([measure_expression(points), texture])


def cut_window(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the face from the brows to the chin, the eye line level: uint8 `WINDOW` a side."""
    right, left = eye_centres(points)
    pixels = 2 * HALF * inter_ocular_distance(points)
    if (shrink := int(pixels / WINDOW)) > 1:
        # Averaged first, as the warp below takes points of the image and would alias.
        height, width = (max(side // shrink, 1) for side in image.shape[:2])
        ratio = np.array([image.shape[1] / width, image.shape[0] / height])
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        right, left = ((point + 0.5) / ratio - 0.5 for point in (right, left))
    across = left - right
    turn = WINDOW / (2 * HALF) / (across @ across)
    turn = turn * np.array([[across[0], across[1]], [-across[1], across[0]]])
    middle = (WINDOW - 1) / 2
    shift = [middle, middle - BELOW * WINDOW / (2 * HALF)] - turn @ ((right + left) / 2)
    return cv2.warpAffine(
        image,
        np.column_stack([turn, shift]),
        (WINDOW, WINDOW),
        flags=cv2.INTER_LINEAR,
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
