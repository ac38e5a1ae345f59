"""Whether a detected face is a whole one: eyes, nose and mouth in their places, in colour.

A detector that fires is no proof: both of them accept faces without an eye, a nose or a mouth. The
measures here are taken in one frame, whatever the picture's size: the face upright, 128 pixels
wide, closely cropped. What is normal is calibrated on the originals (`calibrate`), and the same
limits judge originals and synthetic images (`judge`; the thesis's requirements 1 to 3, section
1.4).
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from facetds.alignment import align
from facetds.errors import BadInput
from facetds.faces import LEFT_EYE, RIGHT_EYE, eye_centres, inter_ocular_distance
from facetds.files import write_arrays
from facetds.foreign import load_arrays

SIZE, ZOOM, SHIFT = 128, 0.66, 0.35
NOSTRILS, MOUTH, INNER = slice(31, 36), slice(48, 68), slice(17, 68)
CENTRE = np.s_[SIZE // 3 : 7 * SIZE // 8, SIZE // 4 : 3 * SIZE // 4]
AXES = 12
LEAST_FACES = 2 * (AXES + 1)  # each half of the originals has more shapes than the model axes

MIRRORED = np.array(
    [
        *(*range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31),
        *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),
        *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65),
    ]
)
"""The number of every landmark's counterpart on the other side of the face."""

PIXEL_MEASURES = (
    "eye_contrast",
    "nose_contrast",
    "mouth_contrast",
    "asymmetry",
    "saturation",
    "warmth",
)
SHAPE_MEASURES = ("shape_distance", "shape_residual")
SIDES = {
    "eye_contrast": "low",
    "nose_contrast": "low",
    "mouth_contrast": "low",
    "asymmetry": "high",
    "saturation": "low",
    "warmth": "low",
    "shape_distance": "high",
    "shape_residual": "high",
    "roll": "both",
    "iod": "low",
}
"""The measures that are gated, and on which side a face can be too far off."""

FAULTS = {
    "eye_contrast": "unclear_eyes",
    "nose_contrast": "unclear_nose",
    "mouth_contrast": "unclear_mouth",
    "asymmetry": "asymmetric",
    "saturation": "colourless",
    "warmth": "wrong_colours",
    "shape_distance": "odd_proportions",
    "shape_residual": "odd_proportions",
    "roll": "tilted",
    "iod": "face_size",
}
"""The reason code of a synthetic face that is too far off in a measure."""

SIGNED = ("warmth", "roll")
"""The measures that can be negative; limits of all others are set on a logarithmic scale."""

LEAST_REACH = {"roll": 15.0, "asymmetry": 0.03, "shape_distance": 2.0}
"""How far from the median a limit lies at least: studio faces are more level and more even, and a
shape within three standard deviations (the median is about one) is not odd."""


@dataclass(frozen=True)
class Gate:
    """What is normal.

    names: K measures; low, high: float64 K, their limits (infinite where there is none); mean:
    float64 102, axes: float64 A x 102 and scale: float64 A, the model of the 51 inner landmarks.
    """

    names: tuple[str, ...]
    low: np.ndarray
    high: np.ndarray
    mean: np.ndarray
    axes: np.ndarray
    scale: np.ndarray


