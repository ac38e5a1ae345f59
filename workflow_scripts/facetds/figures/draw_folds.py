"""Draw which subjects each fold validates (thesis Figure 3.10)."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from facetds import command
from facetds.figures.labels import draw_folds as draw
from facetds.figures.style import save_figure
from facetds.tables import read_table


def draw_folds(
    predictions: Annotated[list[Path], typer.Argument(help="Predictions, fold by fold.")],
    selected: Path,
    out: Path,
    dpi: int,
    note: str | None = None,
) -> None:
    """Write the figure to `out` (.png), and the PDF and CSV beside it.

    The folds are read from what each one predicted: those are its validation subjects.
    """
    parts = []
    for number, path in enumerate(predictions, start=1):
        counts = read_table(path, ("subject",))["subject"].value_counts().sort_index()
        parts.append(
            pd.DataFrame({"fold": number, "subject": counts.index, "frames": counts.to_numpy()})
        )
    table = pd.concat(parts, ignore_index=True)
    save_figure(draw(table, len(read_table(selected))), out, table, dpi, note)


if __name__ == "__main__":
    command.run(draw_folds)
