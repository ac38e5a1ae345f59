"""Draw what is left after each phase of the pipeline (thesis Figure 2.5)."""

from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.figures.counts import draw_pipeline as draw
from facetds.figures.funnel import count_steps
from facetds.figures.style import save_figure


def draw_pipeline(
    files: Annotated[list[Path], typer.Argument(help="Tables under results/, any order.")],
    out: Path,
    dpi: int,
    note: str | None = None,
) -> None:
    """Write the figure to `out` (.png), and the PDF and CSV beside it."""
    table = count_steps(files)
    save_figure(draw(table), out, table, dpi, note)


if __name__ == "__main__":
    command.run(draw_pipeline)
