"""Pointwise intervals of ROC curves from resampled subjects (people, not frames, are the units)."""

import numpy as np

GRID = np.linspace(0, 1, 101)
"""False positive rates at which curves are compared."""


def roc_curve(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return false and true positive rates of binary `labels` (N) at every distinct score (N).

    Both begin at 0 and end at 1; equal scores make one step. Empty if a class is missing.
    """
    return _weighted_roc(labels, scores, np.ones(len(labels)))


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
    curves = []
    for _ in range(replicates):
        drawn = np.bincount(random.integers(len(names), size=len(names)), minlength=len(names))
        fpr, tpr = _weighted_roc(labels, scores, drawn[owner])
        if len(fpr):
            curves.append(np.interp(GRID, fpr, tpr))
    if not curves:
        return np.full(len(GRID), np.nan), np.full(len(GRID), np.nan)
    tail = (1 - level) / 2
    low, high = np.quantile(curves, [tail, 1 - tail], axis=0)
    return low, high


def _weighted_roc(labels, scores, weights) -> tuple[np.ndarray, np.ndarray]:
    """Return the ROC curve of weighted rows, empty if a class has no weight."""
    order = np.argsort(-np.asarray(scores, np.float64), kind="stable")
    positive = np.asarray(labels)[order] == 1
    weights = np.asarray(weights, np.float64)[order]
    ends = np.append(np.flatnonzero(np.diff(np.asarray(scores)[order])), len(order) - 1)
    true = np.cumsum(weights * positive)[ends] if len(order) else np.zeros(1)
    false = np.cumsum(weights * ~positive)[ends] if len(order) else np.zeros(1)
    if not true[-1] or not false[-1]:
        return np.array([]), np.array([])
    return np.append(0, false / false[-1]), np.append(0, true / true[-1])
