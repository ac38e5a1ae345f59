"""What the AUC does not tell: decisions at a threshold, precision, calibration.

Every measure is computed for any resample of subjects from sums by subject, so that its value (each
subject once) and its bootstrap interval come from the same lines. `counts` (B x S) says how often
each of the S subjects, in sorted order, is drawn; a measure returns B values, NaN where undefined.
"""

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from facetds.aus import AU_NAMES
from facetds.fer.evaluation import (
    MEAN,
    SCORE_NAMES,
    count_pairs,
    interval,
    measure_auc,
    resample_auc,
)

BINS = 10
"""Of the reliability curve: equal parts of the probabilities from 0 to 1."""

CHUNK = 4_000_000
"""Weights (replicates x frames) that are in memory at a time."""


def choose_threshold(labels: np.ndarray, scores: np.ndarray) -> float:
    """Return the threshold with the largest F1 (positive: score >= threshold), NaN if no positive.

    It lies in the middle between the lowest score called positive and the next one below it; of
    equally good thresholds it is the highest.
    """
    positive = np.asarray(labels, bool)
    if not positive.any():
        return np.nan
    levels, place = np.unique(scores, return_inverse=True)
    called = np.bincount(place)[::-1].cumsum()
    hits = np.bincount(place, weights=positive)[::-1].cumsum()
    best = len(levels) - 1 - int(np.argmax(2 * hits / (called + positive.sum())))
    below = levels[best - 1] if best else 0.0
    return float((levels[best] + min(below, levels[best])) / 2)


