"""Figures that share their inputs are drawn by one command: which of them, the outputs say."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from facetds.errors import FacetdsError
from facetds.figures.style import save_figure

Maker = Callable[[], tuple[Figure, pd.DataFrame] | tuple[Figure, pd.DataFrame, str]]
"""Draws a figure: returns it, the table it shows, and a remark where one is needed."""


def save_figures(
    outs: Iterable[Path], makers: dict[str, Maker], dpi: int, note: str | None = None
) -> None:
    """Write the figures named by `outs` (.png; the PDF and CSV beside it).

    `makers` has a maker by the figure's name, which is the file's without suffix. Raises
    `FacetdsError` for a name without a maker.
    """
    for out in outs:
        name = out.name.removesuffix(".png")
        if name not in makers:
            raise FacetdsError(f"{out}: there is no such figure; choose from {', '.join(makers)}.")
        figure, table, *remark = makers[name]()
        words = " ".join(filter(None, [*remark, note]))
        save_figure(figure, out, table, dpi, words)
