"""seed_labels.csv: what reviewers say of every seed, the source of all synthetic labels."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.foreign import MAX_BYTES
from facetds.tables import read_table

COLUMNS = ("seed", *AU_NAMES, "neutral", "reviewers", "source", "network", "psi")
NUMBERS = ("seed", *AU_NAMES, "neutral")
NEEDED = (*NUMBERS, "network")
WHOLE = r"-?[0-9]{1,18}(\.0+)?"
"""How a whole number is written: 1e3, Arabic digits and blanks are more likely a mistake."""


def read_labels(path: Path | str, network: str | None = None) -> pd.DataFrame:
    """Return a table of seed labels, sorted by seed, with the columns `COLUMNS`.

    seed int64; AU columns and neutral uint8 0/1; neutral is 1 where no AU is. A missing column
    reviewers, source or psi is filled with 1, "user" and NaN.

    Raises `FacetdsError` naming the file, the row and the remedy for a missing column, a seed that
    is not a whole number or stands twice, a mark other than 0 and 1, a neutral seed with an AU or
    a seed with neither, and for a table made for another network than `network` (a SHA-256).
    """
    if Path(path).is_file() and Path(path).stat().st_size > MAX_BYTES:
        raise FacetdsError(
            f"{path} has more than {MAX_BYTES:,} bytes; name a table of seed labels."
        )
    table = read_table(path, NEEDED, text=NUMBERS)
    if table.empty:
        raise FacetdsError(f"{path} has no rows; publish a review that keeps some seeds.")
    for name in NUMBERS:
        table[name] = _whole_numbers(table[name], path)
    marks = table[[*AU_NAMES, "neutral"]]
    _refuse(path, table, table["seed"] < 0, "has a negative seed; seeds count from 0")
    _refuse(path, table, table["seed"].duplicated(), "repeats a seed; keep one row per seed")
    _refuse(path, table, ~marks.isin([0, 1]).all(axis=1), "has a mark other than 0 and 1")
    clash = (marks[list(AU_NAMES)].sum(axis=1) > 0) == (marks["neutral"] == 1)
    _refuse(path, table, clash, "must have either an AU or neutral = 1, not both or neither")
    _check_network(path, table["network"].astype(str), network)
    table = table.assign(
        reviewers=table.get("reviewers", 1), source=table.get("source", "user"),
        psi=table.get("psi", np.nan),
    )  # fmt: skip
    table = table.astype(dict.fromkeys((*AU_NAMES, "neutral"), np.uint8))
    return table[list(COLUMNS)].sort_values("seed", ignore_index=True)


def _whole_numbers(column: pd.Series, path: Path | str) -> pd.Series:
    wrong = ~column.str.fullmatch(WHOLE, flags=re.ASCII).fillna(False).astype(bool)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        value = column.iloc[row]
        shown = "empty" if pd.isna(value) else repr(str(value)[:40])
        raise FacetdsError(
            f"{path}, line {row + 2}: {column.name} is {shown}, not a whole number; correct it."
        )
    return column.str.partition(".")[0].astype(np.int64)


def _refuse(path: Path | str, table: pd.DataFrame, wrong: pd.Series, what: str) -> None:
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise FacetdsError(f"{path}, line {row + 2} (seed {table['seed'].iloc[row]}) {what}.")


def _check_network(path: Path | str, found: pd.Series, network: str | None) -> None:
    if found.nunique() != 1:
        raise FacetdsError(f"{path} mixes seeds of several networks; publish one table for each.")
    if network is not None and found.iloc[0] != network:
        raise FacetdsError(
            f"{path} was made for another network ({found.iloc[0][:12]}..., not "
            f"{network[:12]}...): its seeds show other faces here. Review the previews of this "
            "network, or set gan.network to the pickle the table was made with."
        )