def measure_completeness(image: np.ndarray, landmarks: np.ndarray) -> dict[str, float]:
    """Return `PIXEL_MEASURES` of one face (image uint8 H x W x 3, landmarks 68 x 2 in its pixels).

    Contrasts are mean changes of the grey level from pixel to pixel (Sobel's filter) over the mean
    grey level. eye_contrast: from column to column, of the eye with less of it: iris beside white,
    which the brow that landmarks take for a painted-out eye lacks; nose_contrast, mouth_contrast:
    from row to row, around the nostrils and the mouth; asymmetry: the mean distance of the
    landmarks from their mirror image, over the distance of the eyes; saturation: the mean of
    max(R, G, B) - min(R, G, B), 0 for a grey image; warmth: the mean of R - B, negative for a face
    with its channels swapped.

    Raises `BadInput` if the landmarks give no direction.
    """
    crop = align(image, landmarks, SIZE, ZOOM, SHIFT)
    points = crop.landmarks.astype(np.float64)
    grey = cv2.cvtColor(crop.pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    columns, rows = np.abs([cv2.Sobel(grey, cv2.CV_32F, *order) for order in ((1, 0), (0, 1))])
    eyes = [_change(columns, grey, points[eye], 0) for eye in (RIGHT_EYE, LEFT_EYE)]
    face = crop.pixels[CENTRE].astype(np.float32)
    return {
        "eye_contrast": min(eyes),
        "nose_contrast": _change(rows, grey, points[NOSTRILS], 0.2),
        "mouth_contrast": _change(rows, grey, points[MOUTH], 0.12),
        "asymmetry": asymmetry(points),
        "saturation": float(np.ptp(face, axis=2).mean()),
        "warmth": float((face[..., 0] - face[..., 2]).mean()),
    }


def asymmetry(landmarks: np.ndarray) -> float:
    """Return how far 68 landmarks are from their mirror image, as a share of the eye distance.

    It is the mean distance after the mirror image (sides swapped) is laid over the landmarks by
    translation and rotation; 0 for a symmetric face, whatever its place, size and roll. NaN without
    eyes.
    """
    points = np.asarray(landmarks, np.float64)
    centred = points - points.mean(axis=0)
    mirrored = (centred * [-1, 1])[MIRRORED]
    u, _, vt = np.linalg.svd(mirrored.T @ centred)
    turn = u @ np.diag([1, np.sign(np.linalg.det(u @ vt))]) @ vt
    distance = np.hypot(*(mirrored @ turn - centred).T).mean()
    between = inter_ocular_distance(points)
    return float(distance / between) if between else float("nan")


def normalise(landmarks: np.ndarray) -> np.ndarray:
    """Return the 51 inner landmarks (N x 102) with the eyes at (-1/2, 0) and (1/2, 0)."""
    points = np.asarray(landmarks, np.float64).reshape(-1, 68, 2)
    shapes = []
    for face in points:
        right, left = eye_centres(face)
        x, y = (left - right) / max(float((left - right) @ (left - right)), 1e-12)
        turn = np.array([[x, -y], [y, x]])
        shapes.append(((face - (left + right) / 2) @ turn)[INNER].ravel())
    return np.array(shapes).reshape(-1, 102)


def measure_shapes(landmarks: np.ndarray, gate: Gate) -> pd.DataFrame:
    """Return `SHAPE_MEASURES` of landmarks (N x 68 x 2), in any pixels; NaN for NaN.

    shape_distance: root mean square of the shape's coordinates on the gate's axes, in standard
    deviations of the originals; shape_residual: root mean square distance from the plane of these
    axes, in eye distances.
    """
    away = normalise(landmarks) - gate.mean
    along = away @ gate.axes.T
    rest = away - along @ gate.axes
    # Two coordinates per point: a distance is the root of their sum of squares.
    return pd.DataFrame(
        {
            # Without axes, as one shape alone has none, the distance is 0.
            "shape_distance": np.sqrt(
                ((along / gate.scale) ** 2).sum(axis=1) / max(len(gate.scale), 1)
            ),
            "shape_residual": np.sqrt(2 * (rest**2).mean(axis=1)),
        }
    )


def calibrate(
    measures: pd.DataFrame, landmarks: np.ndarray, percentile: float, margin: float
) -> Gate:
    """Return the gate of some originals.

    `measures` has the columns of `SIDES` but for `SHAPE_MEASURES`, which are computed here of
    `landmarks` (N x 68 x 2), each half of the originals with the model of the other half. A limit
    is the given percentile (0..50; on the upper side 100 minus it), moved outwards by `margin`
    times its distance from the median; but for `SIGNED` measures, both are those of logarithms,
    so that a limit stays above 0. Fewer than `LEAST_FACES` originals say too little of what is
    normal: then there are no limits.
    """
    if len(landmarks) < LEAST_FACES:
        model = _fit_shapes(landmarks)
        open_ends = np.full(len(SIDES), np.inf)
        return Gate(tuple(SIDES), -open_ends, open_ends, model.mean, model.axes, model.scale)
    places = np.arange(len(landmarks))
    shapes = pd.DataFrame(index=places, columns=list(SHAPE_MEASURES), dtype=float)
    for half in (places % 2 == 0, places % 2 == 1):
        other = landmarks[~half] if len(landmarks) > 1 else landmarks
        shapes[half] = measure_shapes(landmarks[half], _fit_shapes(other)).to_numpy()
    table = pd.concat([measures.reset_index(drop=True), shapes], axis=1)
    low, high = np.full((2, len(SIDES)), [[-np.inf], [np.inf]])
    for place, (name, side) in enumerate(SIDES.items()):
        middle, bottom, top = _limits(table[name].to_numpy(float), percentile, margin, name)
        reach = LEAST_REACH.get(name, 0.0)
        if side != "high":
            low[place] = min(bottom, middle - reach)
        if side != "low":
            high[place] = max(top, middle + reach)
    model = _fit_shapes(landmarks)
    return Gate(tuple(SIDES), low, high, model.mean, model.axes, model.scale)


def judge(measures: pd.DataFrame, gate: Gate) -> np.ndarray:
    """Return by which measure each face is not whole, "" if it is (array of str N).

    It is the first measure outside its limits. `measures` has a row per face and the columns of
    the gate; NaN is outside of finite limits.
    """
    values = measures[list(gate.names)].to_numpy(np.float64)
    outside = ~((values >= gate.low) & (values <= gate.high))
    outside &= np.isfinite(gate.low) | np.isfinite(gate.high)
    names = np.array(gate.names, dtype=object)
    return np.where(outside.any(axis=1), names[outside.argmax(axis=1)], "")


def explain(name: str, value: float, gate: Gate) -> str:
    """Return in words what `judge` says of a face whose measure `name` has this value."""
    place = gate.names.index(name)
    high = value > gate.high[place]
    side, limit = ("above", gate.high[place]) if high else ("below", gate.low[place])
    return f"the face is not whole: {name} is {side} {limit:.3g}, the limit of the originals"


def write_gate(path: Path | str, gate: Gate) -> None:
    """Write a gate as .npz of plain arrays."""
    write_arrays(path, **(vars(gate) | {"names": np.array(gate.names)}))


def read_gate(path: Path | str) -> Gate:
    """Return the gate in a file of `write_gate`; raises `BadInput` for another file."""
    arrays = load_arrays(path)
    try:
        names = tuple(arrays.pop("names").tolist())
        return Gate(names, **arrays)
    except (KeyError, TypeError):
        raise BadInput(f"{path} holds no gate; crop the faces again") from None


def _fit_shapes(landmarks: np.ndarray) -> Gate:
    """Return a gate without limits, with the principal axes of landmarks (N x 68 x 2)."""
    shapes = normalise(landmarks)
    mean = shapes.sum(axis=0) / max(len(shapes), 1)
    _, spread, axes = np.linalg.svd(shapes - mean, full_matrices=False)
    # An axis along which nothing varies would divide by zero.
    kept = int((spread[:AXES] > 1e-9).sum())
    scale = spread[:kept] / np.sqrt(max(len(shapes) - 1, 1))
    none = np.zeros(0)
    return Gate((), none, none, mean, axes[:kept], scale)


def _limits(
    values: np.ndarray, percentile: float, margin: float, name: str
) -> tuple[float, float, float]:
    """Return the median and both limits of one measure (see `calibrate`)."""
    if name not in SIGNED:
        values = np.log(np.maximum(values, 1e-9))
    bottom, middle, top = np.nanpercentile(values, [percentile, 50, 100 - percentile])
    found = middle + np.array([0, (1 + margin) * (bottom - middle), (1 + margin) * (top - middle)])
    return tuple(found if name in SIGNED else np.exp(found))


def _change(derivative: np.ndarray, grey: np.ndarray, points: np.ndarray, margin: float) -> float:
    """Return the mean derivative over the mean grey level, in the points' widened box."""
    box = _box(points, margin)
    level = grey[box].sum()
    return float(derivative[box].sum() / level) if level else 0.0


def _box(points: np.ndarray, margin: float) -> tuple[slice, slice]:
    """Return rows and columns of the points' box, widened by a share of its longer side."""
    low, high = points.min(axis=0), points.max(axis=0)
    margin = margin * (high - low).max()
    left, top = np.floor(low - margin).astype(int).clip(0)
    right, bottom = (np.ceil(high + margin).astype(int) + 1).clip(0)
    return slice(top, bottom), slice(left, right)
