"""Draw one arm's ROC curves (thesis Figures 4.1 and 4.4)."""

from pathlib import Path

import pandas as pd

from facetds import command
from facetds.aus import AU_NAMES
from facetds.figures.performance import draw_roc as draw
from facetds.figures.performance import measure_roc_band
from facetds.figures.style import save_figure
from facetds.tables import read_table


def draw_roc(
    roc: Path,
    predictions: Path,
    summary: Path,
    arm: str,
    out: Path,
    bootstrap: int,
    seed: int,
    dpi: int,
    against: str | None = None,
    note: str | None = None,
) -> None:
    """Write the figure of `arm` to `out` (.png), and the PDF and CSV beside it."""
    curves = read_table(roc, ("arm", "au", "fpr", "tpr"))
    probabilities = [f"P_{name}" for name in AU_NAMES]
    table = read_table(predictions, ("subject", *AU_NAMES, *probabilities))
    band = measure_roc_band(table, bootstrap, seed)
    areas = read_table(summary, ("arm", "au", "auc_pooled"))
    figure = draw(curves, band, areas, arm, against)
    kept = curves[curves["arm"].isin([arm, against])]
    joined = pd.concat([kept, band.assign(arm=arm)], ignore_index=True)
    words = f"Band: 95 % pointwise over {bootstrap:,} draws of subjects. "
    save_figure(figure, out, joined, dpi, words + (note or ""))


if __name__ == "__main__":
    command.run(draw_roc)
