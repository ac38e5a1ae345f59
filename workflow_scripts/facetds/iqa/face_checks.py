"""Whether a generated image holds one whole face: Algorithm 3 on synthetic images (thesis 4.1).

A detector fires on faces without an eye, a nose or a mouth as well: the measures of
`facetds.completeness` tell those, and those of `geometry` how the face is seen.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from facetds.completeness import PIXEL_MEASURES, measure_completeness
from facetds.errors import BadInput
from facetds.faces import find_face, landmarks
from facetds.iqa.geometry import measure_face
from facetds.shards import Entry

MEASURES = (
    *PIXEL_MEASURES,
    *("iod", "roll", "turn", "brightness", "clipped", "sharpness"),
)
COLUMNS = ("image", "n_faces", "detector", "score", "haar_hits", *MEASURES, "problem")


def check_entries(
    entries: Iterable[Entry], size: int, predictor: Path | None = None
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return a row of `COLUMNS` per entry, and the landmarks (float32 N x 68 x 2, NaN for none).

    Faces are looked for at `size` pixels or more.

    `detector` is dlib, haar (where dlib finds none) or empty; `score` is dlib's confidence, NaN
    without; the measures are NaN without a face. An unreadable image has missing values and its
    problem. `predictor` is the path of a 68-point model, None for the installed one.
    """
    rows, points = [], []
    for entry in entries:
        row, shape = _check(entry, size, predictor)
        rows.append(row)
        points.append(shape)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table = table.astype({"n_faces": "Int64", "haar_hits": "Int64"})
    return table, np.array(points, np.float32).reshape(-1, 68, 2)


def _check(entry: Entry, size: int, predictor: Path | None) -> tuple[dict[str, Any], np.ndarray]:
    """Return the row and the landmarks of one image."""
    row: dict[str, Any] = {"image": entry.image, "problem": entry.problem}
    nothing = np.full((68, 2), np.nan, np.float32)
    if entry.pixels is None:
        return row, nothing
    finding = find_face(entry.pixels, size)
    row |= {"n_faces": finding.n_faces, "haar_hits": finding.haar_hits, "detector": ""}
    if finding.face is None:
        return row, nothing
    face = finding.face
    points = landmarks(entry.pixels, face.box, predictor)
    score = face.score if face.detector == "dlib" else np.nan
    row |= {"detector": face.detector, "score": score}
    try:
        row |= measure_completeness(entry.pixels, points)
    except BadInput:
        # Landmarks on one point: a face without measures passes no gate.
        return row, points
    return row | measure_face(entry.pixels, points), points
