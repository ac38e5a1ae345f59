"""List the AUs of three expressions (thesis Table 3.2)."""

from pathlib import Path

import pandas as pd

from facetds import command
from facetds.aus import DESCRIPTIONS
from facetds.figures.sheets import draw_table
from facetds.figures.style import save_figure

EXPRESSIONS = {"Sadness": (1, 15), "Happiness": (6, 12), "Anger": (4, 5)}


def list_expressions(out: Path, dpi: int) -> None:
    """Write the table to `out` (.png), and the PDF and CSV beside it."""
    rows = [
        (expression, f"AU{au}", DESCRIPTIONS[au])
        for expression, aus in EXPRESSIONS.items()
        for au in aus
    ]
    table = pd.DataFrame(rows, columns=["Expression", "Action Unit", "Name"])
    save_figure(draw_table(table), out, table, dpi)


if __name__ == "__main__":
    command.run(list_expressions)
