"""Finding faces and their 68 landmarks: dlib's HOG detector first, Haar as the second opinion.

Boxes are (left, top, right, bottom) and points (x, y), in pixels of the given image, with pixel
centres at whole numbers. The 68 points are numbered from 0 in the order of iBUG 300-W; "right" and
"left" are the person's, so the right eye (36-41) lies at smaller x.
"""

import importlib.util
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from facetds.errors import FacetdsError
from facetds.files import digest

PREDICTOR_SHA256 = "fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f"
CASCADE = "haarcascade_frontalface_alt2.xml"
LONGEST_SIDE = 640
PATCH_BOX = 256
RIGHT_EYE, LEFT_EYE = slice(36, 42), slice(42, 48)
MOUTH_CORNERS = (48, 54)

_models = threading.local()


@dataclass(frozen=True)
class Face:
    """One detected face. Scores compare within one detector only ("dlib" or "haar")."""

    box: tuple[float, float, float, float]
    score: float
    detector: str


@dataclass(frozen=True)
class Finding:
    """What both detectors say of an image: the chosen face (None if there is none) and counts.

    `n_faces` counts dlib's boxes (Haar's where dlib found none), `haar_hits` Haar's.
    """

    face: Face | None
    n_faces: int
    haar_hits: int


def detect(image: np.ndarray, size: int = 256, upsample: int = 1) -> list[Face]:
    """Return all faces in an image (uint8 H x W x 3, RGB) that dlib or Haar finds.

    Both look at a grey copy whose shorter side is at least `size` and whose longer side is at most
    640 pixels (`size` wins), framed by a replicated border, because the HOG detector wants 80-pixel
    faces with some margin. While dlib finds nothing, the copy is enlarged twofold, at most
    `upsample` times. dlib's faces come first, each detector's by falling score.
    """
    copy, scale, margin = _working_copy(image, size)
    boxes = [*_detect_dlib(copy, upsample), *_detect_haar(copy)]
    return [
        Face(tuple(((np.array(box) + 0.5 - margin) * scale - 0.5).tolist()), score, name)
        for box, score, name in boxes
    ]


def choose_face(faces: list[Face], shape: tuple[int, ...]) -> Face | None:
    """Return the face with the largest score x size x centrality; dlib's go before Haar's.

    `shape` is the image's (H, W, ...). Size is the square root of the box's share of the image;
    centrality falls from 1 in the middle to 1/2 at the middle of a border. None for no face.
    """
    height, width = shape[:2]

    def merit(face: Face) -> tuple[bool, float]:
        left, top, right, bottom = face.box
        size = np.sqrt(max(right - left, 0) * max(bottom - top, 0) / (height * width))
        x, y = (left + right + 1) / width - 1, (top + bottom + 1) / height - 1
        return face.detector == "dlib", face.score * size / (1 + x * x + y * y)

    return max(faces, key=merit, default=None)


def find_face(image: np.ndarray, size: int = 256, upsample: int = 1) -> Finding:
    """Return the face that an image is about, and what each detector found (see `detect`)."""
    faces = detect(image, size, upsample)
    hits = sum(face.detector == "haar" for face in faces)
    return Finding(choose_face(faces, image.shape), len(faces) - hits or hits, hits)


def landmarks(image: np.ndarray, box: tuple, predictor: Path | str | None = None) -> np.ndarray:
    """Return the 68 landmarks of the face in `box` as float32 68 x 2, in pixels of the image.

    The surroundings of the box are brought to one scale first (256 pixels for the box's width), as
    dlib rounds its points to whole pixels: so small images get sub-pixel points, and the points do
    not depend on the image's resolution. `predictor` is the path of a 68-point dlib model; None
    takes that of the package face_recognition_models (Kazemi and Sullivan 2014, trained on iBUG
    300-W: not for commercial use).

    Raises `FacetdsError` if the model is missing or is not a 68-point model.
    """
    import dlib

    left, top, right, bottom = np.round(box).astype(int)
    side = max(right - left, bottom - top, 1)
    origin = np.array([left, top]) - side // 2
    patch = _take(_grey(image), origin, 2 * side)
    scale = side / PATCH_BOX
    filter_ = cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR
    patch = cv2.resize(patch, (2 * PATCH_BOX, 2 * PATCH_BOX), interpolation=filter_)
    corners = (np.array([[left, top], [right, bottom]]) - origin + 0.5) / scale - 0.5
    rectangle = dlib.rectangle(*np.round(corners).astype(int).ravel().tolist())
    shape = _predictor(None if predictor is None else str(predictor))(patch, rectangle)
    points = np.array([(point.x, point.y) for point in shape.parts()], np.float64)
    return ((points + 0.5) * scale - 0.5 + origin).astype(np.float32)


def eye_centres(points: np.ndarray) -> np.ndarray:
    """Return the centres of the right and the left eye as 2 x 2 (one row each) of 68 landmarks."""
    points = np.asarray(points, np.float64)
    return np.stack([points[RIGHT_EYE].mean(axis=0), points[LEFT_EYE].mean(axis=0)])


def inter_ocular_distance(points: np.ndarray) -> float:
    """Return the distance of the eye centres in pixels."""
    right, left = eye_centres(points)
    return float(np.hypot(*(left - right)))


def roll(points: np.ndarray) -> float:
    """Return the angle of the eye line to the horizontal in degrees, clockwise positive."""
    right, left = eye_centres(points)
    return float(np.degrees(np.arctan2(*(left - right)[::-1])))


