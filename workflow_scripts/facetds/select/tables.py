"""The tables of the stage iqa as the selection sees them: one row per image."""

from pathlib import Path

import pandas as pd

from facetds.errors import FacetdsError
from facetds.progress import track
from facetds.select.choice import THESIS_VOTES
from facetds.select.gates import GATES
from facetds.tables import read_table

SCORES = ("image", "seed", "problem", *THESIS_VOTES)
FACES = ("image", "n_faces", *GATES)
PLACES = ("image", "realism", "nearest_distance", "e00")


def join_batches(folder: Path, batches: int) -> pd.DataFrame:
    """Return the scores, face measures and places of all images of batches 0, 1, ...

    Columns: batch (from 0) and those of batch-00000.csv, faces-00000.csv and places-00000.csv.
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
        parts.append(_beside(tables).assign(batch=batch))
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


def _beside(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return tables of the same rows side by side; a column that comes twice counts once."""
    joined = pd.concat(tables, axis=1)
    return joined.loc[:, ~joined.columns.duplicated()]
