"""What was set aside, and why: one table format for all stages."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from facetds.tables import read_table, write_table

FORMULA = ("=", "+", "-", "@")
"""How cells begin that a spreadsheet computes, such as =HYPERLINK(...)."""


class Reject(NamedTuple):
    """One item that was set aside: where it came from, its name, its file, the reason, its code."""

    source: str
    item: str
    file: str
    reason: str
    code: str = "unusable"


def write_rejected(path: Path | str, rejects: Iterable[Reject]) -> None:
    """Write a table of rejects, one column per field; without any, the header alone."""
    rows = [[safe_cell(str(value)) for value in reject] for reject in rejects]
    write_table(path, pd.DataFrame(rows, columns=list(Reject._fields)))


def gather_rejected(paths: Iterable[Path | str]) -> pd.DataFrame:
    """Return the tables of `write_rejected` as one, in the order of the paths."""
    tables = [read_table(path, Reject._fields) for path in paths]
    return pd.concat([table.astype(str) for table in tables], ignore_index=True)


def printable(text: str) -> str:
    """Return `text` with control characters and undecodable bytes written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def safe_cell(text: str) -> str:
    """Return printable text that a spreadsheet does not take for a formula."""
    return "'" * text.startswith(FORMULA) + printable(text)


def name_ranges(numbers: Iterable[int], most: int = 8) -> str:
    """Return numbers as ranges, such as "1-3, 7", cut after `most` ranges."""
    ranges: list[list[int]] = []
    for number in sorted(set(numbers)):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    words = [str(a) if a == b else f"{a}-{b}" for a, b in ranges[:most]]
    return ", ".join(words) + (", ..." if len(ranges) > most else "")
