"""Draw the t-SNE runs of the latent space (thesis Figure 2.2)."""

from pathlib import Path

from facetds import command
from facetds.aus import AU_NAMES
from facetds.figures.latent import draw_tsne as draw
from facetds.figures.style import save_figure
from facetds.tables import read_table


def draw_tsne(tsne: Path, labels: Path, out: Path, dpi: int, note: str | None = None) -> None:
    """Write the figure to `out` (.png), and the PDF and CSV beside it."""
    table = read_table(tsne, ("seed", "run", "x", "y"))
    figure = draw(table, read_table(labels, ("seed", *AU_NAMES)))
    save_figure(figure, out, table, dpi, note)


if __name__ == "__main__":
    command.run(draw_tsne)