def list_thresholds(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return fold, au, threshold, each chosen by F1 on the predictions for the other folds.

    The people of a fold have no part in its threshold, and the scores it is chosen on are of people
    that the model behind them had not seen; scores of training images would be too sure.
    predictions: fold, subject, AU1.., P_AU1...
    """
    rows = [
        (fold, au, choose_threshold(*(predictions.loc[others, [au, score]].to_numpy().T)))
        for fold in sorted(predictions["fold"].unique())
        for others in [predictions["fold"] != fold]
        for au, score in zip(AU_NAMES, SCORE_NAMES, strict=True)
    ]
    return pd.DataFrame(rows, columns=["fold", "au", "threshold"])


def rank_within(scores: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return the scores (N) as midranks within their group, from 0 to 1 (exclusive).

    It takes away that models of different folds score on different levels.
    """
    ranked = np.empty(len(scores))
    for group in np.unique(groups):
        rows = groups == group
        ranked[rows] = (rankdata(scores[rows]) - 0.5) / rows.sum()
    return ranked


def resample_within(
    labels: np.ndarray, scores: np.ndarray, subjects: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    """Return the mean of the subjects' own AUC, over those that have both classes."""
    areas = [measure_auc(labels[subjects == s], scores[subjects == s]) for s in np.unique(subjects)]
    defined = ~np.isnan(areas)
    return _divide(counts @ np.where(defined, areas, 0.0), counts @ defined)


def resample_precision(
    labels: np.ndarray, scores: np.ndarray, subjects: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    """Return the average precision: the sum over thresholds of precision x rise of recall."""
    place = np.unique(subjects, return_inverse=True)[1]
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    positive, owners = np.asarray(labels, float)[order], place[order]
    values = []
    for part in np.array_split(counts, max(1, -(-counts.shape[0] * len(scores) // CHUNK))):
        weights = part[:, owners].astype(np.float64)
        called = weights.cumsum(axis=1)[:, ends]
        hits = (weights * positive).cumsum(axis=1)[:, ends]
        rise = np.diff(hits, axis=1, prepend=0)
        precision = np.divide(hits, called, out=np.zeros_like(hits), where=called > 0)
        values.append(_divide((rise * precision).sum(axis=1), hits[:, -1]))
    return np.concatenate(values)


def resample_decisions(
    labels: np.ndarray, called: np.ndarray, subjects: np.ndarray, counts: np.ndarray
) -> dict[str, np.ndarray]:
    """Return F1 and balanced accuracy of yes/no decisions `called`; NaN without a positive.

    Balanced accuracy, the mean of sensitivity and specificity, needs a negative too.
    """
    positive = np.asarray(labels, bool)
    cells = (positive & called, positive & ~called, ~positive & called, ~positive & ~called)
    hits, misses, false, right = (counts @ _by_subject(cell, subjects) for cell in cells)
    f1 = _divide(2 * hits, 2 * hits + misses + false)
    accuracy = (_divide(hits, hits + misses) + _divide(right, right + false)) / 2
    return {"f1": np.where(hits + misses > 0, f1, np.nan), "balanced_accuracy": accuracy}


def resample_calibration(
    labels: np.ndarray, scores: np.ndarray, subjects: np.ndarray, counts: np.ndarray
) -> dict[str, np.ndarray]:
    """Return base rate, Brier score, and expected calibration error over `BINS` equal bins."""
    frames = counts @ _by_subject(np.ones(len(labels)), subjects)
    bins = bin_scores(scores)
    gaps = [counts @ _by_subject((labels - scores) * (bins == k), subjects) for k in range(BINS)]
    return {
        "base_rate": _divide(counts @ _by_subject(labels, subjects), frames),
        "brier": _divide(counts @ _by_subject((scores - labels) ** 2, subjects), frames),
        "ece": _divide(np.abs(gaps).sum(axis=0), frames),
    }


def bin_scores(scores: np.ndarray) -> np.ndarray:
    """Return the number of the reliability curve's bin (from 0) of every probability."""
    return np.minimum((np.asarray(scores) * BINS).astype(int), BINS - 1)


def list_measures(
    predictions: pd.DataFrame, thresholds: pd.DataFrame, counts: np.ndarray
) -> pd.DataFrame:
    """Return au, measure, value, ci_low, ci_high (95 %, subjects resampled) of one arm.

    predictions: fold, subject, AU1.., P_AU1..; thresholds: of `list_thresholds`; counts: B x S.
    Measures: auc_pooled, auc_ranked (pooled after ranking within folds), auc_within (mean within
    subjects), average_precision, base_rate, f1 and balanced_accuracy at the thresholds, brier, ece.
    The rows of "mean" average the AUs where a measure is defined; auc_au_sd and auc_au_range, how
    much auc_pooled differs between them, have no other rows.
    """
    counts = np.vstack([np.ones((1, counts.shape[1]), counts.dtype), counts])
    columns = {}
    for au, score in zip(AU_NAMES, SCORE_NAMES, strict=True):
        limit = thresholds[thresholds["au"] == au].set_index("fold")["threshold"]
        for name, values in _resample_all(predictions, au, score, limit, counts).items():
            columns[name, au] = values
    table = pd.DataFrame(columns)
    found: dict[tuple[str, str], pd.Series] = {}
    for name in dict.fromkeys(table.columns.get_level_values(0)):
        defined = table[name].loc[:, table[name].iloc[0].notna()]
        found |= {(au, name): values for au, values in table[name].items()}
        found[MEAN, name] = defined.mean(axis=1, skipna=False)
        if name == "auc_pooled":
            found[MEAN, "auc_au_sd"] = defined.std(axis=1, skipna=False)
            found[MEAN, "auc_au_range"] = defined.max(axis=1) - defined.min(axis=1)
    rows = [
        (*key, values[0], *interval(values.to_numpy()[1:], subjects=counts.shape[1]))
        for key, values in found.items()
    ]
    return pd.DataFrame(rows, columns=["au", "measure", "value", "ci_low", "ci_high"])


def _resample_all(
    predictions: pd.DataFrame, au: str, score: str, limit: pd.Series, counts: np.ndarray
) -> dict[str, np.ndarray]:
    labels, scores = predictions[au].to_numpy(), predictions[score].to_numpy()
    subjects, folds = predictions["subject"].to_numpy(), predictions["fold"].to_numpy()
    called = scores >= predictions["fold"].map(limit).to_numpy()
    ranked = rank_within(scores, folds)
    return {
        "auc_pooled": resample_auc(count_pairs(labels, scores, subjects), counts),
        "auc_ranked": resample_auc(count_pairs(labels, ranked, subjects), counts),
        "auc_within": resample_within(labels, scores, subjects, counts),
        "average_precision": resample_precision(labels, scores, subjects, counts),
        **resample_decisions(labels, called, subjects, counts),
        **resample_calibration(labels, scores, subjects, counts),
    }


def list_reliability(predictions: pd.DataFrame, counts: np.ndarray) -> pd.DataFrame:
    """Return au, bin, frames, predicted, observed, ci_low, ci_high of one arm's reliability curve.

    predicted: mean probability of the frames in a bin; observed: their share with the AU, with its
    95 % interval over subjects. Empty bins are left out.
    """
    subjects, rows = predictions["subject"].to_numpy(), []
    for au, score in zip(AU_NAMES, SCORE_NAMES, strict=True):
        labels, scores = predictions[au].to_numpy(), predictions[score].to_numpy()
        bins = bin_scores(scores)
        for number in np.unique(bins):
            here = bins == number
            positives, frames = (counts @ _by_subject(x, subjects) for x in (labels * here, here))
            limits = interval(_divide(positives, frames), subjects=counts.shape[1])
            rows.append((au, number, here.sum(), scores[here].mean(), labels[here].mean(), *limits))
    names = ["au", "bin", "frames", "predicted", "observed", "ci_low", "ci_high"]
    return pd.DataFrame(rows, columns=names)


def list_precision_recall(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return au, recall, precision at every distinct threshold; none for an AU without positives.

    The table begins at the highest threshold; it has no invented end at recall 0.
    """
    from sklearn.metrics import precision_recall_curve

    curves = [pd.DataFrame(columns=["au", "recall", "precision"])]
    for au, score in zip(AU_NAMES, SCORE_NAMES, strict=True):
        if predictions[au].any():
            precision, recall, _ = precision_recall_curve(predictions[au], predictions[score])
            corners = {"recall": recall[-2::-1], "precision": precision[-2::-1]}
            curves.append(pd.DataFrame({"au": au, **corners}))
    return pd.concat(curves[1:] or curves, ignore_index=True)


def _by_subject(values: np.ndarray, subjects: np.ndarray) -> np.ndarray:
    """Return the sums of values (N) of every subject, in sorted order (S)."""
    return np.bincount(np.unique(subjects, return_inverse=True)[1], weights=values)


def _divide(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    above = np.asarray(above, np.float64)
    return np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
