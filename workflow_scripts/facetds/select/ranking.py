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
    "mouth_contrast": True,
    "asymmetry": False,
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


def robust_z(values: np.ndarray, clip: float = CLIP) -> np.ndarray:
    """Return (v - median) / (1.4826 MAD) of oriented values, clipped to +-`clip`.

    Infinite values count as the finite extremes, which keeps median and MAD finite. Without spread
    (MAD 0) the standard deviation stands in; if that is 0 too, every finite value has z = 0. A
    value of -inf (undefined) has z = -`clip`.
    """
    values = np.asarray(values, np.float64)
    finite = values[np.isfinite(values)]
    if not len(finite):
        return np.where(values > 0, clip, -clip).astype(np.float64)
    bounded = np.clip(values, finite.min(), finite.max())
    median = np.median(bounded)
    spread = 1.4826 * np.median(np.abs(bounded - median)) or bounded.std()
    z = np.clip((bounded - median) / spread, -clip, clip) if spread else np.zeros(len(values))
    return np.where(np.isneginf(values), -clip, z)


def vote(table: pd.DataFrame, votes: list[str], mode: str) -> pd.DataFrame:
    """Return one column `vote_<name>` for each of `votes`, larger is better.

    `votes` names columns of `table`; names joined by + share one vote, as the mean of their own.
    `mode` "thesis" votes by minus the rank, "sound" by robust z.

    Raises `FacetdsError` for a name that is no column or has no known direction.
    """
    rule = {"thesis": lambda values: -rank(values), "sound": robust_z}[mode]
    columns = {}
    for name in votes:
        members = name.split("+")
        for member in members:
            if member not in HIGHER_IS_BETTER or member not in table:
                raise FacetdsError(
                    f"select.votes names {member!r}; use some of "
                    f"{', '.join(m for m in HIGHER_IS_BETTER if m in table)}."
                )
        values = [rule(orient(table[m].to_numpy(float), HIGHER_IS_BETTER[m])) for m in members]
        columns[f"vote_{name}"] = np.mean(values, axis=0)
    return pd.DataFrame(columns, index=table.index)


def undefined(table: pd.DataFrame, votes: list[str]) -> np.ndarray:
    """Return which images have an undefined score among those that vote."""
    members = [member for name in votes for member in name.split("+")]
    return table[members].isna().any(axis=1).to_numpy()
