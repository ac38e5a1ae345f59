"""The course of the GAN's training (thesis 3.7)."""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from facetds.figures import style
from facetds.files import digest

COLOURS = ("#004488", "#BB5566", "#DDAA33", "#117733")


PANELS = {
    "Losses": ["loss_g", "loss_d"],
    "Overfitting r_t": ["r_t"],
    "Augmentation p": ["p"],
    "Fréchet distance": ["fid"],
}
"""The columns of training.csv in each panel."""


def draw_training(training: pd.DataFrame, chosen_kimg: float | None) -> Figure:
    """Draw losses, augmentation and Fréchet distance over the images seen (column kimg).

    Columns that are missing or empty are left out; `chosen_kimg` marks the snapshot in use.
    """
    groups = group_columns(list(training.columns))
    rows = -(-len(groups) // 2)
    figure, axes = style.panels(rows, 2, 7.2, 2.6 * rows)
    for axis in axes.flat[len(groups) :]:
        axis.set_axis_off()
    for axis, (title, columns) in zip(axes.flat, groups.items(), strict=False):
        axis.set(title=title, xlabel="thousand images seen")
        drawn = False
        for colour, column in zip(COLOURS, columns, strict=False):
            values = training[["kimg", column]].dropna()
            if len(values):
                marker = "o" if len(values) < 40 else ""
                axis.plot(
                    values["kimg"],
                    values[column],
                    color=colour,
                    marker=marker,
                    ms=3.5,
                    label=column,
                )
                drawn = True
        if not drawn:
            style.say_empty(axis, "no values in\nresults/gan/training.csv")
            continue
        if chosen_kimg is not None:
            axis.axvline(chosen_kimg, color=style.MUTED, lw=1, ls=(0, (1, 2)))
        if len(columns) > 1:
            axis.legend(loc="best")
    return figure


def group_columns(columns: list[str]) -> dict[str, list[str]]:
    """Return the columns of each panel by its title; a panel without columns is left out."""
    groups = {title: [c for c in names if c in columns] for title, names in PANELS.items()}
    return {title: names for title, names in groups.items() if names}


def choose_sheets(fakes: Iterable[Path], chosen_kimg: float) -> dict[float, Path]:
    """Return the sheets to show by their kimg: of the first snapshot, and of the one in use."""
    found = {float(re.search(r"(\d+)\.png$", path.name)[1]): path for path in fakes}
    return {kimg: found[kimg] for kimg in sorted({min(found), chosen_kimg}) if kimg in found}


def draw_sheets(
    sheets: dict[str, np.ndarray], size: int, columns: int = 10, rows: int = 3
) -> Figure:
    """Draw the first images of each sheet (uint8, tiles of `size` pixels), named, side by side."""
    shape = (rows * size, columns * size)
    width = 8.0
    height = width * rows / columns + 0.3
    figure, axes = style.panels(len(sheets), 1, width, height * len(sheets))
    for axis, (name, sheet) in zip(axes[:, 0], sheets.items(), strict=True):
        axis.imshow(sheet[: shape[0], : shape[1]], interpolation="lanczos")
        axis.set_title(name)
        axis.set_axis_off()
    return figure


def list_sheets(sheets: dict[str, Path]) -> pd.DataFrame:
    """Return sheet, file and sha256 of what `draw_sheets` shows."""
    rows = [(name, path.name, digest(path)) for name, path in sheets.items()]
    return pd.DataFrame(rows, columns=["sheet", "file", "sha256"])
