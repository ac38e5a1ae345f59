"""Choosing the best images of a batch, and a random control of equal size (thesis 4.6).

Nothing is deleted: every image keeps its row, with the reason why it was kept or dropped.
"""

import math

import numpy as np
import pandas as pd

from facetds.randomness import generator
from facetds.select import gates, ranking

THESIS_VOTES = ("rmse", "psnr", "ssim", "issm", "sam", "uiq")


def choose(
    table: pd.DataFrame,
    limits: dict[str, float],
    *,
    keep: int,
    mode: str,
    votes: list[str],
    seed_spread: float | None,
    seed: int,
    batch: int,
) -> pd.DataFrame:
    """Return the choice from one batch, a row per image of `table` in its order.

    `table` has image, seed, problem (missing for none), and the columns that vote or that a gate
    looks at. Columns of the result: batch, image, seed, reason, one per vote, aggregate (larger is
    better), place (1 is the best), kept and random (0 or 1). Exactly min(`keep`, images that pass
    the hard gates) are kept, and as many are drawn at random from all readable images.

    mode "thesis": the rank sum of the six metrics decides. "sound": the sum of robust z of `votes`
    decides among the images that pass the gates; at first no seed gets more than `seed_spread`
    times its equal share. In both modes an image of which a voting score is undefined, and in
    "sound" one behind a soft gate or above the cap, only fills what is left over. Equal
    aggregates are ordered by image name, so that the order of rows does not matter.
    """
    votes = list(THESIS_VOTES) if mode == "thesis" else votes
    reasons = gates.gate(table, limits, mode)
    columns = ranking.vote(table, votes, mode)
    aggregate = columns.sum(axis=1).to_numpy(float)
    reasons[(reasons == "") & ranking.undefined(table, votes)] = "undefined_score"
    hard = np.isin(reasons, gates.HARD)
    held_back = (reasons != "").astype(int) + hard
    names = table["image"].to_numpy(str)
    order = np.lexsort((names, -aggregate, held_back))
    cap = None if mode == "thesis" else seed_spread
    taken, capped = _take(order[: np.count_nonzero(~hard)], table["seed"], held_back, keep, cap)
    reasons[capped] = "seed_cap"
    reasons[(reasons == "") & ~taken] = "ranked_below"
    reasons[taken] = np.where(reasons[taken] == "", "kept", "filled:" + reasons[taken].astype(str))
    place = np.empty(len(table), int)
    place[order] = np.arange(1, len(table) + 1)
    return pd.DataFrame(
        {
            "batch": batch,
            "image": names,
            "seed": table["seed"].to_numpy(),
            "reason": reasons,
            **{name: columns[name].to_numpy() for name in columns},
            "aggregate": aggregate,
            "place": place,
            "kept": taken.astype(int),
            "random": _draw(names, table["problem"].isna(), taken.sum(), seed, batch).astype(int),
        }
    )


def _take(
    order: np.ndarray, seeds: pd.Series, held_back: np.ndarray, keep: int, spread: float | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return which images are taken, and which were passed over at first for their seed."""
    seeds = seeds.to_numpy()
    taken, capped = np.zeros(len(seeds), bool), np.zeros(len(seeds), bool)
    cap = keep if spread is None else _cap(keep, np.unique(seeds[order]).size, spread)
    counts: dict[int, int] = {}
    for index in order:
        if taken.sum() == keep:
            break
        if held_back[index]:
            continue
        if counts.get(seeds[index], 0) >= cap:
            capped[index] = True
            continue
        counts[seeds[index]] = counts.get(seeds[index], 0) + 1
        taken[index] = True
    left_over = order[~taken[order]]
    taken[left_over[: keep - taken.sum()]] = True
    return taken, capped


def _cap(keep: int, seeds: int, spread: float) -> int:
    """Return how many images of one seed are taken at first."""
    return max(1, math.ceil(spread * keep / max(1, seeds)))


def _draw(names: np.ndarray, readable: pd.Series, count: int, seed: int, batch: int) -> np.ndarray:
    """Return a random choice of `count` readable images, whatever the order of the rows."""
    rows = np.flatnonzero(readable.to_numpy())
    rows = rows[np.argsort(names[rows])]
    drawn = np.zeros(len(names), bool)
    drawn[generator(seed, "select.random", batch).permutation(rows)[:count]] = True
    return drawn
