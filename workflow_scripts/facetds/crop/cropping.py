"""From an image to the aligned crop of its face (thesis 3.6, 4.1; Algorithms 1 and 3).

The order is Algorithm 3's: dlib looks for faces first, Haar gives a second opinion and steps in
where dlib finds none; both are recorded. An image whose face cannot be cropped whole is set aside
with the reason.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from facetds.alignment import Crop, align
from facetds.completeness import PIXEL_MEASURES, measure_completeness
from facetds.errors import BadInput
from facetds.faces import choose_face, detect, inter_ocular_distance, landmarks, roll
from facetds.progress import say

MATRIX_NAMES = ("m00", "m01", "m02", "m10", "m11", "m12")
MEASURES = (
    *("detector", "score", "haar_hits", "n_faces", "roll", "iod", "padded"),
    *PIXEL_MEASURES,
    *MATRIX_NAMES,
)
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
    image; `PIXEL_MEASURES`: see `facetds.completeness`, taken in the crop; m00 to m12: the matrix
    from the image to the crop. Other faces are logged under `name`.

    Raises `BadInput` if there is no face (code no_face), if Haar alone sees one and none is there
    once aligned (haar_alone), if the image cuts the face off (cut_off), or if more than max_padded
    of the crop lies outside the image (padded).
    """
    faces = detect(image, settings.detect_size, settings.upsample)
    face = choose_face(faces, image.shape)
    if face is None:
        raise BadInput("no face was found", "no_face")
    points = landmarks(image, face.box, settings.predictor)
    height, width = image.shape[:2]
    inner = points[INNER]
    if (
        not np.isfinite(points).all()
        or (inner < 0).any()
        or (inner > [width - 1, height - 1]).any()
    ):
        raise BadInput("the face is cut off by the border of the image", "cut_off")
    crop = align(image, points, settings.size, settings.zoom, settings.center_shift)
    if crop.padded > settings.max_padded:
        raise BadInput(
            "too much of the crop lies outside the image (see crop.max_padded)", "padded"
        )
    if face.detector == "haar" and not detect(crop.pixels, settings.detect_size):
        raise BadInput("Haar alone saw a face, and there is none in its crop", "haar_alone")
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
        **measure_completeness(crop.pixels, crop.landmarks),
    }
    return crop, measures | dict(zip(MATRIX_NAMES, crop.matrix.ravel().tolist(), strict=True))


@dataclass(frozen=True)
class Cropped:
    """The crops of some images.

    pixels: uint8 N x S x S x 3; landmarks: float32 N x 68 x 2; rows: N rows, each what names its
    image, and `MEASURES`; refused: the names of the other images, and why there is no crop.
    """

    pixels: np.ndarray
    landmarks: np.ndarray
    rows: list[dict[str, Any]]
    refused: list[tuple[dict[str, Any], BadInput]]


def crop_all(
    items: Iterable[tuple[dict[str, Any], np.ndarray | BadInput]], count: int, settings: Settings
) -> Cropped:
    """Return the crops of at most `count` items.

    An item is what names an image, and the image (uint8 H x W x 3) or the reason that it has none.
    One image is in memory at a time, and each crop once.
    """
    pixels = np.empty((count, settings.size, settings.size, 3), np.uint8)
    points, rows, refused = np.empty((count, 68, 2), np.float32), [], []
    for names, image in items:
        try:
            if isinstance(image, BadInput):
                raise image
            crop, measures = crop_face(image, settings, " ".join(map(str, names.values())))
        except BadInput as error:
            refused.append((names, error))
            continue
        pixels[len(rows)], points[len(rows)] = crop.pixels, crop.landmarks
        rows.append(names | measures)
    return Cropped(pixels[: len(rows)], points[: len(rows)], rows, refused)


def count_detectors(table: pd.DataFrame) -> str:
    """Return in words how many faces each detector found."""
    by = table["detector"].value_counts()
    return f"dlib found {by.get('dlib', 0)}, Haar alone {by.get('haar', 0)}"


def _describe(box: tuple[float, ...]) -> str:
    return "({:.0f}, {:.0f})-({:.0f}, {:.0f})".format(*box)
