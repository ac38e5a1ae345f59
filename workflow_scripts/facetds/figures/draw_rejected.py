"""Draw what was set aside by the data and crop stages, by reason (thesis Figure 3.8)."""

from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.figures.counts import draw_reasons
from facetds.figures.family import save_figures
from facetds.figures.rejects import count_reasons
from facetds.tables import read_table


def draw_rejected(
    outs: Annotated[list[Path], typer.Argument(help="Figures to write, as .png.")],
    rejected: list[Path],
    dpi: int,
    note: str | None = None,
) -> None:
    """Write the figure of the tables `rejected` (source, item, file, reason)."""
    table = count_reasons([read_table(path, ("source", "reason")) for path in rejected])
    save_figures(outs, {"fig-3.8-rejected": lambda: (draw_reasons(table), table)}, dpi, note)


if __name__ == "__main__":
    command.run(draw_rejected)
