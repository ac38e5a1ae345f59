"""Draw the course of the GAN's training, and what it makes beside what it saw (thesis 3.7)."""

import json
from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.figures import training as course
from facetds.figures.family import save_figures
from facetds.foreign import read_image
from facetds.tables import read_table


def draw_training(
    outs: Annotated[list[Path], typer.Argument(help="Figures to write, as .png.")],
    training: Path,
    network: Path,
    fakes: list[Path],
    dpi: int,
    reals: Path | None = None,
    note: str | None = None,
) -> None:
    """Write the figures; `fakes` are the sheets of the snapshots.

    `reals` is the sheet of originals; it is left out where they must not be shown.
    """
    table = read_table(training, ("kimg",))
    chosen = json.loads(network.read_text(encoding="utf-8"))
    words = f"Dotted: the snapshot in use, after {chosen['kimg']:g} thousand images."

    def sheets() -> tuple:
        shown = course.choose_sheets(fakes, chosen["kimg"])
        named = {"originals": reals} if reals else {}
        named |= {f"after {kimg:g} thousand images": path for kimg, path in shown.items()}
        figure = course.draw_sheets(
            {name: read_image(path) for name, path in named.items()}, chosen["resolution"]
        )
        return figure, course.list_sheets(named)

    makers = {
        "training-course": lambda: (course.draw_training(table, chosen["kimg"]), table, words),
        "training-fakes": sheets,
    }
    save_figures(outs, makers, dpi, note)


if __name__ == "__main__":
    command.run(draw_training)
