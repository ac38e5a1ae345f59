"""Draw what was set aside by the data and crop stages, by reason (thesis Figure 3.8)."""

from pathlib import Path

from facetds import command
from facetds.figures.counts import draw_reasons
from facetds.figures.rejects import gather_rejected
from facetds.figures.style import save_figure
from facetds.tables import read_table


def draw_rejected(data: Path, crop: Path, out: Path, dpi: int, note: str | None = None) -> None:
    """Write the figure to `out` (.png), and the PDF and CSV beside it."""
    table = gather_rejected({"data": read_table(data), "crop": read_table(crop)})
    save_figure(draw_reasons(table), out, table, dpi, note)


if __name__ == "__main__":
    command.run(draw_rejected)
