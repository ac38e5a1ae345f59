"""From an image to the aligned crop of its face (thesis 3.6, 4.1; Algorithms 1 and 3).

The order is Algorithm 3's: dlib looks for faces first, Haar gives a second opinion and steps in
where dlib finds none; both are recorded. An image whose face cannot be cropped whole is set aside
with the reason.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from facetds.crop.align import Crop, align
from facetds.errors import BadInput
from facetds.faces import choose_face, detect, inter_ocular_distance, landmarks, roll
from facetds.progress import say

MATRIX_NAMES = ("m00", "m01", "m02", "m10", "m11", "m12")
MEASURES = ("detector", "score", "haar_hits", "n_faces", "roll", "iod", "padded", *MATRIX_NAMES)
INNER = slice(17, 68)
"""The landmarks of brows, eyes, nose and mouth: those within the outline of the face."""


@dataclass(frozen=True)
class Settings:
    """How faces are found and framed: the keys of config.yaml's section crop."""

    size: int
    zoom: float
    center_shift: float
    detect_size: int
    upsample: int
    max_padded: float
    predictor: Path | None = None


def crop_face(image: np.ndarray, settings: Settings, name: str) -> tuple[Crop, dict[str, Any]]:
    """Return the aligned crop of the face that an image (uint8 H x W x 3) is about, and `MEASURES`.

    detector, score: of the chosen face (scores compare within one detector); n_faces: dlib's
    boxes, Haar's where dlib found none; haar_hits: Haar's; roll: degrees, clockwise positive, and
    iod: pixels between the eye centres, both in the image; padded: share of the crop outside the
    image; m00 to m12: the matrix from the image to the crop. Other faces are logged under `name`.

    Raises `BadInput` if there is no face, if Haar alone sees one and none is there once aligned,
    if the image cuts the face off, or if more than max_padded of the crop lies outside the image.
    """
    faces = detect(image, settings.detect_size, settings.upsample)
    face = choose_face(faces, image.shape)
    if face is None:
        raise BadInput("no face was found")
    points = landmarks(image, face.box, settings.predictor)
    height, width = image.shape[:2]
    inner = points[INNER]
    if (
        not np.isfinite(points).all()
        or (inner < 0).any()
        or (inner > [width - 1, height - 1]).any()
    ):
        raise BadInput("the face is cut off by the border of the image")
    crop = align(image, points, settings.size, settings.zoom, settings.center_shift)
    if crop.padded > settings.max_padded:
        raise BadInput("too much of the crop lies outside the image (see crop.max_padded)")
    if face.detector == "haar" and not detect(crop.pixels, settings.detect_size):
        raise BadInput("Haar alone saw a face, and there is none in its crop")
    rivals = [other for other in faces if other is not face and other.detector == face.detector]
    for other in rivals:
        say(f"{name}: another face, score {other.score:.2f}, at {_describe(other.box)} is left out")
    hits = sum(other.detector == "haar" for other in faces)
    measures = {
        "detector": face.detector,
        "score": face.score,
        "haar_hits": hits,
        "n_faces": len(rivals) + 1,
        "roll": roll(points),
        "iod": inter_ocular_distance(points),
        "padded": crop.padded,
    }
    return crop, measures | dict(zip(MATRIX_NAMES, crop.matrix.ravel().tolist(), strict=True))


def crop_all(
    items: Iterable[tuple[dict[str, Any], np.ndarray | BadInput]], settings: Settings
) -> Iterator[tuple[dict[str, Any], Crop | BadInput]]:
    """Yield the row of every item, with its measures, and its crop, or why there is none.

    An item is a row, which starts with what names it, and an image or the reason that it has none.
    """
    for row, image in items:
        try:
            if isinstance(image, BadInput):
                raise image
            crop, measures = crop_face(image, settings, " ".join(map(str, row.values())))
            yield row | measures, crop
        except BadInput as error:
            yield row, error


def stack(crops: list[Crop], size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixels (uint8 N x S x S x 3) and landmarks (float32 N x 68 x 2) of crops."""
    pixels = np.array([crop.pixels for crop in crops], np.uint8).reshape(-1, size, size, 3)
    return pixels, np.array([crop.landmarks for crop in crops], np.float32).reshape(-1, 68, 2)


def count_detectors(table: pd.DataFrame) -> str:
    """Return in words how many faces each detector found."""
    by = table["detector"].value_counts()
    return f"dlib found {by.get('dlib', 0)}, Haar alone {by.get('haar', 0)}"


def _describe(box: tuple[float, ...]) -> str:
    return "({:.0f}, {:.0f})-({:.0f}, {:.0f})".format(*box)
