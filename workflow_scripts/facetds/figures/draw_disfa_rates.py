"""Draw how often each AU occurs in DISFA, by intensity (thesis 3.5, A.1)."""

from pathlib import Path

from facetds import command
from facetds.figures.counts import draw_rates
from facetds.figures.style import save_figure
from facetds.tables import read_table


def draw_disfa_rates(rates: Path, out: Path, dpi: int, note: str | None = None) -> None:
    """Write the figure to `out` (.png), and the PDF and CSV beside it."""
    table = read_table(rates, ("au", "intensity", "share"))
    save_figure(draw_rates(table), out, table, dpi, note)


if __name__ == "__main__":
    command.run(draw_disfa_rates)
