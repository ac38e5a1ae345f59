"""What the stages set aside, and why."""

import re
from collections.abc import Iterable

import pandas as pd

COLUMNS = ["source", "reason", "items"]
# File names and numbers differ from item to item; the reason does not.
FILE = re.compile(r"[\w.+-]*/[\w./+-]*|[\w.+-]+\.(?:jpg|jpeg|png|txt|avi|csv|xlsx)\b")
NUMBER = re.compile(r"\b(frames?|lines?|images?) \d[\d, -]*")


def count_reasons(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return source, reason, items, the most frequent first, of tables with source and reason."""
    parts = [
        pd.DataFrame(
            {"source": table["source"], "reason": table["reason"].astype(str).map(generalise)}
        )
        for table in tables
        if len(table)
    ]
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    counts = pd.concat(parts).value_counts(["source", "reason"]).rename("items").reset_index()
    return counts.sort_values(
        ["items", "source", "reason"], ascending=[False, True, True], ignore_index=True
    )[COLUMNS]


def generalise(reason: str) -> str:
    """Return a reason without the file it names, so that equal reasons can be counted."""
    text = FILE.sub("the file", " ".join(reason.split()))
    return NUMBER.sub(r"\1 … ", text).strip()
