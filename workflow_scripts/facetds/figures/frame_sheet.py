"""Make a figure of a sheet of generated images (thesis Figure 2.4)."""

from pathlib import Path

from facetds import command
from facetds.figures.latent import frame_sheet as frame
from facetds.figures.style import save_figure
from facetds.foreign import read_image
from facetds.tables import read_table


def frame_sheet(sheet: Path, table: Path, out: Path, dpi: int, note: str | None = None) -> None:
    """Write the figure to `out` (.png), the PDF, and `table` as CSV beside it."""
    save_figure(frame(read_image(sheet)), out, read_table(table), dpi, note)


if __name__ == "__main__":
    command.run(frame_sheet)
