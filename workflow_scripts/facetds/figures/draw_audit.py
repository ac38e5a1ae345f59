"""Draw images and effective seeds per AU of the annotated sets (thesis 4.7)."""

from pathlib import Path

from facetds import command
from facetds.figures.labels import draw_audit as draw
from facetds.figures.style import save_figure
from facetds.tables import read_table


def draw_audit(audit: Path, out: Path, dpi: int, note: str | None = None) -> None:
    """Write the figure to `out` (.png), and the PDF and CSV beside it."""
    table = read_table(audit, ("set", "au", "images", "effective_seeds"))
    save_figure(draw(table), out, table, dpi, note)


if __name__ == "__main__":
    command.run(draw_audit)
