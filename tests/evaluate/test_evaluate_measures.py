"""Decisions, precision and calibration beside scikit-learn's, for any resample of subjects."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from facetds.aus import AU_NAMES
from facetds.fer import measures
from facetds.fer.evaluation import SCORE_NAMES, draw_counts, judge_equivalence, list_areas


def draw_study(seed, subjects=6, frames=20, tied=False):
    random = np.random.default_rng(seed)
    n = subjects * frames
    labels = (random.random(n) < 0.35).astype(int)
    scores = random.integers(0, 5, n) / 4 if tied else random.random(n)
    return labels, scores, np.repeat([f"SN{k:03d}" for k in range(subjects)], frames), random


def stack(subjects, counts):
    names = np.unique(subjects)
    drawn = np.repeat(names, counts)
    return np.concatenate([np.flatnonzero(subjects == name) for name in drawn])


def make_predictions(seed=0, subjects=6, frames=40):
    random = np.random.default_rng(seed)
    n = subjects * frames
    labels = random.integers(0, 2, (n, 6))
    table = pd.DataFrame({"fold": np.repeat(np.arange(subjects) // 2 + 1, frames)})
    table["subject"] = np.repeat([f"SN{k:03d}" for k in range(subjects)], frames)
    table["frame"] = np.tile(np.arange(frames), subjects)
    table[list(AU_NAMES)] = labels
    table[list(SCORE_NAMES)] = 1 / (1 + np.exp(-(2 * labels - 1 + random.normal(size=(n, 6)))))
    return table


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_resampled_measures_are_scikit_learns_of_the_stacked_subjects(seed, tied):
    labels, scores, subjects, random = draw_study(seed, tied=tied)
    counts = draw_counts(6, 4, random)
    called = scores >= 0.5
    precision = measures.resample_precision(labels, scores, subjects, counts)
    decided = measures.resample_decisions(labels, called, subjects, counts)
    calibrated = measures.resample_calibration(labels, scores, subjects, counts)
    for b, drawn in enumerate(counts):
        rows = stack(subjects, drawn)
        y, s, c = labels[rows], scores[rows], called[rows]
        if not 0 < y.sum() < len(y):
            continue
        assert precision[b] == pytest.approx(metrics.average_precision_score(y, s))
        assert decided["f1"][b] == pytest.approx(metrics.f1_score(y, c))
        expected = metrics.balanced_accuracy_score(y, c)
        assert decided["balanced_accuracy"][b] == pytest.approx(expected)
        assert calibrated["brier"][b] == pytest.approx(metrics.brier_score_loss(y, s))
        assert calibrated["base_rate"][b] == pytest.approx(y.mean())


def test_average_precision_in_parts_is_that_of_the_whole(monkeypatch):
    labels, scores, subjects, random = draw_study(3)
    counts = draw_counts(6, 50, random)
    whole = measures.resample_precision(labels, scores, subjects, counts)
    monkeypatch.setattr(measures, "CHUNK", 7 * len(labels))
    parts = measures.resample_precision(labels, scores, subjects, counts)
    assert np.array_equal(whole, parts, equal_nan=True)


def test_calibration_error_by_hand():
    labels, scores = np.array([0, 1, 1, 1]), np.array([0.02, 0.08, 0.91, 1.0])
    once = np.ones((1, 2), int)
    got = measures.resample_calibration(labels, scores, np.array(["a", "a", "b", "b"]), once)
    assert got["ece"][0] == pytest.approx((abs(1 - 0.10) + abs(2 - 1.91)) / 4)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=1, max_size=25))
def test_no_threshold_has_a_better_f1(rows):
    labels, scores = np.array([a for a, _ in rows]), np.array([b for _, b in rows]) / 4
    limit = measures.choose_threshold(labels, scores)
    if not labels.any():
        assert np.isnan(limit)
        return
    got = metrics.f1_score(labels, scores >= limit)
    for other in np.append(scores, [-1, 2]):
        assert got >= metrics.f1_score(labels, scores >= other, zero_division=0) - 1e-12


def test_threshold_lies_between_the_classes():
    assert measures.choose_threshold([0, 0, 1, 1], np.array([0.1, 0.2, 0.6, 0.9])) == 0.4
    assert measures.choose_threshold([1, 1], np.array([0.5, 0.7])) == 0.25


def test_a_folds_own_labels_have_no_part_in_its_threshold():
    table = make_predictions()
    before = measures.list_thresholds(table).set_index(["fold", "au"])["threshold"]
    turned = table.copy()
    mine = turned["fold"] == 2
    turned.loc[mine, list(AU_NAMES)] = 1 - turned.loc[mine, list(AU_NAMES)]
    after = measures.list_thresholds(turned).set_index(["fold", "au"])["threshold"]
    assert before[2].equals(after[2])
    assert not before[1].equals(after[1])


def test_ranking_takes_away_what_folds_add():
    scores = draw_study(5, frames=50)[1]
    folds = np.repeat([1, 2, 3], 100)
    ranked = measures.rank_within(scores, folds)
    shifted = measures.rank_within(scores * 0.3 + folds, folds)
    assert np.array_equal(ranked, shifted)
    assert ranked[folds == 1].mean() == pytest.approx(0.5)
    assert ranked.min() > 0
    assert ranked.max() < 1


def test_measures_of_an_arm_and_what_is_undefined():
    table = make_predictions()
    table["AU5"] = 0
    limits = measures.list_thresholds(table)
    counts = draw_counts(6, 200, np.random.default_rng(0))
    got = measures.list_measures(table, limits, counts).set_index(["measure", "au"])
    for name in ("auc_pooled", "auc_ranked", "auc_within", "average_precision", "f1"):
        assert np.isnan(got.loc[(name, "AU5"), "value"]), name
        values = got.loc[name, "value"]
        assert values["mean"] == pytest.approx(values[list(AU_NAMES)].mean())
    assert got.loc[("base_rate", "AU5"), "value"] == 0
    limit = table["fold"].map(limits[limits["au"] == "AU1"].set_index("fold")["threshold"])
    assert got.loc[("f1", "AU1"), "value"] == pytest.approx(
        metrics.f1_score(table["AU1"], table["P_AU1"] >= limit)
    )
    defined = got["value"].notna()
    assert (got["ci_low"] <= got["value"])[defined].mean() > 0.9
    assert (got["ci_low"] <= got["ci_high"])[defined].all()
    areas = list_areas(table).set_index("au")["undefined"]
    assert areas["AU5"] == "no positives"
    assert areas["AU1"] == ""


def test_reliability_curve_is_scikit_learns():
    from sklearn.calibration import calibration_curve

    table = make_predictions()
    counts = draw_counts(6, 100, np.random.default_rng(0))
    curve = measures.list_reliability(table, counts)
    for au, part in curve.groupby("au"):
        observed, predicted = calibration_curve(table[au], table[f"P_{au}"], n_bins=measures.BINS)
        assert part["observed"].to_numpy() == pytest.approx(observed)
        assert part["predicted"].to_numpy() == pytest.approx(predicted)
        assert part["frames"].sum() == len(table)


def test_precision_recall_curve_holds_the_average_precision():
    table = make_predictions()
    table["AU5"] = 0
    curves = measures.list_precision_recall(table)
    assert set(curves["au"]) == set(AU_NAMES) - {"AU5"}
    for au, curve in curves.groupby("au"):
        rise = np.diff(curve["recall"], prepend=0)
        expected = metrics.average_precision_score(table[au], table[f"P_{au}"])
        assert (rise * curve["precision"]).sum() == pytest.approx(expected)


def test_equivalence_needs_the_whole_interval_within_the_margin():
    narrow, wide = np.linspace(-0.005, 0.005, 101), np.linspace(-0.05, 0.05, 101)
    assert judge_equivalence(narrow, 0.01) == "yes"
    assert judge_equivalence(wide, 0.01) == "no"
    assert judge_equivalence(wide, 0.046) == "yes"
    assert judge_equivalence(narrow + 0.007, 0.01) == "no"
    assert judge_equivalence(np.array([np.nan]), 0.01) == "undefined"
