"""Gather what was chosen from all batches: the curated set and the random control."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from facetds import command
from facetds.errors import FacetdsError
from facetds.progress import say
from facetds.tables import read_table, write_table

COLUMNS = ["batch", "image", "seed"]


def gather_sets(
    choices: Annotated[list[Path], typer.Argument(help="The choice from every batch.")],
    selected: Path,
    random: Path,
) -> None:
    """Write batch, image and seed of the chosen images to `selected`, of the control to `random`.

    Both have the same number of rows, in the order of the batches.
    """
    table = pd.concat([read_table(path, (*COLUMNS, "kept", "random")) for path in choices])
    if not table["kept"].any():
        raise FacetdsError(
            "No image was selected; the column reason of results/select/batch-*.csv says why "
            "(select.mode, select.gate_percentile)."
        )
    say(f"{table['kept'].sum():,} of {len(table):,} images selected")
    write_table(selected, table.loc[table["kept"] == 1, COLUMNS])
    write_table(random, table.loc[table["random"] == 1, COLUMNS])


if __name__ == "__main__":
    command.run(gather_sets)
