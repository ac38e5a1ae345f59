"""The audit of the labels: diversity behind them, and whether the images still show them."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from facetds.aus import AU_NAMES
from facetds.estimators import Estimators, estimate, look
from facetds.randomness import generator
from facetds.shards import Entry

CHANCES = tuple(f"P_{au}" for au in AU_NAMES)
DRAWS = 2000
SHARES = tuple(
    f"{name}{end}" for name in ("agreement", "elsewhere") for end in ("", "_low", "_high")
)


def draw_sample(table: pd.DataFrame, size: int, root_seed: int) -> pd.DataFrame:
    """Return at most `size` rows of `table`, drawn at random without repeats, in their order."""
    if len(table) <= size:
        return table
    drawing = generator(root_seed, "annotate")
    return table.iloc[np.sort(drawing.permutation(len(table))[:size])]


def check_images(
    entries: Iterable[Entry], estimators: Estimators, predictor: Path | None = None
) -> pd.DataFrame:
    """Return image, reason and P_AU1 to P_AU15: how the audit's estimators judge each image.

    The probabilities are those of the mean logit of all estimators, NaN where the image cannot be
    judged; `reason` says why (`look`, or unreadable).
    """
    rows = []
    for entry in entries:
        row = {"image": entry.image, "reason": "unreadable"}
        if entry.pixels is not None:
            seen = look(entry.pixels, predictor=predictor)
            row["reason"] = seen.reason
            if not seen.reason:
                chances = np.clip(estimate(estimators, seen.features), 1e-9, 1 - 1e-9)
                logits = pd.DataFrame(np.log(chances / (1 - chances))).mean()
                row |= dict(zip(CHANCES, 1 / (1 + np.exp(-logits)), strict=True))
        rows.append(row)
    return pd.DataFrame(rows, columns=["image", "reason", *CHANCES])


def compare_checks(table: pd.DataFrame, checks: pd.DataFrame, root_seed: int) -> pd.DataFrame:
    """Return au, checked, agreement, elsewhere, auc: whether the estimators see what labels say.

    `table` has image, seed and AU1 to AU15 as annotated, `checks` is that of `check_images`.
    checked: the judged images that are labelled with the AU; agreement: the share of them in which
    it is seen; elsewhere: the same share of the judged images that are not labelled with it; both
    with _low and _high, the 95 % percentile bootstrap interval over seeds, as images of one seed
    are alike. As the estimators were fitted on other images, the AU counts as seen in as many
    images as are labelled with it, those with the highest probabilities. auc: the area under the
    ROC curve, which needs no such limit. Labels that hold have a high agreement, and an `elsewhere`
    far below it. The estimators and the simulated reviewers learnt from different people.
    """
    judged = checks[checks["reason"].fillna("") == ""]
    both = judged.merge(table[["image", "seed", *AU_NAMES]], on="image")
    seeds, places = np.unique(both["seed"], return_inverse=True)
    count = len(seeds)
    drawing = generator(root_seed, "annotate.audit")
    draws = drawing.multinomial(count, np.full(count, 1 / max(count, 1)), size=DRAWS)
    return pd.DataFrame(
        [
            _compare(au, both[au].to_numpy() == 1, both[f"P_{au}"].to_numpy(), places, draws)
            for au in AU_NAMES
        ]
    )


def _compare(
    au: str, labelled: np.ndarray, chances: np.ndarray, places: np.ndarray, draws: np.ndarray
) -> dict[str, float | str]:
    """Return the row of an AU; places: the seed of every image, counted in `draws` (B x seeds)."""
    row = {"au": au, "checked": int(labelled.sum())}
    if labelled.all() or not labelled.any() or np.isnan(chances).any():
        return row | dict.fromkeys((*SHARES, "auc"), np.nan)
    seen = chances >= np.quantile(chances, 1 - labelled.mean())
    for name, group in (("agreement", labelled), ("elsewhere", ~labelled)):
        hits, images = (
            draws @ np.bincount(places, of, draws.shape[1]) for of in (seen & group, group)
        )
        low, high = np.percentile(hits[images > 0] / images[images > 0], [2.5, 97.5])
        row |= {name: seen[group].mean(), f"{name}_low": low, f"{name}_high": high}
    # The area is the share of pairs that are in the right order (Mann and Whitney 1947).
    pairs = chances[labelled][:, None] - chances[~labelled]
    return row | {"auc": (pairs > 0).mean() + (pairs == 0).mean() / 2}
