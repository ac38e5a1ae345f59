"""The tables of the thesis, with what this run found; cells are text."""

from collections.abc import Sequence

import pandas as pd

from facetds.aus import AUS, DESCRIPTIONS, DISFA_AUS, EXPRESSIONS
from facetds.figures.scores import TITLES
from facetds.figures.sheets import format_number

DATABASES = (
    ("CFD", "1,217", "5", "via the authors"),
    ("FFHQ", "~70,000", "2", "public"),
    ("DISFA", "7,800", "4", "via the authors"),
    ("FEEDTUM", "399", "–", "via the authors"),
)
"""Thesis Table 3.1: database, images, relevance (1 to 5), access."""

SCORED_SETS = {
    "original_itself": "Original (itself)",
    "original": "Original (others)",
    "synthetic": "Synthetic",
    "selected": "Selected",
    "random": "Random",
}


def list_databases(
    photos: pd.DataFrame, frames: pd.DataFrame, stand_in: Sequence[str]
) -> pd.DataFrame:
    """Return Table 3.1: the thesis's numbers, and the images of this run.

    `photos` has model, `frames` subject; `stand_in` names databases that are drawn in this run.
    """
    here = {
        "CFD": f"{len(photos):,} images of {photos['model'].nunique():,} people",
        "DISFA": f"{len(frames):,} frames of {frames['subject'].nunique():,} people",
    }
    here |= {name: f"{here[name]} (drawn faces)" for name in stand_in}
    return pd.DataFrame(
        [(*row, here.get(row[0], "not used")) for row in DATABASES],
        columns=["Database", "Images (thesis)", "Relevance (1-5)", "Access", "This run"],
    )


def list_expressions() -> pd.DataFrame:
    """Return Table 3.2: the AUs of three expressions."""
    rows = [
        (expression, f"AU{au}", DESCRIPTIONS[au])
        for expression, aus in EXPRESSIONS.items()
        for au in aus
    ]
    return pd.DataFrame(rows, columns=["Expression", "Action Unit", "Name"])


def list_aus(rates: pd.DataFrame) -> pd.DataFrame:
    """Return Table A.1: the AUs of DISFA and how often they occur (rates: au, intensity, share)."""
    present = rates[rates["intensity"] > 0].groupby("au")["share"].sum()
    strong = rates[rates["intensity"] >= 2].groupby("au")["share"].sum()
    return pd.DataFrame(
        {
            "Action Unit": f"AU{au}",
            "Name": DESCRIPTIONS[au],
            "Classified": "yes" if au in AUS else "no",
            "Frames with it (%)": format_number(100 * present.get(f"AU{au}", float("nan")), 1),
            "Intensity 2-5 (%)": format_number(100 * strong.get(f"AU{au}", float("nan")), 1),
        }
        for au in DISFA_AUS
    )


def list_scores(summary: pd.DataFrame) -> pd.DataFrame:
    """Return Table 4.1: mean scores of the sets (summary: metric, better, a column per set)."""
    table = pd.DataFrame({"Metric": [TITLES.get(m, m) for m in summary["metric"]]})
    for column, title in SCORED_SETS.items():
        table[title] = [format_number(value) for value in summary[column]]
    return table.assign(Better=summary["better"].to_numpy())


def list_auc(summary: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """Return AUC and interval per AU and arm (summary: arm, au, auc_pooled, ci_low, ci_high)."""
    table = pd.DataFrame({"AU": list(dict.fromkeys(summary["au"]))})
    for arm in arms:
        rows = summary[summary["arm"] == arm].set_index("au").reindex(table["AU"])
        table[arm] = [
            f"{format_number(row.auc_pooled)} [{format_number(row.ci_low)}, "
            f"{format_number(row.ci_high)}]"
            for row in rows.itertuples()
        ]
    return table
