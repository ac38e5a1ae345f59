"""Draw a few frames of DISFA with their codes (thesis Figure 1.1)."""

from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.figures import examples
from facetds.figures.family import save_figures


def draw_frames(
    outs: Annotated[list[Path], typer.Argument(help="Figures to write, as .png.")],
    crops: list[Path],
    dpi: int,
    hide: list[str] | None = None,
    note: str | None = None,
) -> None:
    """Write the figure from the crops of some subjects.

    If `hide` has "disfa", the 68 landmarks are drawn in place of the pictures, as DISFA's terms
    forbid to publish most of them.
    """

    def make() -> tuple:
        table, pictures, landmarks = examples.pick_frames(crops)
        figure = examples.draw_frames(table, pictures, landmarks, "disfa" in (hide or []))
        return figure, table, "Codes: AU and intensity, A to E."

    save_figures(outs, {"fig-1.1-disfa-frames": make}, dpi, note)


if __name__ == "__main__":
    command.run(draw_frames)
