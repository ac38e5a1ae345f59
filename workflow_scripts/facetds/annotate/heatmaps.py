"""The audit's figure: which edits keep the labels of their seeds."""

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from facetds.aus import AU_NAMES

INK = "#222222"


def draw_drift(
    drift: pd.DataFrame, variants: pd.DataFrame, words: str, max_drift: float | None
) -> Figure:
    """Return the heatmaps index x degree (measured agreement) and index x AU (drift).

    drift: `facetds.annotate.drift.summarise_drift`; variants: index, degree, kept, of which the
    left-out ones are struck through; words: a line below the heatmaps.
    """
    agreement = drift.pivot(index="index", columns="degree", values="agreement")
    edits = drift[drift["degree"] != 0]
    changes = edits.groupby("index")[[f"drift_{au}" for au in AU_NAMES]].mean()
    changes.columns = list(AU_NAMES)
    rows = len(agreement)
    width = 3.2 + 0.62 * (agreement.shape[1] + len(AU_NAMES))
    figure = Figure((width, 0.42 * rows + 2.0), layout="constrained")
    axes = figure.subplots(1, 2, width_ratios=[agreement.shape[1], len(AU_NAMES)])
    _draw_matrix(axes[0], agreement, "Blues", 0.5, 1, "degree")
    _draw_matrix(axes[1], changes, "Oranges", 0, 0.5, "au")
    for index, degree in variants.loc[variants["kept"] == 0, ["index", "degree"]].to_numpy():
        _strike(axes[0], agreement, index, degree)
    axes[0].set(xlabel="degree", ylabel="index (direction)")
    limit = "" if max_drift is None else f"; crossed: left out (annotate.max_drift {max_drift:g})"
    axes[0].set_title(f"AUs seen as in the seed's own image{limit}", loc="left", fontsize=9)
    axes[1].set_title("share of seeds whose AU changes", loc="left", fontsize=9)
    figure.supxlabel(textwrap.fill(words, round(16 * width)), x=0.01, ha="left", fontsize=8.5)
    return figure


def _draw_matrix(
    axis: Axes, matrix: pd.DataFrame, colours: str, low: float, high: float, kind: str
) -> None:
    axis.imshow(matrix, cmap=colours, vmin=low, vmax=high, aspect="auto")
    for (row, column), value in np.ndenumerate(matrix.to_numpy(float)):
        if np.isfinite(value):
            dark = (value - low) / (high - low) > 0.65
            text = axis.text(
                column, row, f"{value:.2f}", ha="center", va="center", fontsize=8.5,
                color="white" if dark else INK,
            )  # fmt: skip
            # Legible on the strokes of cells that are left out.
            halo = axis.images[0].cmap(axis.images[0].norm(value))
            text.set_path_effects([withStroke(linewidth=3, foreground=halo)])
    names = [f"{name:+g}" if name else "0" for name in matrix] if kind == "degree" else matrix
    axis.set_xticks(range(matrix.shape[1]), names)
    axis.set_yticks(range(matrix.shape[0]), matrix.index)
    axis.tick_params(length=0, labelsize=8.5, labelcolor=INK)
    axis.spines[:].set_visible(False)


def _strike(axis: Axes, matrix: pd.DataFrame, index: int, degree: float) -> None:
    column, row = matrix.columns.get_loc(degree), matrix.index.get_loc(index)
    corner = column - 0.5, row - 0.5
    axis.add_patch(Rectangle(corner, 1, 1, fill=False, hatch="//", lw=0, edgecolor="#444444"))
