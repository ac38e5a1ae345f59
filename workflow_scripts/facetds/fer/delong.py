"""DeLong's variance of areas under the ROC curve, with the frame as the unit.

It takes frames for independent, which those of one person are not: its intervals are far too narrow
for a statement about people, and are given beside those over subjects only for comparison with
publications that use them.
"""

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata

from facetds.aus import AU_NAMES
from facetds.fer.evaluation import SCORE_NAMES

LEVEL = 0.95


def measure_covariance(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the AUC of K classifiers (K) and their covariance (K x K).

    labels: 0/1 N; scores: K x N, of the same frames. DeLong, DeLong and Clarke-Pearson (1988), by
    the midranks of Sun and Xu (2014, eq. 5-8). The areas are NaN without two classes, the
    covariance with fewer than two frames of either.
    """
    positive = np.asarray(labels, bool)
    m, n = int(positive.sum()), int((~positive).sum())
    if not m or not n:
        return np.full(len(scores), np.nan), np.full((len(scores),) * 2, np.nan)
    ranks = rankdata(scores, axis=1)
    above = (ranks[:, positive] - rankdata(scores[:, positive], axis=1)) / n
    below = 1 - (ranks[:, ~positive] - rankdata(scores[:, ~positive], axis=1)) / m
    if min(m, n) < 2:
        return above.mean(axis=1), np.full((len(scores),) * 2, np.nan)
    return above.mean(axis=1), np.atleast_2d(np.cov(above)) / m + np.atleast_2d(np.cov(below)) / n


def list_frame_level(predictions: dict[str, pd.DataFrame], main: tuple[str, str]) -> pd.DataFrame:
    """Return of, au, value, se, ci_low, ci_high, p: DeLong's figures of all arms, and of `main`.

    predictions: by arm, with subject, frame, AU1.., P_AU1..; the arms are joined by subject and
    frame. The rows of an arm give its pooled AUC; those of "first - second" the difference of the
    two arms of `main`, and the p-value of none (two-sided, not adjusted).
    """
    keys = ["subject", "frame"]
    sorted_ = {arm: table.sort_values(keys) for arm, table in predictions.items()}
    first = next(iter(sorted_.values()))
    for arm, table in sorted_.items():
        if not np.array_equal(table[keys], first[keys]):
            raise ValueError(f"{arm} was not tested on the same frames as the other arms")
    names, rows = list(sorted_), []
    contrast = np.array([(name == main[0]) - (name == main[1]) for name in names], float)
    weights = {**dict(zip(names, np.eye(len(names)), strict=True)), " - ".join(main): contrast}
    for au, score in zip(AU_NAMES, SCORE_NAMES, strict=True):
        scores = np.stack([table[score].to_numpy() for table in sorted_.values()])
        areas, covariance = measure_covariance(first[au].to_numpy(), scores)
        for of, weight in weights.items():
            value = weight @ areas
            # Rounding can make the variance of a difference of nearly equal scores negative.
            error = np.sqrt(np.clip(weight @ covariance @ weight, 0, None))
            p = _two_sided(value, error) if of not in names else np.nan
            rows.append((of, au, value, error, *(value + error * _bounds()), p))
    return pd.DataFrame(rows, columns=["of", "au", "value", "se", "ci_low", "ci_high", "p"])


def _bounds() -> np.ndarray:
    return norm.ppf([(1 - LEVEL) / 2, (1 + LEVEL) / 2])


def _two_sided(value: float, error: float) -> float:
    if error == 0:
        return 1.0 if value == 0 else 0.0
    return float(2 * norm.sf(abs(value) / error))
