"""Sharing out places among groups of images, so that no group crowds out another."""

import numpy as np
import pandas as pd

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError


def combine_labels(seeds: np.ndarray, labels: pd.DataFrame) -> np.ndarray:
    """Return the AU combination of each image's seed, such as "AU1+AU4" or "neutral" (str).

    `labels` has seed and the AU columns. Raises `FacetdsError` for a seed without a label.
    """
    marks = labels.set_index("seed")[list(AU_NAMES)]
    unknown = ~np.isin(seeds, marks.index)
    if unknown.any():
        raise FacetdsError(
            f"The labels lack seed {seeds[unknown][0]} of the generated images; make "
            "results/generate again with this table of labels."
        )
    names = {
        seed: "+".join(np.array(AU_NAMES)[row == 1]) or "neutral"
        for seed, row in zip(marks.index, marks.to_numpy(), strict=True)
    }
    return np.array([names[seed] for seed in seeds], dtype=object)


def share_out(places: int, weights: np.ndarray, room: np.ndarray) -> np.ndarray:
    """Return how many places each group gets (int64), in proportion to `weights`.

    No group gets more than its `room`; what it cannot take goes to the others in the same
    proportion. Fractions go to the largest remainders, equal ones to the first group. The sum is
    min(`places`, sum of `room` of groups with weight).
    """
    weights = np.where(room > 0, np.asarray(weights, np.float64), 0)
    room = np.where(weights > 0, room, 0).astype(np.int64)
    places = min(int(places), int(room.sum()))
    shares = np.zeros(len(room))
    open_ = room > 0
    while open_.any():
        left = places - shares[~open_].sum()
        ideal = left * weights / weights[open_].sum()
        full = open_ & (ideal >= room)
        if not full.any():
            shares[open_] = ideal[open_]
            break
        shares[full] = room[full]
        open_ &= ~full
    whole = np.floor(shares + 1e-9).astype(np.int64)
    order = np.lexsort((np.arange(len(room)), -np.round(shares - whole, 9)))
    spare = order[(whole < room)[order]][: places - whole.sum()]
    whole[spare] += 1
    return whole


def seed_caps(quotas: np.ndarray, seeds: np.ndarray, spread: float | None) -> np.ndarray:
    """Return how many images of one seed each group may take: `spread` times its equal share.

    `quotas` are the groups' places, `seeds` the numbers of seeds among their usable images; at
    least 1; without limit where `spread` is None.
    """
    if spread is None:
        return np.full(len(quotas), np.iinfo(np.int64).max)
    share = np.ceil(spread * quotas / np.maximum(seeds, 1) - 1e-9)
    return np.maximum(share, 1).astype(np.int64)
