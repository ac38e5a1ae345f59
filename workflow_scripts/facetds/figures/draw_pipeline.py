"""Draw what is left after each phase of the pipeline (thesis Figure 2.5)."""

from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.figures.counts import draw_pipeline as draw
from facetds.figures.family import save_figures
from facetds.figures.funnel import count_steps


def draw_pipeline(
    outs: Annotated[list[Path], typer.Argument(help="Figures to write, as .png.")],
    tables: list[Path],
    dpi: int,
    note: str | None = None,
) -> None:
    """Write the figure from tables under results/, known by their names."""
    steps = count_steps(tables)
    save_figures(outs, {"fig-2.5-pipeline": lambda: (draw(steps), steps)}, dpi, note)


if __name__ == "__main__":
    command.run(draw_pipeline)
