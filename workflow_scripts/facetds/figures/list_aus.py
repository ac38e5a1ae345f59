"""List the AUs that DISFA codes, and how often they occur in the data (thesis Table A.1)."""

from pathlib import Path

import pandas as pd

from facetds import command
from facetds.aus import AUS, DESCRIPTIONS, DISFA_AUS
from facetds.figures.sheets import draw_table, format_number
from facetds.figures.style import save_figure
from facetds.tables import read_table


def list_aus(rates: Path, out: Path, dpi: int, note: str | None = None) -> None:
    """Write the table to `out` (.png), and the PDF and CSV beside it."""
    shares = read_table(rates, ("au", "intensity", "share"))
    shares["au"] = shares["au"].astype(str).str.removeprefix("AU").astype(int)
    present = shares[shares["intensity"] > 0].groupby("au")["share"].sum()
    strong = shares[shares["intensity"] >= 2].groupby("au")["share"].sum()
    rows = [
        {
            "Action Unit": f"AU{au}",
            "Name": DESCRIPTIONS[au],
            "Classified": "yes" if au in AUS else "no",
            "Frames with it (%)": format_number(100 * present.get(au, float("nan")), 1),
            "Intensity 2-5 (%)": format_number(100 * strong.get(au, float("nan")), 1),
        }
        for au in DISFA_AUS
    ]
    table = pd.DataFrame(rows)
    save_figure(draw_table(table), out, table, dpi, note)


if __name__ == "__main__":
    command.run(list_aus)
