"""The audit of the labels: diversity behind them, and whether the images still show them."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from facetds.aus import AU_NAMES
from facetds.estimators import Estimators, estimate, look
from facetds.randomness import generator
from facetds.shards import Entry

AUDITOR = "audit"


def draw_sample(table: pd.DataFrame, size: int, root_seed: int) -> pd.DataFrame:
    """Return at most `size` rows of `table`, drawn at random without repeats, in their order."""
    if len(table) <= size:
        return table
    drawing = generator(root_seed, "annotate")
    return table.iloc[np.sort(drawing.permutation(len(table))[:size])]


def check_images(
    entries: Iterable[Entry], estimators: Estimators, predictor: Path | None = None
) -> pd.DataFrame:
    """Return image, reason and AU1 to AU15 (0/1) as the audit's estimator sees each image.

    The marks are missing where the image cannot be judged; `reason` says why (`look`, or
    unreadable).
    """
    number = estimators.names.index(AUDITOR)
    rows = []
    for entry in entries:
        row = {"image": entry.image, "reason": "unreadable"}
        if entry.pixels is not None:
            seen = look(entry.pixels, estimators, predictor=predictor)
            row["reason"] = seen.reason
            if not seen.reason:
                marks = estimate(estimators, seen.features)[number] >= 0.5
                row |= dict(zip(AU_NAMES, marks.astype(int).tolist(), strict=True))
        rows.append(row)
    table = pd.DataFrame(rows, columns=["image", "reason", *AU_NAMES])
    return table.astype(dict.fromkeys(AU_NAMES, "Int64"))


def compare_checks(table: pd.DataFrame, checks: pd.DataFrame) -> pd.DataFrame:
    """Return au, checked, agreement, elsewhere: whether the estimator sees what the labels say.

    `table` has image and AU1 to AU15 as annotated, `checks` those of `check_images`. checked: the
    judged images that are labelled with the AU; agreement: the share of them in which the estimator
    sees it; elsewhere: the same share of the judged images that are not labelled with it. Labels
    that hold have a high agreement, and an `elsewhere` far below it. The simulated reviewers learnt
    from the same faces as the audit's estimator: with their labels it tells whether an image lost
    what its seed showed, not whether the seed was judged well.
    """
    marks = list(AU_NAMES)
    judged = checks[checks["reason"].fillna("") == ""]
    both = judged.merge(table[["image", *marks]], on="image", suffixes=("_seen", ""))
    rows = []
    for au in marks:
        labelled = both[au] == 1
        seen = both[f"{au}_seen"].astype(float)
        rows.append(
            {
                "au": au,
                "checked": int(labelled.sum()),
                "agreement": seen[labelled].mean(),
                "elsewhere": seen[~labelled].mean(),
            }
        )
    return pd.DataFrame(rows)
