"""Measures of a face that tell whole from broken, from its pixels and 68 landmarks.

A detector fires on faces without an eye or a mouth as well; contrast of the eyes and symmetry of
the landmarks do tell those apart.
"""

import numpy as np

LUMA = np.array([0.299, 0.587, 0.114])
RIGHT_EYE, LEFT_EYE, MOUTH = slice(36, 42), slice(42, 48), slice(48, 68)
MIRRORED = np.array(
    [
        *(*range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31),
        *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),
        *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65),
    ]
)
"""The number of every landmark's counterpart on the other side of the face."""


def measure_face(image: np.ndarray, landmarks: np.ndarray) -> dict[str, float]:
    """Return the measures of one face (image uint8 H x W x 3, landmarks 68 x 2 in its pixels).

    eye_contrast: the smaller of the two eyes' grey-level ranges (5th to 95th percentile, 0..255);
    mouth_contrast: that of the mouth; asymmetry: see there; iod: the distance of the eye centres
    in pixels; roll: the angle of the eye line in degrees, clockwise positive.
    """
    grey = image @ LUMA
    points = np.asarray(landmarks, np.float64)
    eyes = points[LEFT_EYE].mean(axis=0) - points[RIGHT_EYE].mean(axis=0)
    return {
        "eye_contrast": min(_contrast(grey, points[eye]) for eye in (RIGHT_EYE, LEFT_EYE)),
        "mouth_contrast": _contrast(grey, points[MOUTH]),
        "asymmetry": asymmetry(points),
        "iod": float(np.hypot(*eyes)),
        "roll": float(np.degrees(np.arctan2(eyes[1], eyes[0]))),
    }


def asymmetry(landmarks: np.ndarray) -> float:
    """Return how far 68 landmarks are from their mirror image, as a share of the eye distance.

    It is the mean distance after the mirror image (sides swapped) is laid over the landmarks by
    translation and rotation; 0 for a symmetric face, whatever its place, size and roll.
    """
    points = np.asarray(landmarks, np.float64)
    centred = points - points.mean(axis=0)
    mirrored = (centred * [-1, 1])[MIRRORED]
    u, _, vt = np.linalg.svd(mirrored.T @ centred)
    turn = u @ np.diag([1, np.sign(np.linalg.det(u @ vt))]) @ vt
    eyes = points[LEFT_EYE].mean(axis=0) - points[RIGHT_EYE].mean(axis=0)
    distance = np.hypot(*(mirrored @ turn - centred).T).mean()
    return float(distance / np.hypot(*eyes)) if eyes.any() else float("nan")


def _contrast(grey: np.ndarray, points: np.ndarray) -> float:
    """Return the range of grey levels (5th to 95th percentile) in the points' widened box."""
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.15 * (high - low).max()
    left, top = np.floor(low - margin).astype(int).clip(0)
    right, bottom = np.ceil(high + margin).astype(int) + 1
    region = grey[top : max(bottom, 0), left : max(right, 0)]
    return float(np.ptp(np.percentile(region, [5, 95]))) if region.size else 0.0
