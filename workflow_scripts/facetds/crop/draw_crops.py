"""Draw a contact sheet of the aligned crops."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from facetds import command
from facetds.crop.sheets import draw_landmarks, draw_row, spread
from facetds.foreign import load_arrays
from facetds.images import write_image

COLUMNS, ROWS, TILE = 10, 2, 96


def draw_crops(
    subjects: Annotated[list[Path], typer.Argument(help="Crops of DISFA, by subject.")],
    cfd: Path,
    pretrain: Path,
    out: Path,
    hide: list[str] | None = None,
) -> None:
    """Write crops of CFD, DISFA and the pre-training images, evenly drawn from each.

    Of the sources to `hide` (cfd, disfa, pretrain) the 68 landmarks are drawn on white: the terms
    of CFD and DISFA forbid to publish the pictures.
    """
    hidden = hide or []
    count = ROWS * COLUMNS
    faces = {
        "cfd": _pick(load_arrays(cfd), "images", count),
        "disfa": _pick_subjects(subjects, count),
        "pretrain": _pick(load_arrays(pretrain), "images", count),
    }
    titles = {"cfd": "CFD", "disfa": "DISFA", "pretrain": "pre-training images"}
    rows = []
    for source, (images, points) in faces.items():
        drawn, title = list(images), titles[source]
        if source in hidden:
            drawn = [draw_landmarks(p, images.shape[1]) for p in points]
            title += ": the landmarks alone, as the terms of use forbid to show the pictures"
        rows.append(draw_row(title, drawn, TILE, COLUMNS))
    write_image(out, np.concatenate(rows))


def _pick(arrays: dict[str, np.ndarray], name: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    places = spread(len(arrays[name]), count)
    return arrays[name][places], arrays["landmarks"][places]


def _pick_subjects(paths: list[Path], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return one frame each of subjects with frames, evenly drawn, as images and landmarks."""
    loaded = [arrays for arrays in map(load_arrays, paths) if len(arrays["frames"])]
    picked = []
    for turn, place in enumerate(spread(len(loaded), count)):
        arrays = loaded[place]
        # Another moment of every subject, so that neutral and moved faces are among them.
        frame = (turn * 7) % len(arrays["frames"])
        picked.append((arrays["frames"][frame], arrays["landmarks"][frame]))
    images, points = zip(*picked, strict=True)
    return np.stack(images), np.stack(points)


if __name__ == "__main__":
    command.run(draw_crops)
