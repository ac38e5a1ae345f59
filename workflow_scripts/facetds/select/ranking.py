"""Bringing scores of different units and directions into one order.

Every function takes one value per image of a batch; NaN (undefined) is the worst value there is.
"""

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from facetds.errors import FacetdsError

HIGHER_IS_BETTER = {
    "rmse": False,
    "psnr": True,
    "ssim": True,
    "issm": True,
    "sam": False,
    "uiq": True,
    "brisque_svr": False,
    "thesis_brisque": False,
    "score": True,
    "haar_hits": True,
    "eye_contrast": True,
    "nose_contrast": True,
    "mouth_contrast": True,
    "asymmetry": False,
    "sharpness": True,
    "realism": True,
    "rarity": True,
}
"""The scores that may vote, and whether a large value is a good one."""

CLIP = 3.0


def orient(values: np.ndarray, higher_is_better: bool) -> np.ndarray:
    """Return values of which larger ones are better, NaN as -inf (float64)."""
    values = np.asarray(values, np.float64)
    return np.where(np.isnan(values), -np.inf, values if higher_is_better else -values)


def rank(values: np.ndarray) -> np.ndarray:
    """Return the ranks of oriented values: 1 for the best, equal values share their mean rank."""
    return rankdata(-np.asarray(values), method="average")


def robust_z(values: np.ndarray, clip: float = CLIP, level: float = np.inf) -> np.ndarray:
    """Return (v - median) / (1.4826 MAD) of oriented values, clipped to +-`clip`.

    Values above `level` count as `level`, but only after median and MAD are taken. Infinite values
    count as the finite extremes, which keeps median and MAD finite. Without spread (MAD 0) the
    standard deviation stands in; if that is 0 too, every finite value has z = 0. A value of -inf
    (undefined) has z = -`clip`.
    """
    values = np.asarray(values, np.float64)
    finite = values[np.isfinite(values)]
    if not len(finite):
        return np.where(values > 0, clip, -clip).astype(np.float64)
    bounded = np.clip(values, finite.min(), finite.max())
    median = np.median(bounded)
    spread = 1.4826 * np.median(np.abs(bounded - median)) or bounded.std()
    levelled = np.minimum(bounded, level)
    z = np.clip((levelled - median) / spread, -clip, clip) if spread else np.zeros(len(values))
    return np.where(np.isneginf(values), -clip, z)


def good_level(originals: np.ndarray, share: float) -> float:
    """Return the oriented value that `share` of the originals reach; infinity if none is finite.

    What is as good as most real photographs is good enough: a score beyond it (smoother, nearer to
    the average face) must not win places.
    """
    finite = originals[np.isfinite(originals)]
    return float(np.quantile(finite, 1 - share)) if len(finite) else np.inf


def vote_by_rank(table: pd.DataFrame, votes: list[str]) -> pd.DataFrame:
    """Return one column `vote_<name>` for each of `votes`: minus the rank, so larger is better."""
    check_names(votes, table)
    return pd.DataFrame(
        {
            f"vote_{name}": -rank(orient(table[name].to_numpy(float), HIGHER_IS_BETTER[name]))
            for name in votes
        },
        index=table.index,
    )


def vote_by_margin(
    table: pd.DataFrame, votes: list[str], originals: pd.DataFrame, share: float
) -> pd.DataFrame:
    """Return one column `vote_<name>` for each of `votes`: robust z, saturated, larger is better.

    `votes` names columns of `table`; correlated metrics, whose names are joined by +, share one
    vote, the mean of their own. `originals` has the same scores of the originals; what `share` of
    them reach is good enough (`good_level`).
    """
    check_names([member for name in votes for member in name.split("+")], table)
    columns = {}
    for name in votes:
        members = []
        for member in name.split("+"):
            higher = HIGHER_IS_BETTER[member]
            level = good_level(orient(originals[member].to_numpy(float), higher), share)
            values = orient(table[member].to_numpy(float), higher)
            members.append(robust_z(values, level=level))
        columns[f"vote_{name}"] = np.mean(members, axis=0)
    return pd.DataFrame(columns, index=table.index)


def check_names(names: list[str], table: pd.DataFrame) -> None:
    """Raise `FacetdsError` for a name that is no column of scores or has no known direction."""
    for name in names:
        if name not in HIGHER_IS_BETTER or name not in table:
            raise FacetdsError(
                f"select.votes names {name!r}; use some of "
                f"{', '.join(m for m in HIGHER_IS_BETTER if m in table)}."
            )


def undefined(table: pd.DataFrame, votes: list[str]) -> np.ndarray:
    """Return which images have an undefined score among those that vote."""
    members = [member for name in votes for member in name.split("+")]
    return table[members].isna().any(axis=1).to_numpy()
