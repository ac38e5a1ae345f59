"""Tables as pictures, for slides and for print."""

import textwrap

import pandas as pd
from matplotlib.figure import Figure

from facetds.figures import style

CHARACTER = 0.082
"""Inches that a character of the table's type takes on average."""


def draw_table(table: pd.DataFrame, limit: int = 34) -> Figure:
    """Draw a table of text with rules above, below the header and at the end.

    Numbers must be formatted before. Cells longer than `limit` characters are broken into lines.
    """
    cells = [list(map(str, table.columns)), *table.astype(str).to_numpy().tolist()]
    wrapped = [[textwrap.wrap(cell, limit) or [""] for cell in row] for row in cells]
    widths = [
        max(len(line) for row in wrapped for line in row[column]) * CHARACTER + 0.22
        for column in range(table.shape[1])
    ]
    heights = [0.17 * max(len(cell) for cell in row) + 0.11 for row in wrapped]
    figure, axes = style.panels(1, 1, sum(widths) + 0.2, sum(heights) + 0.2)
    axis = axes[0, 0]
    axis.set(xlim=(0, sum(widths)), ylim=(sum(heights), 0))
    axis.set_axis_off()
    axis.axhline(0, color=style.INK, lw=1.2)
    top = 0.0
    for number, (row, height) in enumerate(zip(wrapped, heights, strict=True)):
        left = 0.06
        for column, cell in enumerate(row):
            to_the_right = _numeric(table.iloc[:, column])
            x = left + widths[column] - 0.2 if to_the_right else left
            axis.text(
                x,
                top + height / 2,
                "\n".join(cell),
                va="center",
                ha="right" if to_the_right else "left",
                weight="bold" if number == 0 else "normal",
                fontsize=9,
            )
            left += widths[column]
        top += height
        if number == 0:
            axis.axhline(top, color=style.INK, lw=0.7)
    axis.axhline(top, color=style.INK, lw=1.2)
    return figure


def _numeric(column: pd.Series) -> bool:
    """Return whether all cells begin like numbers (or are a dash)."""
    return all(str(cell)[:1] in "0123456789+-−–~∞" for cell in column)


def format_number(value: object, decimals: int = 3) -> str:
    """Return a number for a table: "–" if undefined, "∞" if infinite, thousands apart."""
    if value is None or value != value:
        return "–"
    if value in (float("inf"), float("-inf")):
        return "∞" if value > 0 else "−∞"
    if float(value).is_integer() and abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:z,.{decimals}f}"
