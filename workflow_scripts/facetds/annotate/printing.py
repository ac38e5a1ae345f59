"""An annotation in the terminal."""

from pathlib import Path

import numpy as np
import pandas as pd

from facetds.aus import AU_NAMES

BAR = 30


def print_counts(
    file: Path, array: np.ndarray, with_images: bool, with_labels: bool, faults: list[str]
) -> None:
    """Print size, sums per AU with bars, and what the checks found."""
    size = " x ".join(map(str, array.shape))
    print(f"{file}: {size} {array.dtype}")
    counts = dict(zip(AU_NAMES, (array == 1).sum(axis=0).tolist(), strict=True))
    counts["neutral"] = int((array == 0).all(axis=1).sum())
    for name, count in counts.items():
        share = count / max(len(array), 1)
        print(f"  {name:7} {count:8,} {share:5.0%} {'█' * round(BAR * share)}")
    checked = ["6 columns", "0 or 1"]
    checked += ["a name for every row, in order"] if with_images else []
    checked += ["the labels of their seeds"] if with_labels else []
    if faults:
        for fault in faults:
            print(f"  WRONG: {fault}")
    else:
        print(f"  checked: {'; '.join(checked)}")


def print_rows(rows: pd.DataFrame, total: int) -> None:
    """Print rows (image if known, AU1 to AU15, flagged if any); `total` is how many there are."""
    names = rows["image"] if "image" in rows else pd.Series("", rows.index)
    width = max([5, *names.str.len()])
    flags = "flagged" in rows and (rows["flagged"] != "").any()
    print()
    print(f"{'row':>7} {'image':{width}}" + "".join(f"{au:>5}" for au in AU_NAMES)
          + ("  flagged" if flags else ""))  # fmt: skip
    for row, record in zip(rows.index, rows.to_dict("records"), strict=True):
        marks = "".join(f"{record[au] if record[au] != 0 else '·':>5}" for au in AU_NAMES)
        flag = f"  {record['flagged']}" if flags else ""
        print(f"{row:>7} {record.get('image', ''):{width}}{marks}{flag}".rstrip())
    print(f"{len(rows):,} of {total:,} rows (--first, --rows)")
