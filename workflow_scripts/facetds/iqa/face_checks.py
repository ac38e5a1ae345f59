"""Whether a generated image holds one whole face: Algorithm 3 on synthetic images (thesis 4.1).

What a detector alone does not see (a missing eye, a skewed face) the measures of `geometry` tell.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from facetds.faces import find_face, landmarks
from facetds.iqa.geometry import measure_face
from facetds.shards import Entry

MEASURES = ("eye_contrast", "mouth_contrast", "asymmetry", "iod", "roll")
COLUMNS = ("image", "n_faces", "detector", "score", "haar_hits", *MEASURES, "problem")


def check_entries(
    entries: Iterable[Entry], size: int, predictor: Path | None = None
) -> pd.DataFrame:
    """Return a row of `COLUMNS` per entry; faces are looked for at `size` pixels or more.

    `detector` is dlib, haar (where dlib finds none) or empty; `score` is dlib's confidence, NaN
    without; the measures are NaN without a face. An unreadable image has missing values and its
    problem. `predictor` is the path of a 68-point model, None for the installed one.
    """
    rows = [_check(entry, size, predictor) for entry in entries]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"n_faces": "Int64", "haar_hits": "Int64"})


def _check(entry: Entry, size: int, predictor: Path | None) -> dict[str, Any]:
    """Return the row of one image."""
    row: dict[str, Any] = {"image": entry.image, "problem": entry.problem}
    if entry.pixels is None:
        return row
    finding = find_face(entry.pixels, size)
    row |= {"n_faces": finding.n_faces, "haar_hits": finding.haar_hits, "detector": ""}
    if finding.face is None:
        return row
    face = finding.face
    points = landmarks(entry.pixels, face.box, predictor)
    row |= measure_face(entry.pixels, points)
    score = face.score if face.detector == "dlib" else np.nan
    return row | {"detector": face.detector, "score": score}
