"""One look for every figure: colours that colour-blind readers tell apart, and the same bytes.

An AU has the same colour and marker in every figure, an arm the same colour, dash and marker.
"""

import itertools
from collections.abc import Iterable
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from facetds.aus import AU_NAMES
from facetds.files import replacing
from facetds.tables import write_table

INK = "#222222"
MUTED = "#6b6b6b"
GRID = "#e3e3e3"

# Okabe and Ito (2008), without black and yellow, which are weak as thin lines on white.
AU_COLOURS = dict(
    zip(AU_NAMES, ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9"), strict=True)
)
AU_MARKERS = dict(zip(AU_NAMES, "os^DvP", strict=True))

# Tol's high-contrast set and a grey: arms must not be taken for AUs, and differ in lightness too.
ARM_STYLES = {
    "original": ("#7a7a7a", (0, (1, 1.2)), "o"),
    "baseline": ("#DDAA33", (0, (5, 1.6)), "s"),
    "enhanced": ("#004488", "solid", "D"),
}
OTHER_ARM_STYLES = (
    ("#BB5566", (0, (3, 1, 1, 1)), "^"),
    ("#117733", (0, (7, 1, 1, 1, 1, 1)), "v"),
    ("#882255", (0, (2, 2)), "P"),
)

SETTINGS = {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "pdf.fonttype": 42,
    "svg.hashsalt": "facetds",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 8.5,
}
matplotlib.rcParams.update(SETTINGS)


def arm_styles(arms: Iterable[str]) -> dict[str, tuple]:
    """Return colour, dash and marker of each arm; arms of the user get the spare styles in turn."""
    spare = itertools.cycle(OTHER_ARM_STYLES)
    return {arm: ARM_STYLES[arm] if arm in ARM_STYLES else next(spare) for arm in arms}


def au_colour(name: str) -> str:
    """Return the colour of an AU by its name, grey for one that facetds does not classify."""
    return AU_COLOURS.get(name, MUTED)


def panels(rows: int, columns: int, width: float, height: float, **options) -> tuple:
    """Return a figure of `width` x `height` inches and its axes as a rows x columns array."""
    return plt.subplots(rows, columns, figsize=(width, height), squeeze=False, **options)


def bare_figure(width: float, height: float) -> Figure:
    """Return an empty figure whose axes are placed by hand."""
    figure = plt.figure(figsize=(width, height))
    figure.set_layout_engine("none")
    return figure


def say_empty(axes, reason: str) -> None:
    """Make `axes` say why nothing is drawn in it."""
    axes.set_axis_off()
    axes.text(
        0.5, 0.5, reason, ha="center", va="center", color=MUTED, transform=axes.transAxes, wrap=True
    )


def remark(figure: Figure, text: str | None) -> None:
    """Write `text` small below a figure, such as what its data stand in for."""
    if text:
        figure.text(0.005, -0.012, text, fontsize=7.5, color=MUTED, ha="left", va="top")


def save_figure(
    figure: Figure, png: Path | str, table: pd.DataFrame, dpi: int = 150, note: str | None = None
) -> None:
    """Write a figure as PNG and PDF and the table it was drawn from as CSV, side by side.

    `png` names the PNG; the others get its name with their own suffix. Nothing in the files
    depends on the time, so the same figure gives the same bytes. `note` is written below the
    figure. The figure is closed.
    """
    remark(figure, note)
    png = Path(png)
    nothing = {"png": {"Software": None}, "pdf": {"CreationDate": None, "Producer": None}}
    for kind, metadata in nothing.items():
        with replacing(png.with_name(f"{png.stem}.{kind}")) as temporary:
            figure.savefig(
                temporary,
                format=kind,
                dpi=dpi,
                metadata=metadata,
                bbox_inches="tight",
                pad_inches=0.08,
            )
    plt.close(figure)
    write_table(png.with_name(f"{png.stem}.csv"), table)
