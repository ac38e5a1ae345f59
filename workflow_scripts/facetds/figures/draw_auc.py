"""Draw one arm's area under the ROC curve per AU (thesis Figure 4.2)."""

from pathlib import Path

import pandas as pd

from facetds import command
from facetds.figures.performance import draw_auc as draw
from facetds.figures.style import save_figure
from facetds.tables import read_table

SUMMARY = ("arm", "au", "auc_pooled", "auc_mean", "ci_low", "ci_high")


def draw_auc(
    folds: Path, summary: Path, arm: str, out: Path, dpi: int, note: str | None = None
) -> None:
    """Write the figure of `arm` to `out` (.png), and the PDF and CSV beside it."""
    areas = read_table(folds, ("arm", "fold", "au", "auc"))
    means = read_table(summary, SUMMARY)
    figure = draw(areas, means, arm)
    shown = pd.concat([t[t["arm"] == arm] for t in (means, areas)], ignore_index=True)
    save_figure(figure, out, shown, dpi, note)


if __name__ == "__main__":
    command.run(draw_auc)
