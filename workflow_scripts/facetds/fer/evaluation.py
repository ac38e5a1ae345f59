"""How well scores separate frames with an AU from those without, with the subject as the unit.

Frames of one person are not independent, so all intervals and tests resample subjects.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata, t

from facetds.aus import AU_NAMES

SCORE_NAMES = tuple(f"P_{name}" for name in AU_NAMES)
MEAN = "mean"
"""What tables call the mean over the AUs."""


def measure_auc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Return the exact area under the ROC curve: P(positive above negative), ties count half.

    labels: 0/1 N; scores: N. NaN (undefined) without a positive or without a negative.
    """
    positive = np.asarray(labels, bool)
    n_positive, n_negative = positive.sum(), (~positive).sum()
    if not n_positive or not n_negative:
        return np.nan
    ranks = rankdata(scores)[positive].sum()
    return float((ranks - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def mean_auc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Return the mean AUC over the columns (N x AUs) in which it is defined; NaN if in none."""
    areas = [measure_auc(y, s) for y, s in zip(labels.T, scores.T, strict=True)]
    defined = [area for area in areas if not np.isnan(area)]
    return float(np.mean(defined)) if defined else np.nan


def list_areas(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return au, auc, frames, positives, undefined of predictions with columns AU1.. and P_AU1..

    Where a class is missing, auc is NaN and undefined says which; elsewhere undefined is empty.
    """
    return pd.DataFrame(
        {
            "au": au,
            "auc": measure_auc(predictions[au].to_numpy(), predictions[score].to_numpy()),
            "frames": len(predictions),
            "positives": int(predictions[au].sum()),
            "undefined": _name_missing_class(predictions[au]),
        }
        for au, score in zip(AU_NAMES, SCORE_NAMES, strict=True)
    )


def _name_missing_class(labels: pd.Series) -> str:
    if not labels.any():
        return "no positives"
    return "no negatives" if labels.all() else ""


def list_curves(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return au, fpr, tpr of every corner of the ROC curves; none for an undefined one."""
    from sklearn.metrics import roc_curve

    curves = [pd.DataFrame(columns=["au", "fpr", "tpr"])]
    for au, score in zip(AU_NAMES, SCORE_NAMES, strict=True):
        if predictions[au].nunique() == 2:
            fpr, tpr, _ = roc_curve(predictions[au], predictions[score])
            curves.append(pd.DataFrame({"au": au, "fpr": fpr, "tpr": tpr}))
    return pd.concat(curves[1:] or curves, ignore_index=True)


def within_subject_auc(labels: np.ndarray, scores: np.ndarray, subjects: np.ndarray) -> float:
    """Return the mean of the subjects' own AUC, over those with both classes; NaN if none."""
    areas = [measure_auc(labels[subjects == s], scores[subjects == s]) for s in np.unique(subjects)]
    defined = [area for area in areas if not np.isnan(area)]
    return float(np.mean(defined)) if defined else np.nan


@dataclass(frozen=True)
class Pairs:
    """What the pooled AUC of any resample of subjects follows from.

    wins: float64 S x S, how often positives of the row's subject score above negatives of the
    column's (ties half); positives, negatives: float64 S, frames of each.
    """

    wins: np.ndarray
    positives: np.ndarray
    negatives: np.ndarray


def count_pairs(labels: np.ndarray, scores: np.ndarray, subjects: np.ndarray) -> Pairs:
    """Return the wins between subjects, in sorted order, of labels and scores (both N)."""
    positive = np.asarray(labels, bool)
    groups = [subjects == name for name in np.unique(subjects)]
    above = [np.sort(scores[group & positive]) for group in groups]
    below = [np.sort(scores[group & ~positive]) for group in groups]
    wins = np.array(
        [
            [
                (np.searchsorted(low, high, "left") + np.searchsorted(low, high, "right")).sum() / 2
                for low in below
            ]
            for high in above
        ]
    )
    positives, negatives = (np.array([len(x) for x in part], float) for part in (above, below))
    return Pairs(wins, positives, negatives)


def draw_counts(subjects: int, replicates: int, random: np.random.Generator) -> np.ndarray:
    """Return how often each subject is drawn in each bootstrap replicate: int64 B x S."""
    return random.multinomial(subjects, np.full(subjects, 1 / subjects), size=replicates)


def resample_auc(pairs: Pairs, counts: np.ndarray) -> np.ndarray:
    """Return the exact pooled AUC of every replicate (B); NaN where a class was not drawn.

    A subject drawn twice counts as two, so the AUC is a ratio of quadratic forms in the counts.
    """
    counts = counts.astype(np.float64)
    wins = np.einsum("bi,ij,bj->b", counts, pairs.wins, counts)
    total = (counts @ pairs.positives) * (counts @ pairs.negatives)
    return np.divide(wins, total, out=np.full(len(counts), np.nan), where=total > 0)


def interval(
    replicates: np.ndarray, level: float = 0.95, subjects: int | None = None
) -> tuple[float, float]:
    """Return the interval of the defined replicates; NaN if there are none.

    With the number of `subjects` that were resampled it is the expanded percentile interval
    (Hesterberg 2015, The American Statistician 69(4), 4.3): percentiles alone are as narrow as if
    the spread were known (z for Student's t) and divided by n, and cover too seldom if n is small.
    It reaches no farther than the replicates.
    """
    defined = replicates[~np.isnan(replicates)]
    if not len(defined):
        return np.nan, np.nan
    tail = (1 - level) / 2
    if subjects is not None:
        degrees, narrow = _sizes(subjects)
        tail = norm.cdf(t.ppf(tail, degrees) / narrow)
    low, high = np.quantile(defined, [tail, 1 - tail])
    return float(low), float(high)


def bootstrap_p(differences: np.ndarray, subjects: int | None = None) -> float:
    """Return the two-sided p-value of no difference, by inverting `interval`.

    Twice the smaller share of replicates on either side of zero, each with one added, so that it
    is never 0 (Davison and Hinkley 1997, 4.2), taken from z to Student's t where `subjects` says
    how many were resampled. NaN without replicates.
    """
    defined = differences[~np.isnan(differences)]
    if not len(defined):
        return np.nan
    tail = (1 + min((defined <= 0).sum(), (defined >= 0).sum())) / (len(defined) + 1)
    if subjects is not None and tail < 0.5:
        degrees, narrow = _sizes(subjects)
        tail = t.cdf(norm.ppf(tail) * narrow, degrees)
    return float(min(1.0, 2 * tail))


def _sizes(subjects: int) -> tuple[int, float]:
    """Return degrees of freedom, and by what a bootstrap of so many is too narrow."""
    degrees = max(1, subjects - 1)
    return degrees, float(np.sqrt(degrees / (degrees + 1)))


def judge_equivalence(differences: np.ndarray, margin: float, subjects: int | None = None) -> str:
    """Return whether two areas are the same but for `margin`: "yes", "no", or "undefined".

    yes: the 90 % `interval` of the replicates lies within -margin to margin, which is two one-sided
    tests at 5 % (Schuirmann 1987). no: not shown, which is not to say that they differ.
    """
    low, high = interval(differences, 0.9, subjects)
    if np.isnan(low):
        return "undefined"
    return "yes" if -margin < low and high < margin else "no"


def adjust_holm(p: Sequence[float]) -> np.ndarray:
    """Return p-values adjusted by Holm (1979); NaN stays NaN and is not counted as a test."""
    from statsmodels.stats.multitest import multipletests

    adjusted = np.array(p, np.float64)
    tested = ~np.isnan(adjusted)
    if tested.any():
        adjusted[tested] = multipletests(adjusted[tested], method="holm")[1]
    return adjusted


def resample_arm(predictions: pd.DataFrame, counts: np.ndarray) -> pd.DataFrame:
    """Return the replicates (B rows) of an arm's pooled AUC: a column per AU and their mean.

    The mean is over the AUs that have an AUC at all; a replicate that lost one of them has none.
    """
    subjects = predictions["subject"].to_numpy()
    columns = {
        au: resample_auc(
            count_pairs(predictions[au].to_numpy(), predictions[score].to_numpy(), subjects), counts
        )
        for au, score in zip(AU_NAMES, SCORE_NAMES, strict=True)
    }
    table = pd.DataFrame(columns)
    return table.assign(**{MEAN: table.dropna(axis=1, how="all").mean(axis=1, skipna=False)})


def summarise_arm(
    predictions: pd.DataFrame, folds: pd.DataFrame, seeds: pd.DataFrame, replicates: pd.DataFrame
) -> pd.DataFrame:
    """Return a row per AU, and their mean, of one arm's AUC.

    predictions: subject, AU1.., P_AU1.. of all folds; folds: fold, au, auc; seeds: training_seed,
    fold, au, auc; replicates: of `resample_arm`. Columns: au, auc_pooled (all frames), auc_mean,
    auc_sd (over the folds where it is defined), ci_low, ci_high (95 %, pooled, subjects resampled),
    folds (where defined), subjects, auc_within (mean within subjects), auc_seed_sd (of auc_mean,
    over training seeds), average_precision, base_rate, brier, positives.
    """
    from sklearn.metrics import average_precision_score

    rows = []
    for au, score in zip(AU_NAMES, SCORE_NAMES, strict=True):
        labels, scores = predictions[au].to_numpy(), predictions[score].to_numpy()
        defined = folds.loc[folds["au"] == au, "auc"].dropna()
        rows.append(
            {
                "au": au,
                "auc_pooled": measure_auc(labels, scores),
                "auc_mean": defined.mean(),
                "auc_sd": defined.std(),
                "folds": len(defined),
                "auc_within": within_subject_auc(labels, scores, predictions["subject"].to_numpy()),
                "auc_seed_sd": seeds[seeds["au"] == au]
                .groupby("training_seed")["auc"]
                .mean()
                .std(),
                "average_precision": average_precision_score(labels, scores)
                if labels.any()
                else np.nan,
                "base_rate": labels.mean(),
                "brier": np.mean((scores - labels) ** 2),
                "positives": int(labels.sum()),
            }
        )
    table = pd.DataFrame(rows)
    averaged = ["auc_pooled", "auc_within", "average_precision", "base_rate", "brier"]
    per_fold = folds.groupby("fold")["auc"].mean().dropna()
    per_seed = seeds.groupby(["training_seed", "au"])["auc"].mean().groupby("training_seed").mean()
    mean = {
        "au": MEAN,
        **table[averaged].mean(),
        "auc_mean": table["auc_mean"].mean(),
        "auc_sd": per_fold.std(),
        "folds": len(per_fold),
        "auc_seed_sd": per_seed.std(),
    }
    table = pd.concat([table, pd.DataFrame([mean])], ignore_index=True)
    subjects = predictions["subject"].nunique()
    limits = [interval(replicates[au].to_numpy(), subjects=subjects) for au in table["au"]]
    table = table.astype({"positives": "Int64"}).assign(subjects=subjects)
    table.insert(4, "ci_low", [low for low, _ in limits])
    table.insert(5, "ci_high", [high for _, high in limits])
    return table


def compare_arms(
    replicates: dict[str, pd.DataFrame],
    summaries: dict[str, pd.DataFrame],
    main: tuple[str, str],
    margin: float,
) -> pd.DataFrame:
    """Return contrast, au, difference, ci_low, ci_high, p, p_holm, equivalent of all pairs.

    The replicates of the arms are of the same draws of subjects, so the differences are paired.
    `main` (first minus second) is the contrast asked about: its p-values are adjusted over the
    AUs. The others are exploratory and have no p_holm. equivalent: see `judge_equivalence`.
    """
    names = list(replicates)
    contrasts = [(b, a) for i, a in enumerate(names) for b in names[i + 1 :]]
    contrasts = [main, *(c for c in contrasts if set(c) != set(main))]
    tables = []
    for first, second in contrasts:
        gap = replicates[first] - replicates[second]
        pooled = [summaries[arm].set_index("au")["auc_pooled"] for arm in (first, second)]
        subjects = int(summaries[first]["subjects"].max())
        limits = [interval(gap[au].to_numpy(), subjects=subjects) for au in gap]
        table = pd.DataFrame(
            {
                "contrast": f"{first} - {second}",
                "au": list(gap),
                "difference": (pooled[0] - pooled[1])[list(gap)].to_numpy(),
                "ci_low": [low for low, _ in limits],
                "ci_high": [high for _, high in limits],
                "p": [bootstrap_p(gap[au].to_numpy(), subjects) for au in gap],
                "p_holm": np.nan,
                "equivalent": [
                    judge_equivalence(gap[au].to_numpy(), margin, subjects) for au in gap
                ],
            }
        )
        if (first, second) == main:
            single = (table["au"] != MEAN).to_numpy()
            table.loc[single, "p_holm"] = adjust_holm(table.loc[single, "p"])
        tables.append(table)
    return pd.concat(tables, ignore_index=True)
