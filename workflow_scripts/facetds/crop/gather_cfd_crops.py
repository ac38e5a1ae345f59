"""Gather the crops of CFD with what is known of the photos."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from facetds import command
from facetds.completeness import (
    LEAST_FACES,
    SHAPE_MEASURES,
    calibrate,
    explain,
    judge,
    measure_shapes,
    write_gate,
)
from facetds.crop.cropping import MEASURES, count_detectors
from facetds.crop.gather import gather_crops
from facetds.files import write_arrays
from facetds.progress import say
from facetds.rejects import Reject, write_rejected
from facetds.tables import read_table, write_table

KNOWN = ["model", "race", "sex", "expression"]


def gather_cfd_crops(
    files: Annotated[list[Path], typer.Argument(help="Shards of crops, then their tables.")],
    photos: Path,
    crops: Path,
    table: Path,
    gate: Path,
    rejected: Path,
    gate_percentile: float,
    gate_margin: float,
) -> None:
    """Write the crops of whole faces as one archive, and one row of names and measures each.

    What is whole is calibrated on the crops themselves, and written as `gate` (see
    `facetds.completeness`); faces that are not are set aside with the measure that tells.
    """
    half = len(files) // 2
    arrays = gather_crops(files[:half])
    parts = [read_table(path, ("number", "image_path", *MEASURES)) for path in files[half:]]
    measured = pd.concat([part for part in parts if len(part)], ignore_index=True)
    limits = calibrate(measured, arrays["landmarks"], gate_percentile, gate_margin)
    if len(measured) < LEAST_FACES:
        say(f"{len(measured)} faces are too few to tell what a whole one is: none is set aside.")
    measured = measured.join(measure_shapes(arrays["landmarks"], limits))
    faults = judge(measured, limits)
    whole = faults == ""
    known = read_table(photos, ("number", *KNOWN))[["number", *KNOWN]]
    joined = measured[whole].merge(known, on="number", validate="one_to_one")
    write_gate(gate, limits)
    write_arrays(crops, **{name: array[whole] for name, array in arrays.items()})
    columns = ["number", "image_path", *KNOWN, *MEASURES, *SHAPE_MEASURES]
    write_table(table, joined[columns], decimals=6)
    rejects = [
        Reject(
            "cfd",
            str(row.number),
            row.image_path,
            explain(fault, getattr(row, fault), limits),
            "not_whole",
        )
        for row, fault in zip(measured.itertuples(), faults, strict=True)
        if fault
    ]
    write_rejected(rejected, rejects)
    say(
        f"{len(joined)} of {len(known)} faces of CFD; {count_detectors(joined)}; "
        f"{len(rejects)} are not whole."
    )


if __name__ == "__main__":
    command.run(gather_cfd_crops)
