"""Figures of the latent space (thesis 2.4.2)."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from facetds.aus import AU_NAMES
from facetds.figures import style


def draw_tsne(tsne: pd.DataFrame, labels: pd.DataFrame | None = None) -> Figure:
    """Draw the runs of t-SNE side by side (tsne: seed, run, x, y, ...).

    Seeds with a label are in the colour and marker of their first AU, neutral ones dark, others
    light. `labels` has seed and a 0/1 column per AU.
    """
    runs = sorted(tsne["run"].unique())
    columns = min(len(runs), 4)
    rows = -(-len(runs) // columns)
    figure, axes = style.panels(rows, columns, 2.5 * columns + 0.6, 2.6 * rows + 0.5)
    groups = group_seeds(tsne["seed"], labels)
    for axis in axes.flat[len(runs) :]:
        axis.set_axis_off()
    for axis, run in zip(axes.flat, runs, strict=False):
        part = tsne["run"] == run
        for name in [*reversed(AU_NAMES), "neutral", "not reviewed or left out"][::-1]:
            rows_of = part & (groups == name)
            colour, marker, size = _look(name)
            axis.scatter(
                tsne.loc[rows_of, "x"], tsne.loc[rows_of, "y"],
                s=size, c=colour, marker=marker, lw=0, label=name,
            )  # fmt: skip
        axis.set(xticks=[], yticks=[], title=_title(tsne[part]))
        axis.grid(visible=False)
    if groups.nunique() > 1:
        handles, names = axes.flat[0].get_legend_handles_labels()
        order = [names.index(name) for name in (*AU_NAMES, "neutral", "not reviewed or left out")]
        figure.legend(
            [handles[i] for i in order], [names[i] for i in order],
            loc="outside lower center", ncols=4, title="first AU of the seed", markerscale=1.6,
        )  # fmt: skip
    return figure


def _look(name: str) -> tuple[str, str, int]:
    if name in AU_NAMES:
        return style.AU_COLOURS[name], style.AU_MARKERS[name], 16
    return ("#444444", ".", 22) if name == "neutral" else ("#d3d3d3", ".", 12)


def _title(part: pd.DataFrame) -> str:
    first = part.iloc[0]
    words = [f"run {first['run']}"]
    if "perplexity" in part:
        words.append(f"perplexity {first['perplexity']:g}")
    if "iterations" in part:
        words.append(f"{first['iterations']:g} it.")
    return ", ".join(words)


def group_seeds(seeds: pd.Series, labels: pd.DataFrame | None) -> pd.Series:
    """Return the group of each seed: its first AU, "neutral", or "not reviewed or left out"."""
    groups = pd.Series("not reviewed or left out", index=seeds.index)
    if labels is None or labels.empty:
        return groups
    first = labels[list(AU_NAMES)].astype(int).idxmax(axis=1)
    first[labels[list(AU_NAMES)].sum(axis=1) == 0] = "neutral"
    known = seeds.map(dict(zip(labels["seed"], first, strict=True)))
    return known.fillna(groups)


def draw_matrix(matrix: pd.DataFrame, label: str) -> Figure:
    """Draw a square matrix (index and columns: names of the runs) as a heat map with its values."""
    values = matrix.to_numpy(float)
    side = max(3.4, 0.55 * len(matrix) + 1.6)
    figure, axes = style.panels(1, 1, side + 0.9, side)
    axis = axes[0, 0]
    picture = axis.imshow(values, cmap="cividis_r")
    middle = np.nanmean([np.nanmin(values), np.nanmax(values)])
    for (row, column), value in np.ndenumerate(values):
        colour = "white" if value > middle else style.INK
        axis.text(column, row, f"{value:.3g}", ha="center", va="center", color=colour, fontsize=7.5)
    axis.set_xticks(range(len(matrix)), matrix.columns)
    axis.set_yticks(range(len(matrix)), matrix.index)
    axis.set(xlabel="run", ylabel="run")
    axis.grid(visible=False)
    figure.colorbar(picture, ax=axis, label=label, shrink=0.85).outline.set_visible(False)
    return figure


def frame_picture(picture: np.ndarray, x: str, y: str, width: float = 8.0) -> Figure:
    """Return a figure around a sheet of images (uint8 H x W x 3) with a word along each side."""
    height = width * picture.shape[0] / picture.shape[1]
    figure, axes = style.panels(1, 1, width, height + 0.35)
    axis = axes[0, 0]
    axis.imshow(picture, interpolation="lanczos")
    axis.set(xticks=[], yticks=[])
    axis.set_xlabel(x)
    axis.set_ylabel(y)
    axis.spines[:].set_visible(False)
    axis.grid(visible=False)
    return figure
