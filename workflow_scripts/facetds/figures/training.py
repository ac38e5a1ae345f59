"""The course of the GAN's training (thesis 3.7)."""

import pandas as pd
from matplotlib.figure import Figure

from facetds.figures import style

COLOURS = ("#004488", "#BB5566", "#DDAA33", "#117733")


def draw_training(training: pd.DataFrame, chosen_kimg: float | None) -> Figure:
    """Draw losses, augmentation and Fréchet distance over the images seen (column kimg).

    Columns that are missing or empty are left out; `chosen_kimg` marks the snapshot in use.
    """
    groups = group_columns(list(training.columns))
    figure, axes = style.panels(1, len(groups), 2.9 * len(groups), 3.1)
    for axis, (title, columns) in zip(axes[0], groups.items(), strict=True):
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
    known = {
        "Losses": [c for c in columns if "loss" in c.lower()][:4],
        "Overfitting r_t": [c for c in ("r_t", "rt") if c in columns],
        "Augmentation p": [c for c in ("p", "augment_p", "ada_p") if c in columns],
        "Fréchet distance": [c for c in ("fid", "distance", "frechet") if c in columns],
    }
    return {title: names for title, names in known.items() if names}
