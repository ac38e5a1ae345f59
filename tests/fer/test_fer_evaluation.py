"""Areas under the ROC curve, intervals over subjects, and corrections for several tests."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from facetds.aus import AU_NAMES
from facetds.fer import evaluation
from facetds.fer.evaluation import SCORE_NAMES


def make_predictions(subjects=6, frames=30, seed=0, signal=1.0):
    random = np.random.default_rng(seed)
    n = subjects * frames
    table = pd.DataFrame({"subject": np.repeat([f"SN{k:03d}" for k in range(subjects)], frames)})
    labels = random.integers(0, 2, (n, 6))
    offsets = np.repeat(random.normal(size=(subjects, 6)), frames, axis=0)
    table[list(AU_NAMES)] = labels
    scores = 1 / (1 + np.exp(-(signal * labels + offsets + random.normal(size=(n, 6)))))
    table[list(SCORE_NAMES)] = scores
    return table


pairs = st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40)


@given(pairs)
def test_auc_is_scikit_learns_and_undefined_without_both_classes(rows):
    labels, scores = np.array([a for a, _ in rows]), np.array([b for _, b in rows])
    area = evaluation.measure_auc(labels, scores)
    if labels.all() or not labels.any():
        assert np.isnan(area)
    else:
        assert area == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


def test_undefined_aus_stay_out_of_means_and_curves():
    table = make_predictions()
    table["AU5"] = 0
    areas = evaluation.list_areas(table).set_index("au")["auc"]
    assert np.isnan(areas["AU5"])
    mean = evaluation.mean_auc(
        table[list(AU_NAMES)].to_numpy(), table[list(SCORE_NAMES)].to_numpy()
    )
    assert mean == pytest.approx(areas.dropna().mean())
    assert set(evaluation.list_curves(table)["au"]) == set(AU_NAMES) - {"AU5"}
    table[list(AU_NAMES)] = 1
    assert list(evaluation.list_curves(table)) == ["au", "fpr", "tpr"]
    assert evaluation.list_curves(table).empty


def test_curves_enclose_the_exact_area():
    table = make_predictions()
    for au, curve in evaluation.list_curves(table).groupby("au"):
        expected = evaluation.measure_auc(table[au].to_numpy(), table[f"P_{au}"].to_numpy())
        assert np.trapezoid(curve["tpr"], curve["fpr"]) == pytest.approx(expected, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_resampled_auc_is_that_of_the_stacked_subjects(seed, tied):
    random = np.random.default_rng(seed)
    subjects = random.integers(0, 5, 60).astype(str)
    labels = random.random(60) < 0.4
    scores = random.integers(0, 4, 60) / 4 if tied else random.random(60)
    names = np.unique(subjects)
    counts = evaluation.draw_counts(len(names), 5, random)
    got = evaluation.resample_auc(evaluation.count_pairs(labels, scores, subjects), counts)
    for drawn, area in zip(counts, got, strict=True):
        rows = np.concatenate(
            [
                np.flatnonzero(subjects == n)
                for n, k in zip(names, drawn, strict=True)
                for _ in range(k)
            ]
        )
        expected = evaluation.measure_auc(labels[rows], scores[rows])
        assert area == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_interval_over_subjects_covers_the_truth_where_one_over_frames_does_not():
    random = np.random.default_rng(1)
    truth = evaluation.measure_auc(*_draw_study(random, 4000, 20)[:2])
    by_subject = by_frame = 0
    trials = 100
    for _ in range(trials):
        labels, scores, subjects = _draw_study(random, 26, 20)
        pairs = evaluation.count_pairs(labels, scores, subjects)
        counts = evaluation.draw_counts(26, 300, random)
        low, high = evaluation.interval(evaluation.resample_auc(pairs, counts))
        by_subject += low <= truth <= high
        rows = random.integers(0, len(labels), (40, len(labels)))
        frames = np.array([evaluation.measure_auc(labels[r], scores[r]) for r in rows])
        low, high = evaluation.interval(frames)
        by_frame += low <= truth <= high
    assert 0.86 <= by_subject / trials <= 0.99
    assert by_frame / trials < 0.8


def _draw_study(random, subjects, frames):
    # The rate of the AU and the level of the scores are the subject's own.
    rate, level = (np.repeat(random.normal(size=subjects), frames) for _ in range(2))
    labels = random.random(subjects * frames) < 1 / (1 + np.exp(-2 * rate))
    scores = 1.0 * labels + 2 * level + random.normal(size=subjects * frames)
    return labels, scores, np.repeat(np.arange(subjects), frames)


def test_holm_by_hand():
    adjusted = evaluation.adjust_holm([0.01, np.nan, 0.04, 0.03, 0.005])
    assert adjusted == pytest.approx([0.03, np.nan, 0.06, 0.06, 0.02], nan_ok=True)
    assert np.isnan(evaluation.adjust_holm([np.nan, np.nan])).all()


def test_bootstrap_p_counts_the_smaller_side():
    gaps = np.array([-1.0, *np.ones(98), np.nan])
    assert evaluation.bootstrap_p(gaps) == pytest.approx(2 * 2 / 100)
    assert evaluation.bootstrap_p(np.ones(99)) == pytest.approx(0.02)
    assert evaluation.bootstrap_p(np.zeros(99)) == 1
    assert np.isnan(evaluation.bootstrap_p(np.array([np.nan])))


def compare(first, second, counts, main=("b", "a")):
    tables = {"a": first, "b": second}
    replicates = {k: evaluation.resample_arm(t, counts) for k, t in tables.items()}
    summaries = {}
    for k, t in tables.items():
        folds = pd.concat(
            evaluation.list_areas(part).assign(fold=n)
            for n, (_, part) in enumerate(t.groupby("subject"))
        )
        seeds = folds.assign(training_seed=0)
        summaries[k] = evaluation.summarise_arm(t, folds, seeds, replicates[k])
    return summaries, evaluation.compare_arms(replicates, summaries, main, 0.01)


def test_summary_and_differences_of_two_arms():
    worse, better = make_predictions(signal=0.5), make_predictions(signal=3.0)
    worse["AU15"] = better["AU15"] = 0
    counts = evaluation.draw_counts(6, 400, np.random.default_rng(0))
    summaries, table = compare(worse, better, counts)
    rows = summaries["b"].set_index("au")
    assert list(rows.index) == [*AU_NAMES, "mean"]
    assert rows.loc["AU15", ["auc_pooled", "auc_mean", "ci_low", "average_precision"]].isna().all()
    assert rows.loc["AU15", "folds"] == 0
    assert rows.loc["AU1", "auc_within"] == pytest.approx(rows.loc["AU1", "auc_mean"])
    assert rows.loc["mean", "auc_pooled"] == pytest.approx(rows["auc_pooled"][:5].mean())
    assert (rows["ci_low"] < rows["auc_pooled"])[:5].all()
    assert (rows["ci_high"] > rows["auc_pooled"])[:5].all()
    assert set(table["contrast"]) == {"b - a"}
    table = table.set_index("au")
    assert (table.loc[list(AU_NAMES[:5]), "ci_low"] > 0).all()
    assert table.loc["AU1", "p_holm"] == pytest.approx(min(1, 5 * table.loc["AU1", "p"]))
    assert np.isnan(table.loc["AU15", "p"])
    assert np.isnan(table.loc["mean", "p_holm"])


def test_an_arm_does_not_differ_from_itself():
    table = make_predictions()
    counts = evaluation.draw_counts(6, 200, np.random.default_rng(0))
    _, differences = compare(table, table, counts)
    assert (differences[["difference", "ci_low", "ci_high"]] == 0).all(axis=None)
    assert (differences["p"] == 1).all()


def test_pairing_makes_the_difference_narrower_than_the_areas():
    first = make_predictions()
    second = first.copy()
    second[list(SCORE_NAMES)] += 0.02 * first[list(AU_NAMES)].to_numpy()
    counts = evaluation.draw_counts(6, 400, np.random.default_rng(0))
    summaries, differences = compare(first, second, counts)
    areas, gaps = summaries["a"].set_index("au"), differences.set_index("au")
    widths = (t["ci_high"] - t["ci_low"] for t in (areas, gaps))
    wide, narrow = widths
    assert (narrow < 0.5 * wide).all()
