"""Alignment and cropping of a face in one affine warp (thesis 3.6, Algorithm 1).

Algorithm 1 rotates by "the angle between the line connecting the eyes and the center of the
mouth". Read literally that angle is 90 degrees for every face, and would lay each on its side.
What the steps must mean is the roll of the head: here the horizontal axis is the eye vector plus
the eyes-to-mouth vector turned by 90 degrees (ProGAN, Karras et al. 2018, appendix C), which is
steadier than either alone. The box is laid in the turned frame, not found from the landmarks of
the unturned image.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from facetds.errors import BadInput
from facetds.faces import MOUTH_CORNERS, eye_centres


@dataclass(frozen=True)
class Crop:
    """An aligned face: pixels uint8 S x S x 3, landmarks float32 68 x 2 in them.

    `matrix` (2 x 3) maps points of the source image to the crop; `padded` is the share of the
    crop's pixels that lie outside the source.
    """

    pixels: np.ndarray
    landmarks: np.ndarray
    matrix: np.ndarray
    padded: float


def align(
    image: np.ndarray,
    landmarks: np.ndarray,
    size: int,
    zoom: float = 1.0,
    center_shift: float = 0.1,
) -> Crop:
    """Return the face with these landmarks (68 x 2) upright, centred and `size` pixels wide.

    With e the vector between the eye centres and v that from their middle to the middle of the
    mouth corners, the crop's half side is zoom x max(2 |e|, 1.8 |v|) and its centre lies
    center_shift x v below the eyes' middle. zoom 1 and shift 0.1 give FFHQ's framing, the whole
    head; a smaller zoom keeps less around the face. Outside the image its mirror image is used.

    Raises `BadInput` if the eyes and the mouth fall on one point.
    """
    matrix = alignment_matrix(landmarks, size, zoom, center_shift)
    pixels = warp(image, matrix, size)
    points = transform(matrix, landmarks).astype(np.float32)
    return Crop(pixels, points, matrix, padded_share(matrix, size, image.shape))


def alignment_matrix(
    landmarks: np.ndarray, size: int, zoom: float, center_shift: float
) -> np.ndarray:
    """Return the 2 x 3 matrix of `align`, from points of the image to points of the crop."""
    points = np.asarray(landmarks, np.float64)
    right, left = eye_centres(points)
    eyes = left - right
    middle = (left + right) / 2
    down = points[list(MOUTH_CORNERS)].mean(axis=0) - middle
    across = eyes + np.array([down[1], -down[0]])
    half = zoom * max(2.0 * np.hypot(*eyes), 1.8 * np.hypot(*down))
    if np.hypot(*across) < 1e-6 * half or half < 1e-6 or not np.isfinite(half):
        raise BadInput("the eyes and the mouth of the landmarks give no direction")
    x, y = across / np.hypot(*across)
    turn = size / (2 * half) * np.array([[x, y], [-y, x]])
    centre = middle + center_shift * down
    return np.column_stack([turn, (size - 1) / 2 - turn @ centre])


def transform(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return points (N x 2) mapped by a 2 x 3 matrix, as float64."""
    return np.asarray(points, np.float64) @ matrix[:, :2].T + matrix[:, 2]


def warp(image: np.ndarray, matrix: np.ndarray, size: int) -> np.ndarray:
    """Return the size x size image (uint8) that a 2 x 3 matrix maps `image` to.

    It is drawn at twice the size and averaged down; a source of still finer pixels is averaged
    first. So shrinking does not alias.
    """
    fine = np.vstack([2 * matrix, [0, 0, 1]])
    fine[:2, 2] += 0.5
    shrink = int(1 / np.hypot(*fine[0, :2]))
    if shrink >= 2:
        height, width = image.shape[:2]
        new = max(width // shrink, 1), max(height // shrink, 1)
        ratio = np.array([width / new[0], height / new[1]])
        image = cv2.resize(image, new, interpolation=cv2.INTER_AREA)
        back = np.diag([*ratio, 1.0])
        back[:2, 2] = (ratio - 1) / 2
        fine = fine @ back
    drawn = cv2.warpAffine(
        image,
        fine[:2],
        (2 * size, 2 * size),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    return cv2.resize(drawn, (size, size), interpolation=cv2.INTER_AREA)


def padded_share(matrix: np.ndarray, size: int, shape: tuple[int, ...]) -> float:
    """Return which share (0..1) of a crop's pixels lies outside the source of this shape."""
    inverse = cv2.invertAffineTransform(matrix)
    grid = np.stack(np.meshgrid(np.arange(size), np.arange(size)), axis=-1).reshape(-1, 2)
    source = transform(inverse, grid)
    last = np.array([shape[1], shape[0]]) - 0.5
    return float(((source < -0.5) | (source > last)).any(axis=1).mean())
