"""Gather the crops of CFD with what is known of the photos."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from facetds import command
from facetds.crop.cropping import MEASURES, count_detectors
from facetds.crop.gather import gather_crops
from facetds.files import write_arrays
from facetds.progress import say
from facetds.tables import read_table, write_table

KNOWN = ["model", "race", "sex", "expression"]


def gather_cfd_crops(
    files: Annotated[list[Path], typer.Argument(help="Shards of crops, then their tables.")],
    photos: Path,
    crops: Path,
    table: Path,
) -> None:
    """Write all crops as one archive, and one row of names and measures each."""
    half = len(files) // 2
    arrays = gather_crops(files[:half])
    parts = [read_table(path, ("number", "image_path", *MEASURES)) for path in files[half:]]
    measured = pd.concat([part for part in parts if len(part)])
    known = read_table(photos, ("number", *KNOWN))[["number", *KNOWN]]
    joined = measured.merge(known, on="number", validate="one_to_one")
    write_arrays(crops, **arrays)
    write_table(table, joined[["number", "image_path", *KNOWN, *MEASURES]], decimals=6)
    say(f"{len(joined)} of {len(known)} faces of CFD; {count_detectors(joined)}.")


if __name__ == "__main__":
    command.run(gather_cfd_crops)