def predictor_path() -> Path:
    """Return the 68-point model of face_recognition_models, without importing that package.

    Its `__init__` needs pkg_resources, which current setuptools no longer has.
    """
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or not spec.submodule_search_locations:
        raise FacetdsError(
            "The package face_recognition_models is not installed; run `make venv`, or name a "
            "68-point dlib model in config.yaml, key crop.predictor."
        )
    folder = Path(spec.submodule_search_locations[0])
    return folder / "models" / "shape_predictor_68_face_landmarks.dat"


def _grey(image: np.ndarray) -> np.ndarray:
    """Return an RGB image in grey: a quarter faster to search, and blind to the channels' order."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise FacetdsError(
            f"Faces are looked for in uint8 H x W x 3 images, not in {image.dtype} "
            f"{' x '.join(map(str, image.shape))}."
        )
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def _working_copy(image: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the framed grey copy, the image's pixels per pixel of it (x, y), and its margin."""
    grey = _grey(image)
    height, width = grey.shape
    factor = max(size / min(height, width), min(1.0, LONGEST_SIDE / max(height, width)))
    # A strip must not grow without bounds for the sake of its shorter side.
    factor = min(factor, 4 * max(size, LONGEST_SIDE) / max(height, width))
    new = (max(round(width * factor), 1), max(round(height * factor), 1))
    if new != (width, height):
        filter_ = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        grey = cv2.resize(grey, new, interpolation=filter_)
    margin = round(min(new) / 8)
    framed = cv2.copyMakeBorder(grey, *[margin] * 4, cv2.BORDER_REPLICATE)
    scale = np.array([width / new[0], height / new[1]] * 2)
    return framed, scale, margin


def _detect_dlib(grey: np.ndarray, upsample: int) -> list[tuple[tuple, float, str]]:
    if not hasattr(_models, "detector"):
        import dlib

        _models.detector = dlib.get_frontal_face_detector()
    for times in range(upsample + 1):
        boxes, scores, _ = _models.detector.run(grey, times, 0.0)
        if boxes:
            break
    found = [
        ((box.left(), box.top(), box.right(), box.bottom()), float(score), "dlib")
        for box, score in zip(boxes, scores, strict=True)
    ]
    return sorted(found, key=lambda face: (-face[1], face[0]))


def _detect_haar(grey: np.ndarray) -> list[tuple[tuple, float, str]]:
    """Return Haar's faces; their score is the last stage's weight."""
    if not hasattr(_models, "cascade"):
        _models.cascade = cv2.CascadeClassifier(_cascade_path())
    least = (min(grey.shape) // 6,) * 2
    boxes, _, weights = _models.cascade.detectMultiScale3(
        grey, scaleFactor=1.1, minNeighbors=3, minSize=least, outputRejectLevels=True
    )
    found = [
        ((int(x), int(y), int(x + w) - 1, int(y + h) - 1), float(weight), "haar")
        for (x, y, w, h), weight in zip(boxes, np.ravel(weights), strict=True)
    ]
    return sorted(found, key=lambda face: (-face[1], face[0]))


@cache
def _cascade_path() -> str:
    path = Path(getattr(getattr(cv2, "data", None), "haarcascades", "")) / CASCADE
    if not hasattr(cv2, "CascadeClassifier") or not path.is_file():
        raise FacetdsError(
            f"OpenCV {cv2.__version__} has no Haar cascades (5.0 lost them); run `make venv`: it "
            "installs opencv-python-headless 4.x."
        )
    return str(path)


def _predictor(path: str | None):
    """Return this thread's predictor of a path."""
    loaded = _models.__dict__.setdefault("predictors", {})
    if path not in loaded:
        loaded[path] = _load_predictor(path)
    return loaded[path]


def _load_predictor(path: str | None):
    import dlib

    file = _checked_predictor() if path is None else Path(path)
    try:
        predictor = dlib.shape_predictor(str(file))
    except RuntimeError as error:
        raise FacetdsError(
            f"{file} is not a dlib landmark model ({error}); correct crop.predictor in config.yaml."
        ) from None
    blank = np.zeros((64, 64), np.uint8)
    if predictor(blank, dlib.rectangle(8, 8, 55, 55)).num_parts != 68:
        raise FacetdsError(f"{file} does not give 68 points; correct crop.predictor.")
    return predictor


@cache
def _checked_predictor() -> Path:
    path = predictor_path()
    if not path.is_file() or digest(path) != PREDICTOR_SHA256:
        raise FacetdsError(
            f"{path} is missing or is not the model that facetds was made with; delete .venv and "
            "run `make venv`."
        )
    return path


def _take(grey: np.ndarray, origin: np.ndarray, side: int) -> np.ndarray:
    """Return the side x side square at `origin` (x, y), continued by its border where it ends."""
    height, width = grey.shape
    x, y = (int(v) for v in origin)
    left, top = max(-x, 0), max(-y, 0)
    right, bottom = max(x + side - width, 0), max(y + side - height, 0)
    inner = grey[max(y, 0) : min(y + side, height), max(x, 0) : min(x + side, width)]
    if inner.size == 0:
        raise FacetdsError(f"The box at ({x}, {y}) of side {side} lies outside the image.")
    return cv2.copyMakeBorder(inner, top, bottom, left, right, cv2.BORDER_REPLICATE)
