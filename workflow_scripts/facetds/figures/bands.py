"""Pointwise intervals of ROC curves from resampled subjects (people, not frames, are the units)."""

import numpy as np

GRID = np.linspace(0, 1, 101)
"""False positive rates at which curves are compared."""


def roc_band(
    labels: np.ndarray,
    scores: np.ndarray,
    subjects: np.ndarray,
    replicates: int,
    random: np.random.Generator,
    level: float = 0.95,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and upper true positive rate at each rate of `GRID` (float64 101 each).

    Subjects are drawn with replacement and carry all their frames (N labels, scores, subjects).
    Replicates in which a class is missing are left out; if all are, both bounds are NaN.
    """
    names, owner = np.unique(subjects, return_inverse=True)
    order = np.argsort(-scores, kind="stable")
    positive, owner = labels[order] == 1, owner[order]
    # Equal scores make one step: only the last of them is a corner of the curve.
    corners = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    curves = []
    for _ in range(replicates):
        drawn = np.bincount(random.integers(len(names), size=len(names)), minlength=len(names))
        true = np.append(0, np.cumsum(drawn[owner] * positive)[corners])
        false = np.append(0, np.cumsum(drawn[owner] * ~positive)[corners])
        if true[-1] and false[-1]:
            curves.append(np.interp(GRID, false / false[-1], true / true[-1]))
    if not curves:
        return np.full(len(GRID), np.nan), np.full(len(GRID), np.nan)
    tail = (1 - level) / 2
    low, high = np.quantile(curves, [tail, 1 - tail], axis=0)
    return low, high
