"""What several classifiers say together: mean probability, votes, and the label."""

from dataclasses import dataclass

import numpy as np

VOTES, MEAN = "votes", "mean"
RULES = (VOTES, MEAN)
"""How the members decide: by majority (thesis 3.11.2), or by their mean probability."""

UNDECIDED = -1


@dataclass(frozen=True)
class Decisions:
    """Of N images: chances float64 N x 6 (mean probability), votes int64 N x 6, labels N x 6.

    A label is 1, 0, or `UNDECIDED` where there is no threshold to decide by.
    """

    chances: np.ndarray
    votes: np.ndarray
    labels: np.ndarray


def decide(probabilities: np.ndarray, thresholds: np.ndarray, rule: str) -> Decisions:
    """Return what the members (probabilities N x M x 6, thresholds M x 6) say together.

    A member votes for an AU if its probability reaches its threshold. By `VOTES` an AU is there if
    more than half of the members vote for it, by `MEAN` if the mean probability reaches the mean
    threshold. A member without a threshold (NaN) has no vote.
    """
    chances = probabilities.mean(axis=1, dtype=np.float64)
    votes = (probabilities >= thresholds).sum(axis=1)
    voters = (~np.isnan(thresholds)).sum(axis=0)
    present = 2 * votes > voters if rule == VOTES else chances >= mean_threshold(thresholds)
    return Decisions(chances, votes, np.where(voters > 0, present, UNDECIDED))


def mean_threshold(thresholds: np.ndarray) -> np.ndarray:
    """Return the mean of the members' thresholds (M x 6) for each AU; NaN where there is none."""
    known = ~np.isnan(thresholds)
    total, count = np.where(known, thresholds, 0).sum(axis=0), known.sum(axis=0)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
