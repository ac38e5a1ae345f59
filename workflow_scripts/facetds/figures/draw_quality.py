"""Draw the quality of the synthetic images beside the originals (thesis 4.5)."""

from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.figures import listings, scores
from facetds.figures.family import save_figures
from facetds.figures.sheets import draw_table
from facetds.tables import read_table


def draw_quality(
    outs: Annotated[list[Path], typer.Argument(help="Figures to write, as .png.")],
    summary: Path,
    distributions: Path,
    plane: Path,
    distances: Path,
    dpi: int,
    note: str | None = None,
) -> None:
    """Write the figures of the scores and of the feature space."""
    means = read_table(summary, ("metric", "better", *listings.SCORED_SETS))
    bins = read_table(distributions, ("set", "metric", "low", "high", "share"))
    points = read_table(plane, ("set", "x", "y"))
    measured = read_table(distances, ("set", "extractor", "distance"))
    better = dict(zip(means["metric"], means["better"], strict=True))
    features = ", ".join(sorted(measured["extractor"].unique()))
    words = f"First two principal components of the originals' features ({features})."
    makers = {
        "fig-4.3-feature-space": lambda: (scores.draw_plane(points, measured), points, words),
        "score-distributions": lambda: (scores.draw_distributions(bins, better), bins),
        "table-4.1-scores": lambda: (draw_table(listings.list_scores(means)), means),
    }
    save_figures(outs, makers, dpi, note)


if __name__ == "__main__":
    command.run(draw_quality)
