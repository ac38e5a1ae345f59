"""Figures of the latent space (thesis 2.4.2)."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from facetds.aus import AU_NAMES
from facetds.figures import style

UNKNOWN = "not reviewed or left out"
"""The group of seeds without labels."""


def draw_tsne(tsne: pd.DataFrame, labels: pd.DataFrame | None = None) -> Figure:
    """Draw the runs of t-SNE side by side (tsne: seed, run, x, y, ...).

    Seeds with a label are in the colour and marker of their first AU, neutral ones dark, others
    light. `labels` has seed and a 0/1 column per AU.
    """
    runs = sorted(tsne["run"].unique())
    # A row for every random start, where there are several.
    columns = min(len(runs), 4)
    if "start" in tsne and tsne["start"].nunique() > 1:
        columns = min(tsne.groupby("start")["run"].nunique().max(), 4)
    rows = -(-len(runs) // columns)
    figure, axes = style.panels(rows, columns, 2.5 * columns + 0.6, 2.6 * rows + 0.5)
    groups = group_seeds(tsne["seed"], labels)
    for axis in axes.flat[len(runs) :]:
        axis.set_axis_off()
    for axis, run in zip(axes.flat, runs, strict=False):
        part = tsne["run"] == run
        for name in [*reversed(AU_NAMES), "neutral", UNKNOWN][::-1]:
            rows_of = part & (groups == name)
            colour, marker, size = _look(name)
            axis.scatter(
                tsne.loc[rows_of, "x"], tsne.loc[rows_of, "y"],
                s=size, c=colour, marker=marker, lw=0, label=name,
            )  # fmt: skip
        outside = _fit(axis, tsne.loc[part, ["x", "y"]])
        axis.set(xticks=[], yticks=[], title=_title(tsne[part]))
        if outside:
            axis.set_xlabel(f"{outside} outside", fontsize=7.5, color=style.MUTED)
        axis.grid(visible=False)
    if groups.nunique() > 1:
        handles, names = axes.flat[0].get_legend_handles_labels()
        order = [names.index(name) for name in (*AU_NAMES, "neutral", UNKNOWN)]
        figure.legend(
            [handles[i] for i in order], [names[i] for i in order],
            loc="outside upper center", ncols=8, columnspacing=1.2, handletextpad=0.2,
            markerscale=1.6,
        )  # fmt: skip
    return figure


def _fit(axis, points: pd.DataFrame) -> int:
    """Show the middle of the points if a few lie far off; return how many are outside.

    Runs of few steps throw single points far away, and the others would be one dot.
    """
    low, high = points.quantile(0.02), points.quantile(0.98)
    low, high = low - 0.6 * (high - low), high + 0.6 * (high - low)
    outside = int(((points < low) | (points > high)).any(axis=1).sum())
    if outside:
        axis.set(xlim=(low["x"], high["x"]), ylim=(low["y"], high["y"]))
    return outside


def _look(name: str) -> tuple[str, str, int]:
    if name in AU_NAMES:
        return style.AU_COLOURS[name], style.AU_MARKERS[name], 16
    return ("#444444", ".", 22) if name == "neutral" else ("#d3d3d3", ".", 12)


def _title(part: pd.DataFrame) -> str:
    first = part.iloc[0]
    words = [f"run {first['run']:g}"]
    if "perplexity" in part:
        words.append(f"perplexity {first['perplexity']:g}")
    if "iterations" in part:
        words.append(f"{first['iterations']:g} steps")
    return "\n".join([words[0], ", ".join(words[1:])]) if words[1:] else words[0]


def group_seeds(seeds: pd.Series, labels: pd.DataFrame | None) -> pd.Series:
    """Return the group of each seed: its first AU, "neutral", or `UNKNOWN`."""
    groups = pd.Series(UNKNOWN, index=seeds.index)
    if labels is None or labels.empty:
        return groups
    first = labels[list(AU_NAMES)].astype(int).idxmax(axis=1)
    first[labels[list(AU_NAMES)].sum(axis=1) == 0] = "neutral"
    known = seeds.map(dict(zip(labels["seed"], first, strict=True)))
    return known.fillna(groups)


def draw_agreement(pairs: pd.DataFrame) -> Figure:
    """Draw how much every two runs differ: as the thesis measured it, and after alignment.

    `pairs` has run_a, run_b, mse and correlation (of the coordinates as they lie) and aligned_mse
    (after the best shift, turn, mirroring and scaling; 0 same shape, 1 unrelated).
    """
    runs = pairs["run_a"].nunique()
    side = max(2.3, 0.4 * runs + 0.3)
    figure, axes = style.panels(1, 3, 3 * side + 0.6, side + 0.4)
    titles = {
        "mse": "MSE as they lie (thesis)",
        "correlation": "correlation as they lie",
        "aligned_mse": "MSE when aligned (Procrustes)",
    }
    for axis, (column, title) in zip(axes[0], titles.items(), strict=True):
        matrix = pairs.pivot(index="run_a", columns="run_b", values=column)
        _draw_matrix(axis, matrix)
        axis.set_title(title, fontsize=9)
    return figure


def _draw_matrix(axis, matrix: pd.DataFrame) -> None:
    values = matrix.to_numpy(float)
    axis.imshow(values, cmap="Blues", vmin=min(0, np.nanmin(values)))
    for (row, column), value in np.ndenumerate(values):
        light = value > 0.6 * np.nanmax(values)
        words = "0" if abs(value) < 1e-9 else f"{value:.{2 * (abs(value) < 10)}f}"
        colour = "white" if light else style.INK
        axis.text(column, row, words, ha="center", va="center", color=colour, fontsize=7.5)
    axis.set_xticks(range(len(matrix)), matrix.columns)
    axis.set_yticks(range(len(matrix)), matrix.index)
    axis.set(xlabel="run", ylabel="run")
    axis.grid(visible=False)


def frame_sheet(sheet: np.ndarray, width: float = 8.0) -> Figure:
    """Return a figure that is a sheet of images (uint8 H x W x 3), `width` inches wide."""
    figure, axes = style.panels(1, 1, width, width * sheet.shape[0] / sheet.shape[1])
    axes[0, 0].imshow(sheet, interpolation="lanczos")
    axes[0, 0].set_axis_off()
    return figure
