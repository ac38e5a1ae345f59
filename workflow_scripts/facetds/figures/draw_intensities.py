"""Draw each AU at every intensity, on a drawn face (thesis Figure 1.2)."""

from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.figures import examples
from facetds.figures.family import save_figures
from facetds.foreign import read_image
from facetds.tables import read_table

NOTE = "A drawn face, not a real person. 1 to 5 are FACS's A to E."


def draw_intensities(
    outs: Annotated[list[Path], typer.Argument(help="Figures to write, as .png.")],
    sheet: Path,
    faces: Path,
    dpi: int,
) -> None:
    """Write the figure from a sheet of faces and the table of what they show (au, intensity)."""
    table = read_table(faces, ("au", "intensity"))

    def make() -> tuple:
        return examples.draw_intensities(read_image(sheet), table), table, NOTE

    save_figures(outs, {"fig-1.2-au-intensities": make}, dpi)


if __name__ == "__main__":
    command.run(draw_intensities)
