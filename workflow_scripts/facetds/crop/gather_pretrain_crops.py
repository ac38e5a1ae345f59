"""Gather the crops of the pre-training images with their labels."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from facetds import command
from facetds.aus import AU_NAMES
from facetds.crop.gather import gather_crops
from facetds.files import write_arrays
from facetds.progress import say
from facetds.tables import read_table


def gather_pretrain_crops(
    shards: Annotated[list[Path], typer.Argument(help="Shards of crops.")], images: Path, out: Path
) -> None:
    """Write images, binary labels (AUs in their order), subject and expression as one archive.

    The expression is "" where the source labels AUs themselves.
    """
    arrays = gather_crops(shards)
    listed = read_table(images, ("number", "subject", *AU_NAMES, "expression")).set_index("number")
    rows = listed.loc[arrays["number"]]
    write_arrays(
        out,
        images=arrays["images"],
        labels=rows[list(AU_NAMES)].to_numpy(np.uint8),
        subject=rows["subject"].to_numpy(np.int64),
        expression=rows["expression"].astype(object).fillna("").to_numpy(np.str_),
        landmarks=arrays["landmarks"],
    )
    say(f"{len(rows)} of {len(listed)} faces of the pre-training images.")


if __name__ == "__main__":
    command.run(gather_pretrain_crops)
