"""Draw originals and synthetic images in one feature space (thesis Figure 4.3)."""

from pathlib import Path

from facetds import command
from facetds.figures.scores import draw_plane
from facetds.figures.style import save_figure
from facetds.tables import read_table


def draw_feature_space(
    plane: Path, distances: Path, out: Path, dpi: int, note: str | None = None
) -> None:
    """Write the figure to `out` (.png), and the PDF and CSV beside it."""
    table = read_table(plane, ("set", "x", "y"))
    measured = read_table(distances, ("set", "extractor", "distance"))
    features = ", ".join(sorted(measured["extractor"].unique()))
    words = f"First two principal components of the originals' features ({features}). "
    save_figure(draw_plane(table, measured), out, table, dpi, words + (note or ""))


if __name__ == "__main__":
    command.run(draw_feature_space)
