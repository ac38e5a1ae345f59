"""List the areas under the ROC curve of all arms with their intervals (thesis 4.8)."""

from pathlib import Path

import pandas as pd

from facetds import command
from facetds.figures.sheets import draw_table, format_number
from facetds.figures.style import save_figure
from facetds.tables import read_table

COLUMNS = ("arm", "au", "auc_pooled", "auc_mean", "auc_sd", "ci_low", "ci_high")


def list_auc(summary: Path, arms: list[str], out: Path, dpi: int, note: str | None = None) -> None:
    """Write the table to `out` (.png), and the PDF and CSV beside it."""
    areas = read_table(summary, COLUMNS)
    shown = pd.DataFrame({"AU": list(dict.fromkeys(areas["au"]))})
    for arm in arms:
        rows = areas[areas["arm"] == arm].set_index("au").reindex(shown["AU"])
        shown[arm] = [
            f"{format_number(row.auc_pooled)} [{format_number(row.ci_low)}, "
            f"{format_number(row.ci_high)}]"
            for row in rows.itertuples()
        ]
    words = "All frames pooled, 95 % intervals over resampled subjects. "
    save_figure(draw_table(shown), out, areas, dpi, words + (note or ""))


if __name__ == "__main__":
    command.run(list_auc)
