"""Bring an annotated set of synthetic images to the input of the classifier."""

from pathlib import Path

import numpy as np

from facetds import command
from facetds.aus import AU_NAMES
from facetds.fer.inputs import read_set
from facetds.fer.runtime import start_keras
from facetds.progress import say
from facetds.tables import write_table


def extract_set_features(
    array: Path,
    table: Path,
    weights: Path,
    out: Path,
    rejected: Path,
    backbone: str,
    size: int,
    freeze_backbone: bool,
    batch: int,
    backend: str,
    threads: int,
    seed: int,
) -> None:
    """Write inputs, mirrored (frozen backbone), labels, path, seed, weights to `out` (.npz).

    Images that cannot be used are listed in `rejected` (source, item, file, reason, code).
    """
    start_keras(backend, threads, seed)
    from facetds.fer.features import write_inputs

    images, listed, bad = read_set(array, table, size)
    write_inputs(
        out,
        images,
        weights,
        backbone,
        freeze_backbone,
        batch,
        labels=listed[list(AU_NAMES)].to_numpy(np.uint8),
        path=listed["path"].to_numpy(str),
        seed=listed["seed"].to_numpy(np.int64),
    )
    write_table(rejected, bad)
    say(f"{len(images):,} images of {table.stem}, {len(bad)} set aside")


if __name__ == "__main__":
    command.run(extract_set_features)
