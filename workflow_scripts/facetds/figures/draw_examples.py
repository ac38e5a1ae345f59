"""Draw what each AU looks like, on drawn faces whose AUs are known (thesis Figure 2.1)."""

from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.aus import AU_NAMES
from facetds.figures import examples
from facetds.figures.family import save_figures
from facetds.tables import read_table


def draw_examples(
    outs: Annotated[list[Path], typer.Argument(help="Figures to write, as .png.")],
    faces: Path,
    dpi: int,
    note: str | None = None,
) -> None:
    """Write the figure from the table of drawn faces: path, subject, a 0/1 column per AU."""
    chosen = examples.pick_alone(read_table(faces, ("path", "subject", *AU_NAMES)))
    save_figures(outs, {"fig-2.1-aus": lambda: (examples.draw_aus(chosen), chosen)}, dpi, note)


if __name__ == "__main__":
    command.run(draw_examples)
