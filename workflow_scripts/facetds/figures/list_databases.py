"""List the data sets: the thesis's numbers, and what this run found (thesis Table 3.1)."""

from pathlib import Path

import pandas as pd

from facetds import command
from facetds.figures.sheets import draw_table
from facetds.figures.style import save_figure
from facetds.tables import read_table

THESIS = (
    ("CFD", "1,217", "5", "via the authors"),
    ("FFHQ", "~70,000", "2", "public"),
    ("DISFA", "7,800", "4", "via the authors"),
    ("FEEDTUM", "399", "–", "via the authors"),
)


def list_databases(
    cfd: Path,
    frames: Path,
    out: Path,
    dpi: int,
    stand_in: list[str] | None = None,
    note: str | None = None,
) -> None:
    """Write the table to `out` (.png), and the PDF and CSV beside it.

    `stand_in` names the data sets that are rendered stand-ins in this run.
    """
    images = read_table(cfd, ("model",))
    selected = read_table(frames, ("subject",))
    here = {
        "CFD": f"{len(images):,} images of {images['model'].nunique():,} people",
        "DISFA": f"{len(selected):,} frames of {selected['subject'].nunique():,} people",
    }
    for name in stand_in or []:
        here[name] += " (rendered stand-in)"
    table = pd.DataFrame(
        [(*row, here.get(row[0], "not used")) for row in THESIS],
        columns=["Database", "Images (thesis)", "Relevance (1-5)", "Access", "This run"],
    )
    save_figure(draw_table(table), out, table, dpi, note)


if __name__ == "__main__":
    command.run(list_databases)
