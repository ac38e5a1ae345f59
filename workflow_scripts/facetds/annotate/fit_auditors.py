"""Fit the audit's own estimators of AUs on DISFA."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from facetds import command
from facetds.annotate import auditors
from facetds.aus import AU_NAMES
from facetds.estimators import Estimators
from facetds.expressions import describe_face
from facetds.files import replacing, write_json
from facetds.foreign import load_arrays
from facetds.images import resize
from facetds.progress import say, track


def fit_auditors(
    crops: Annotated[list[Path], typer.Argument(help="The crops of all DISFA subjects.")],
    network: Path,
    out: Path,
    report: Path,
) -> None:
    """Write the arrays of `Estimators` to `out` (.npz) and their quality to `report` (.json).

    The frames are first reduced to the resolution of `network` (network.json), so that they are as
    sharp as its images.
    """
    resolution = json.loads(network.read_text(encoding="utf-8"))["resolution"]
    features, labels, subjects = [], [], []
    for path in track(crops, what="describe faces", unit="subject"):
        arrays = load_arrays(path)
        ratio = resolution / arrays["frames"].shape[1]
        for frame, points in zip(arrays["frames"], arrays["landmarks"], strict=True):
            features.append(describe_face(resize(frame, resolution), (points + 0.5) * ratio - 0.5))
        labels.append(arrays["labels"])
        subjects += [path.stem] * len(arrays["frames"])
    estimators, found = auditors.fit_auditors(
        np.array(features), np.concatenate(labels), np.array(subjects), resolution
    )
    with replacing(out) as temporary, temporary.open("wb") as handle:
        np.savez(handle, **{f.name: getattr(estimators, f.name) for f in fields(Estimators)})
    write_json(report, found)
    say(f"Fitted on {found['frames']:,} frames. AUC on the other half of the subjects:")
    for name, areas in found["auc"].items():
        words = (
            f"{au:>5} " + ("-" if areas[au] is None else f"{areas[au]:.3f}") for au in AU_NAMES
        )
        say(f"  {name:12}" + "".join(words))


if __name__ == "__main__":
    command.run(fit_auditors)
