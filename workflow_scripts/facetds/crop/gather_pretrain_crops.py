"""Gather the crops of the pre-training images with their labels."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from facetds import command
from facetds.aus import AU_NAMES
from facetds.crop.gather import check_found
from facetds.mapped import map_arrays, write_joined
from facetds.progress import say
from facetds.tables import read_table


def gather_pretrain_crops(
    shards: Annotated[list[Path], typer.Argument(help="Shards of crops.")], images: Path, out: Path
) -> None:
    """Write images, binary labels (AUs in their order), subject and expression as one archive.

    The expression is "" where the source labels AUs themselves. Images go from file to file, so
    that any number of them fits the memory.
    """
    parts = [map_arrays(path) for path in shards]
    number, landmarks = (
        np.concatenate([part[name] for part in parts]) for name in ("number", "landmarks")
    )
    check_found(number)
    listed = read_table(images, ("number", "subject", *AU_NAMES, "expression")).set_index("number")
    rows = listed.loc[number]
    write_joined(
        out,
        "images",
        (part["images"] for part in parts if len(part["images"])),
        (len(rows), *parts[0]["images"].shape[1:]),
        labels=rows[list(AU_NAMES)].to_numpy(np.uint8),
        subject=rows["subject"].to_numpy(np.int64),
        expression=rows["expression"].astype(object).fillna("").to_numpy(np.str_),
        landmarks=landmarks,
    )
    say(f"{len(rows)} of {len(listed)} faces of the pre-training images.")


if __name__ == "__main__":
    command.run(gather_pretrain_crops)
