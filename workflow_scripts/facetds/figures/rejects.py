"""What the stages set aside, and why."""

import re

import pandas as pd

COLUMNS = ["source", "reason", "items"]
# File names and numbers differ from item to item; the reason does not.
FILE = re.compile(r"[\w.+-]*/[\w./+-]*|[\w.+-]+\.(?:jpg|jpeg|png|txt|avi|csv|xlsx)\b")
NUMBER = re.compile(r"\b(frames?|lines?|images?) \d[\d, -]*")


def gather_rejected(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return source, reason and items, the most frequent first, of several rejected tables.

    `tables` has by stage a table with `reason`, and `source` where it distinguishes sources.
    """
    parts = []
    for stage, table in tables.items():
        if table.empty:
            continue
        source = table["source"] if "source" in table else pd.Series(stage, index=table.index)
        reasons = table["reason"].astype(str).map(generalise)
        parts.append(pd.DataFrame({"source": source, "reason": reasons}))
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    counts = pd.concat(parts).value_counts(["source", "reason"]).rename("items").reset_index()
    return counts.sort_values(["items", "source", "reason"], ascending=[False, True, True])[COLUMNS]


def generalise(reason: str) -> str:
    """Return a reason without the file it names, so that equal reasons can be counted."""
    text = FILE.sub("the file", " ".join(reason.split()))
    return NUMBER.sub(r"\1 … ", text).strip()
