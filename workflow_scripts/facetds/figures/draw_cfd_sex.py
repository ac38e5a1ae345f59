"""Draw the distribution of the sexes in the sets of CFD (thesis Figures 3.2 and 3.3)."""

from pathlib import Path

from facetds import command
from facetds.figures.counts import SEXES, draw_stacked
from facetds.figures.style import save_figure
from facetds.tables import read_table


def draw_cfd_sex(groups: Path, out: Path, dpi: int, note: str | None = None) -> None:
    """Write the figure to `out` (.png), and the PDF and CSV beside it."""
    table = read_table(groups, ("set", "sex", "count"))
    counts = table.groupby(["set", "sex"], as_index=False)["count"].sum()
    save_figure(draw_stacked(counts, "sex", SEXES), out, counts, dpi, note)


if __name__ == "__main__":
    command.run(draw_cfd_sex)
