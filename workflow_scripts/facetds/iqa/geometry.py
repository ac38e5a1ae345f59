"""Measures of a face that tell whole from broken, from its pixels and 68 landmarks.

A detector fires on faces without an eye or a mouth as well; contrast of the eyes and symmetry of
the landmarks do tell those apart.
"""

import cv2
import numpy as np

from facetds.completeness import MIRRORED, asymmetry

LUMA = np.array([0.299, 0.587, 0.114])
RIGHT_EYE, LEFT_EYE, MOUTH = slice(36, 42), slice(42, 48), slice(48, 68)
NOSE_TIP = 30


def measure_face(image: np.ndarray, landmarks: np.ndarray) -> dict[str, float]:
    """Return the measures of one face (image uint8 H x W x 3, landmarks 68 x 2 in its pixels).

    eye_contrast: the smaller of the two eyes' grey-level ranges (5th to 95th percentile, 0..255);
    mouth_contrast: that of the mouth; asymmetry: as in
    `facetds.completeness`, which judges the photos by it; iod: the distance of the eye centres
    in pixels; roll: the angle of the eye line in degrees, clockwise positive; turn: how far the tip
    of the nose is from the middle of the eyes along their line, as a share of iod (0 seen from the
    front, positive to the image's right); brightness: the mean grey level of the face, 0..255;
    clipped: the share of the face that is black or white (below 6 or above 249); sharpness: the
    deviation of the face's Laplacian over that of its grey levels.
    """
    grey = image @ LUMA
    points = np.asarray(landmarks, np.float64)
    middles = points[RIGHT_EYE].mean(axis=0), points[LEFT_EYE].mean(axis=0)
    eyes = middles[1] - middles[0]
    face = _region(grey, points, 0)
    return {
        "eye_contrast": min(_contrast(grey, points[eye]) for eye in (RIGHT_EYE, LEFT_EYE)),
        "mouth_contrast": _contrast(grey, points[MOUTH]),
        "asymmetry": asymmetry(points),
        "iod": float(np.hypot(*eyes)),
        "roll": float(np.degrees(np.arctan2(eyes[1], eyes[0]))),
        "turn": float((points[NOSE_TIP] - sum(middles) / 2) @ eyes / max(eyes @ eyes, 1e-9)),
        "brightness": float(face.mean()) if face.size else np.nan,
        "clipped": float(((face < 6) | (face > 249)).mean()) if face.size else np.nan,
        "sharpness": _sharpness(face),
    }


def mirror_landmarks(landmarks: np.ndarray, width: int) -> np.ndarray:
    """Return the landmarks (... x 68 x 2) of the mirrored image, which is `width` pixels wide."""
    mirrored = landmarks[..., MIRRORED, :].copy()
    mirrored[..., 0] = width - 1 - mirrored[..., 0]
    return mirrored


def _contrast(grey: np.ndarray, points: np.ndarray) -> float:
    """Return the range of grey levels (5th to 95th percentile) in the points' widened box."""
    region = _region(grey, points, 0.15)
    return float(np.ptp(np.percentile(region, [5, 95]))) if region.size else 0.0


def _sharpness(face: np.ndarray) -> float:
    """Return the deviation of the Laplacian over that of the grey levels; NaN for a flat face."""
    if min(face.shape) < 3 or not (spread := face.std()):
        return float("nan")
    return float(cv2.Laplacian(face, cv2.CV_64F)[1:-1, 1:-1].std() / spread)


def _region(grey: np.ndarray, points: np.ndarray, margin: float) -> np.ndarray:
    """Return the points' box, widened by `margin` of its longer side, as far as in the image."""
    low, high = points.min(axis=0), points.max(axis=0)
    margin = margin * (high - low).max()
    left, top = np.floor(low - margin).astype(int).clip(0)
    right, bottom = np.ceil(high + margin).astype(int) + 1
    return np.ascontiguousarray(grey[top : max(bottom, 0), left : max(right, 0)])
