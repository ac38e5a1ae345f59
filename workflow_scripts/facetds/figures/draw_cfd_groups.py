"""Draw the images of CFD by race and expression (thesis Figure 3.7)."""

from pathlib import Path

from facetds import command
from facetds.figures.counts import draw_groups
from facetds.figures.style import save_figure
from facetds.tables import read_table


def draw_cfd_groups(groups: Path, out: Path, dpi: int, note: str | None = None) -> None:
    """Write the figure to `out` (.png), and the PDF and CSV beside it."""
    table = read_table(groups, ("race", "expression", "count"))
    counts = table.groupby(["race", "expression"], as_index=False)["count"].sum()
    save_figure(draw_groups(counts), out, counts, dpi, note)


if __name__ == "__main__":
    command.run(draw_cfd_groups)
