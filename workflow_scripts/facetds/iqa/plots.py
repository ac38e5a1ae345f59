"""The figure of the score distributions."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd

from facetds.files import replacing

STYLES = {
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
LOOK = {
    "axes.axisbelow": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "figure.constrained_layout.use": True,
    "font.size": 9,
    "legend.frameon": False,
}


def plot_distributions(table: pd.DataFrame, better: dict[str, str], path: Path | str) -> None:
    """Draw the histograms of `table` (set, metric, low, high, share), a panel per metric, as PNG.

    `better` says of every metric whether "low" or "high" is better.
    """
    with plt.rc_context(LOOK):
        figure, axes = plt.subplots(3, 3, figsize=(9, 7))
        for axis, metric in zip(axes.flat, TITLES, strict=True):
            panel = table[table["metric"] == metric]
            for name, (colour, dash, label) in STYLES.items():
                part = panel[panel["set"] == name]
                if len(part):
                    edges = [*part["low"], part["high"].iloc[-1]]
                    axis.stairs(
                        100 * part["share"],
                        edges,
                        color=colour,
                        linestyle=dash,
                        label=label,
                        lw=1.4,
                    )
            axis.set_title(TITLES[metric])
            axis.set_xlabel(f"{better[metric]} is better", color="#6b6b6b")
            axis.set_ylim(bottom=0)
            axis.grid(color="#e3e3e3", linewidth=0.6)
        for axis in axes[:, 0]:
            axis.set_ylabel("share of images (%)")
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(STYLES))
        with replacing(path) as temporary:
            figure.savefig(temporary, dpi=130, metadata={"Software": None})
        plt.close(figure)
