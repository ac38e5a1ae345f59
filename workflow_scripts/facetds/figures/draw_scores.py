"""Draw the distributions of the quality scores (thesis 4.5)."""

from pathlib import Path

from facetds import command
from facetds.figures.scores import draw_distributions
from facetds.figures.style import save_figure
from facetds.tables import read_table


def draw_scores(
    distributions: Path, summary: Path, out: Path, dpi: int, note: str | None = None
) -> None:
    """Write the figure to `out` (.png), and the PDF and CSV beside it."""
    table = read_table(distributions, ("set", "metric", "low", "high", "share"))
    means = read_table(summary, ("metric", "better"))
    better = dict(zip(means["metric"], means["better"], strict=True))
    save_figure(draw_distributions(table, better), out, table, dpi, note)


if __name__ == "__main__":
    command.run(draw_scores)
