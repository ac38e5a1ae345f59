"""How a face is seen, from its pixels and 68 landmarks: size, pose, light and sharpness.

Whether it is a whole face, `facetds.completeness` tells.
"""

import cv2
import numpy as np

from facetds.completeness import MIRRORED
from facetds.faces import eye_centres

LUMA = np.array([0.299, 0.587, 0.114])
NOSE_TIP = 30


def measure_face(image: np.ndarray, landmarks: np.ndarray) -> dict[str, float]:
    """Return the measures of one face (image uint8 H x W x 3, landmarks 68 x 2 in its pixels).

    iod: the distance of the eye centres in pixels; roll: the angle of the eye line in degrees,
    clockwise positive; turn: how far the tip of the nose is from the middle of the eyes along their
    line, as a share of iod (0 seen from the front, positive to the image's right); brightness: the
    mean grey level of the face, 0..255; clipped: the share of the face that is black or white
    (below 6 or above 249); sharpness: the deviation of the face's Laplacian over that of its grey
    levels.
    """
    grey = image @ LUMA
    points = np.asarray(landmarks, np.float64)
    right, left = eye_centres(points)
    eyes = left - right
    face = _region(grey, points)
    return {
        "iod": float(np.hypot(*eyes)),
        "roll": float(np.degrees(np.arctan2(eyes[1], eyes[0]))),
        "turn": float((points[NOSE_TIP] - (right + left) / 2) @ eyes / max(eyes @ eyes, 1e-9)),
        "brightness": float(face.mean()) if face.size else np.nan,
        "clipped": float(((face < 6) | (face > 249)).mean()) if face.size else np.nan,
        "sharpness": _sharpness(face),
    }


def mirror_landmarks(landmarks: np.ndarray, width: int) -> np.ndarray:
    """Return the landmarks (... x 68 x 2) of the mirrored image, which is `width` pixels wide."""
    mirrored = landmarks[..., MIRRORED, :].copy()
    mirrored[..., 0] = width - 1 - mirrored[..., 0]
    return mirrored


def _sharpness(face: np.ndarray) -> float:
    """Return the deviation of the Laplacian over that of the grey levels; NaN for a flat face."""
    if min(face.shape) < 3 or not (spread := face.std()):
        return float("nan")
    return float(cv2.Laplacian(face, cv2.CV_64F)[1:-1, 1:-1].std() / spread)


def _region(grey: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the points' box, as far as in the image."""
    left, top = np.floor(points.min(axis=0)).astype(int).clip(0)
    right, bottom = np.ceil(points.max(axis=0)).astype(int) + 1
    return np.ascontiguousarray(grey[top : max(bottom, 0), left : max(right, 0)])
