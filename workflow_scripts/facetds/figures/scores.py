"""Figures of image quality (thesis 4.5)."""

import pandas as pd
from matplotlib.figure import Figure

from facetds.figures import style
from facetds.figures.sheets import format_number

SETS = {
    "original": ("#222222", (0, (1, 1.2)), "originals"),
    "synthetic": ("#9a9a9a", "solid", "all synthetic"),
    "random": ("#DDAA33", (0, (5, 1.6)), "random control"),
    "selected": ("#004488", "solid", "selected"),
}
TITLES = {
    "rmse": "RMSE (grey levels)",
    "psnr": "PSNR (dB)",
    "ssim": "SSIM",
    "issm": "ISSM",
    "sam": "SAM (radians)",
    "uiq": "UIQ",
    "brisque_svr": "BRISQUE-SVR (severity)",
    "thesis_brisque": "Thesis: GLCM score",
    "thesis_svr": "Thesis: SVR on dummies",
}
PLANE = {
    "all synthetic": ("#b9b9b9", ".", 10),
    "random": ("#DDAA33", "s", 9),
    "selected": ("#004488", "D", 9),
    "originals": ("#BB5566", "o", 13),
}


def draw_distributions(table: pd.DataFrame, better: dict[str, str]) -> Figure:
    """Draw the histograms of `table` (set, metric, low, high, share), a panel per metric.

    `better` says of a metric whether "low" or "high" is better.
    """
    metrics = order_metrics(table)
    columns = 3
    rows = max(1, -(-len(metrics) // columns))
    figure, axes = style.panels(rows, columns, 8.4, 2.1 * rows + 0.4)
    for axis in axes.flat[len(metrics) :]:
        axis.set_axis_off()
    for axis, metric in zip(axes.flat, metrics, strict=False):
        panel = table[table["metric"] == metric]
        for name, (colour, dash, label) in SETS.items():
            part = panel[panel["set"] == name]
            if len(part):
                edges = [*part["low"], part["high"].iloc[-1]]
                axis.stairs(
                    100 * part["share"], edges, color=colour, linestyle=dash, label=label, lw=1.4
                )
        axis.set_title(TITLES.get(metric, metric), fontsize=9)
        if metric in better:
            axis.set_xlabel(f"{better[metric]} is better", color=style.MUTED, fontsize=8)
        axis.set_ylim(bottom=0)
    figure.supylabel("share of images (%)", fontsize=9)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(SETS))
    return figure


def order_metrics(table: pd.DataFrame) -> list[str]:
    """Return the metrics of `table` (metric, ...) in the order of the panels."""
    known = [m for m in TITLES if (table["metric"] == m).any()]
    return known + [m for m in table["metric"].unique() if m not in TITLES]


def draw_plane(plane: pd.DataFrame, distances: pd.DataFrame) -> Figure:
    """Draw originals and synthetic sets in the plane of the features (thesis Figure 4.3).

    `plane` has set, x, y; `distances` has set, extractor, distance, given in the legend.
    """
    shown = [s for s in PLANE if (plane["set"] == s).any()]
    synthetic = [s for s in shown if s != "originals"]
    figure, axes = style.panels(
        1, max(1, len(synthetic)), 2.9 * max(1, len(synthetic)), 3.3, sharex=True, sharey=True
    )
    known = dict(zip(distances["set"], distances["distance"], strict=True))
    for axis, name in zip(axes[0], synthetic, strict=False):
        for part, colour in (("originals", PLANE["originals"]), (name, PLANE[name])):
            rows = plane[plane["set"] == part]
            axis.scatter(
                rows["x"],
                rows["y"],
                c=colour[0],
                marker=colour[1],
                s=colour[2],
                lw=0,
                alpha=0.7,
                label=part,
            )
        axis.set_title(name)
        axis.set_xlabel(f"Fréchet distance {format_number(known[name])}" if name in known else "")
        axis.set(xticks=[], yticks=[])
        axis.legend(loc="upper right", fontsize=7.5, handletextpad=0.2)
    return figure
