"""List the mean quality scores of the originals and the synthetic sets (thesis Table 4.1)."""

from pathlib import Path

import pandas as pd

from facetds import command
from facetds.figures.scores import TITLES
from facetds.figures.sheets import draw_table, format_number
from facetds.figures.style import save_figure
from facetds.tables import read_table

SETS = {
    "original_itself": "Original (itself)",
    "original": "Original (others)",
    "synthetic": "Synthetic",
    "selected": "Selected",
    "random": "Random",
}


def list_scores(summary: Path, out: Path, dpi: int, note: str | None = None) -> None:
    """Write the table to `out` (.png), and the PDF and CSV beside it."""
    scores = read_table(summary, ("metric", "better", *SETS))
    shown = pd.DataFrame({"Metric": [TITLES.get(m, m) for m in scores["metric"]]})
    for column, title in SETS.items():
        shown[title] = [format_number(value) for value in scores[column]]
    shown["Better"] = scores["better"]
    save_figure(draw_table(shown), out, scores, dpi, note)


if __name__ == "__main__":
    command.run(list_scores)
