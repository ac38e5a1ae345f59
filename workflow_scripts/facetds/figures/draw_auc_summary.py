"""Draw the areas under the ROC curve of all arms (thesis Figure 4.5)."""

from pathlib import Path

from facetds import command
from facetds.figures.performance import draw_auc_summary as draw
from facetds.figures.style import save_figure
from facetds.tables import read_table


def draw_auc_summary(
    summary: Path, arms: list[str], out: Path, dpi: int, note: str | None = None
) -> None:
    """Write the figure to `out` (.png), and the PDF and CSV beside it."""
    table = read_table(summary, ("arm", "au", "auc_pooled", "ci_low", "ci_high"))
    words = "Bars: 95 % intervals over resampled subjects. "
    save_figure(draw(table, arms), out, table, dpi, words + (note or ""))


if __name__ == "__main__":
    command.run(draw_auc_summary)
