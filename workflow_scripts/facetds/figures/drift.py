"""The figure of the label audit: which edits keep the labels of their seeds."""

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from facetds.aus import AU_NAMES
from facetds.figures import style


def draw_drift(drift: pd.DataFrame, variants: pd.DataFrame, saving: pd.DataFrame) -> Figure:
    """Draw the measured agreement by index and degree, and the drift by index and AU.

    drift: index, degree, agreement and drift_AU1 to drift_AU15; variants: index, degree, kept, of
    which the left-out ones are struck through; saving: rows blind and kept, whose agreement,
    changed and saved stand below.
    """
    agreement = drift.pivot(index="index", columns="degree", values="agreement")
    edits = drift[drift["degree"] != 0].groupby("index")
    changes = edits[[f"drift_{au}" for au in AU_NAMES]].mean().set_axis(AU_NAMES, axis=1)
    # So wide that the numbers do not touch.
    width = 1.9 + 0.52 * (agreement.shape[1] + len(AU_NAMES))
    figure, axes = style.panels(
        1, 2, width, 0.36 * len(agreement) + 1.7,
        width_ratios=[agreement.shape[1], len(AU_NAMES)],
    )  # fmt: skip
    degrees = [f"{degree:+g}" if degree else "0" for degree in agreement]
    _draw_matrix(axes[0, 0], agreement.set_axis(degrees, axis=1), "Blues", 0.5, 1)
    _draw_matrix(axes[0, 1], changes, "Oranges", 0, 0.5)
    for row in variants[variants["kept"] == 0].itertuples(index=False):
        column, place = agreement.columns.get_loc(row.degree), agreement.index.get_loc(row.index)
        corner = column - 0.5, place - 0.5
        axes[0, 0].add_patch(
            Rectangle(corner, 1, 1, fill=False, hatch="//", lw=0, edgecolor=style.MUTED)
        )
    axes[0, 0].set(xlabel="degree", ylabel="index (direction)", title="AUs seen as in the seed")
    axes[0, 1].set(title="share of faces whose AU changes")
    figure.supxlabel(
        textwrap.fill(describe_saving(saving), round(15 * width)), x=0.01, ha="left", fontsize=8.5
    )
    return figure


def describe_saving(saving: pd.DataFrame) -> str:
    """Return the table of measure_saving in words."""
    rows = saving.set_index("plan")
    blind, kept = rows.loc["blind"], rows.loc["kept"]
    return (
        f"With all edits {blind['agreement']:.1%} of the AUs are as in the seed, with those kept "
        f"{kept['agreement']:.1%}: of {blind['changed']:,.0f} labels that would no longer hold, "
        f"{kept['saved']:,.0f} are saved."
    )


def _draw_matrix(axis: Axes, matrix: pd.DataFrame, colours: str, low: float, high: float) -> None:
    picture = axis.imshow(matrix, cmap=colours, vmin=low, vmax=high, aspect="auto")
    for (row, column), value in np.ndenumerate(matrix.to_numpy(float)):
        if np.isfinite(value):
            dark = (value - low) / (high - low) > 0.65
            text = axis.text(
                column, row, f"{value:.2f}", ha="center", va="center", fontsize=8,
                color="white" if dark else style.INK,
            )  # fmt: skip
            # Legible on the strokes of cells that are left out.
            halo = picture.cmap(picture.norm(value))
            text.set_path_effects([withStroke(linewidth=3, foreground=halo)])
    axis.set_xticks(range(matrix.shape[1]), list(matrix))
    axis.set_yticks(range(matrix.shape[0]), matrix.index)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    axis.grid(visible=False)
