"""The tables of the stage iqa as the selection sees them: one row per image."""

from pathlib import Path

import numpy as np
import pandas as pd

from facetds.completeness import (
    LEAST_FACES,
    PIXEL_MEASURES,
    Gate,
    calibrate,
    measure_shapes,
)
from facetds.errors import FacetdsError
from facetds.foreign import load_arrays
from facetds.progress import say, track
from facetds.select.choice import THESIS_VOTES
from facetds.select.gates import GATES
from facetds.tables import read_table

SCORES = ("image", "seed", "problem", *THESIS_VOTES)
FACES = ("image", "n_faces", *PIXEL_MEASURES, "roll", *GATES)
PLACES = ("image", "realism", "nearest_distance", "e00")


def join_batches(folder: Path, batches: int, whole: Gate) -> pd.DataFrame:
    """Return the scores, face measures and places of all images of batches 0, 1, ...

    Columns: batch (from 0) and those of batch-00000.csv, faces-00000.csv and places-00000.csv, and
    the `SHAPE_MEASURES` of the landmarks by the model of `whole`.
    Raises `FacetdsError` if the three name other images.
    """
    parts = []
    for batch in track(range(batches), what="read", unit="batch"):
        stem = f"{batch:05d}.csv"
        tables = [
            read_table(folder / f"{name}-{stem}", columns)
            for name, columns in (("batch", SCORES), ("faces", FACES), ("places", PLACES))
        ]
        for name, table in zip(("faces", "places"), tables[1:], strict=True):
            if not table["image"].equals(tables[0]["image"]):
                raise FacetdsError(
                    f"{folder}/batch-{stem} and {name}-{stem} differ in their images; make both "
                    "again."
                )
        landmarks = _read_landmarks(folder / f"landmarks-{batch:05d}.npz", len(tables[0]))
        parts.append(_beside([*tables, measure_shapes(landmarks, whole)]).assign(batch=batch))
    joined = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    return joined.astype({"batch": int, "seed": int})


def join_originals(folder: Path) -> pd.DataFrame:
    """Return the same of the originals, a row each."""
    names = ("originals", "faces_originals", "places_originals")
    tables = [read_table(folder / f"{name}.csv", ("number",)) for name in names]
    for name, table in zip(names, tables, strict=True):
        if not table["number"].equals(tables[0]["number"]):
            raise FacetdsError(
                f"{folder}/{names[0]}.csv and {name}.csv differ in their images; make both again."
            )
    return _beside(tables)


def calibrate_whole(folder: Path, percentile: float, margin: float) -> Gate:
    """Return what a whole face is, from those found in the originals at the generated size.

    `percentile` and `margin` as for `facetds.completeness.calibrate`.
    """
    faces = read_table(folder / "faces_originals.csv", FACES[1:])
    landmarks = _read_landmarks(folder / "landmarks_originals.npz", len(faces))
    found = np.isfinite(landmarks).all(axis=(1, 2))
    if found.sum() < LEAST_FACES:
        say(f"{found.sum()} originals are too few to tell what a whole face is: all pass as whole.")
    return calibrate(faces[found], landmarks[found], percentile, margin)


def _read_landmarks(path: Path, count: int) -> np.ndarray:
    """Return the landmarks (`count` x 68 x 2) in a file, NaN where no face was found."""
    landmarks = load_arrays(path).get("landmarks", np.empty(0))
    if landmarks.shape != (count, 68, 2):
        raise FacetdsError(
            f"{path} has the landmarks of {len(landmarks)} images, not of {count}; make it again."
        )
    return landmarks


def _beside(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return tables of the same rows side by side; a column that comes twice counts once."""
    joined = pd.concat(tables, axis=1)
    return joined.loc[:, ~joined.columns.duplicated()]
