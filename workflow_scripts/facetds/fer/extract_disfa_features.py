"""Bring the DISFA crops to the input of the classifier: features once, or resized images."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from facetds import command
from facetds.errors import FacetdsError
from facetds.fer.inputs import read_crops
from facetds.fer.runtime import start_keras
from facetds.progress import track


def extract_disfa_features(
    crops: Annotated[list[Path], typer.Argument(help="Crops, a file per subject, in order.")],
    weights: Path,
    out: Path,
    backbone: str,
    size: int,
    freeze_backbone: bool,
    batch: int,
    backend: str,
    threads: int,
    seed: int,
) -> None:
    """Write inputs, mirrored (frozen backbone), labels, and more to `out` (.npz).

    intensity is the sum over all coded AUs (0 for a neutral face); subject, frame, weights.
    """
    start_keras(backend, threads, seed)
    from facetds.fer.features import write_inputs

    names = [path.stem for path in crops]
    if len(set(names)) < len(names):
        raise FacetdsError("A subject's crops are given twice; name every subject once.")
    shown = track(crops, what="read", unit="subject")
    read = [read_crops(path, "frames", size, "intensities") for path in shown]
    write_inputs(
        out,
        np.concatenate([part["frames"] for part in read]),
        weights,
        backbone,
        freeze_backbone,
        batch,
        labels=np.concatenate([part["labels"] for part in read]),
        intensity=np.concatenate([part["intensities"].sum(axis=1) for part in read]),
        frame=np.concatenate([part["frame"] for part in read]),
        subject=np.repeat(names, [len(part["frames"]) for part in read]),
    )


if __name__ == "__main__":
    command.run(extract_disfa_features)
