"""Draw how much the t-SNE runs differ (thesis Figure 2.3)."""

from pathlib import Path

from facetds import command
from facetds.figures.latent import draw_agreement
from facetds.figures.style import save_figure
from facetds.tables import read_table


def draw_tsne_mse(pairs: Path, out: Path, dpi: int, note: str | None = None) -> None:
    """Write the figure to `out` (.png), and the PDF and CSV beside it."""
    table = read_table(pairs, ("run_a", "run_b", "mse", "aligned_mse"))
    save_figure(draw_agreement(table), out, table, dpi, note)


if __name__ == "__main__":
    command.run(draw_tsne_mse)
