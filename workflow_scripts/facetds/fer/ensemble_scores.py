"""How well an ensemble finds AUs, and on whom that may be asked.

On the people of DISFA most members were trained, so their figure there says how well the ensemble
remembers, not how well it does on others.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from facetds.aus import AU_NAMES
from facetds.fer.decisions import MEAN, VOTES, decide
from facetds.fer.evaluation import (
    SCORE_NAMES,
    count_pairs,
    draw_counts,
    interval,
    resample_auc,
)
from facetds.fer.measures import resample_decisions

SEEN, CROSS_VALIDATED = "disfa_seen", "disfa_cross_validated"
"""Sets: DISFA, where most members saw everyone; DISFA, each subject by the one model that did not
see it."""

SINGLE = "single"
"""The rule of members that decide alone: the mean of their figures."""

COLUMNS = (
    *("set", "test", "rule", "au", "auc", "ci_low", "ci_high", "f1", "balanced_accuracy"),
    *("subjects", "images", "positives"),
)


def score_ensemble(
    name: str,
    labels: np.ndarray,
    subjects: np.ndarray,
    probabilities: np.ndarray,
    thresholds: np.ndarray,
    replicates: int,
    random: np.random.Generator,
) -> pd.DataFrame:
    """Return `COLUMNS` for the mean, the votes and single members on one set of images.

    labels: 0/1 N x 6; subjects: N; probabilities: N x M x 6; thresholds: M x 6. The 95 % intervals
    are of `replicates` resamples of the subjects; single members have none, as their mean is no
    classifier.
    """
    counts = draw_counts(len(set(subjects)), replicates, random)
    rows = []
    for rule in (MEAN, VOTES):
        made = decide(probabilities, thresholds, rule)
        scores = made.chances if rule == MEAN else made.votes
        rows += list(_score(rule, labels, subjects, scores, made.labels == 1, counts))
    members = [
        _score(SINGLE, labels, subjects, part, part >= limits, counts[:0])
        for part, limits in zip(np.moveaxis(probabilities, 1, 0), thresholds, strict=True)
    ]
    alone = pd.DataFrame(row for member in members for row in member)
    alone = alone.groupby(["rule", "au"], sort=False).mean().reset_index()
    table = pd.concat([pd.DataFrame(rows), alone], ignore_index=True)
    return _describe(table, name, labels, subjects)


def score_cross_validated(
    predictions: pd.DataFrame, limits: pd.DataFrame, replicates: int, random: np.random.Generator
) -> pd.DataFrame:
    """Return `COLUMNS` of the predictions of cross-validation: fold, subject, AU1.., P_AU1...

    limits: the thresholds, a row per fold (its index) and a column per AU.
    """
    labels = predictions[list(AU_NAMES)].to_numpy()
    scores = predictions[list(SCORE_NAMES)].to_numpy()
    subjects = predictions["subject"].to_numpy()
    called = scores >= limits.loc[predictions["fold"], list(AU_NAMES)].to_numpy()
    counts = draw_counts(len(set(subjects)), replicates, random)
    table = pd.DataFrame(_score(SINGLE, labels, subjects, scores, called, counts))
    return _describe(table, CROSS_VALIDATED, labels, subjects)


def _score(
    rule: str,
    labels: np.ndarray,
    subjects: np.ndarray,
    scores: np.ndarray,
    called: np.ndarray,
    counts: np.ndarray,
) -> Iterable[dict[str, object]]:
    """Yield the figures of every AU: scores and decisions `called` are N x 6."""
    once = np.ones((1, len(set(subjects))), np.int64)
    for k, au in enumerate(AU_NAMES):
        pairs = count_pairs(labels[:, k], scores[:, k], subjects)
        decisions = resample_decisions(labels[:, k], called[:, k], subjects, once)
        low, high = interval(resample_auc(pairs, counts), subjects=counts.shape[1])
        yield {
            "rule": rule,
            "au": au,
            "auc": resample_auc(pairs, once)[0],
            "ci_low": low,
            "ci_high": high,
            **{measure: values[0] for measure, values in decisions.items()},
        }


def _describe(
    table: pd.DataFrame, name: str, labels: np.ndarray, subjects: np.ndarray
) -> pd.DataFrame:
    """Return the table with what the set is, and whether it is a test."""
    positives = dict(zip(AU_NAMES, labels.sum(axis=0, dtype=int), strict=True))
    return table.assign(
        set=name,
        test="no" if name == SEEN else "yes",
        subjects=len(set(subjects)),
        images=len(labels),
        positives=table["au"].map(positives),
    )[list(COLUMNS)]
