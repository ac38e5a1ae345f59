"""Draw the ethnic distribution in CFD (thesis Figures 3.1 and 3.4)."""

from pathlib import Path

from facetds import command
from facetds.figures.counts import RACES, draw_stacked
from facetds.figures.style import save_figure
from facetds.tables import read_table


def draw_cfd_race(groups: Path, out: Path, dpi: int, note: str | None = None) -> None:
    """Write the figure to `out` (.png), and the PDF and CSV beside it."""
    table = read_table(groups, ("set", "race", "count"))
    counts = table.groupby(["set", "race"], as_index=False)["count"].sum()
    save_figure(draw_stacked(counts, "race", RACES), out, counts, dpi, note)


if __name__ == "__main__":
    command.run(draw_cfd_race)
