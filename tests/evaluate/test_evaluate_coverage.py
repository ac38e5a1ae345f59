"""The intervals over subjects hold the truth as often as they say, in studies like DISFA's."""

import numpy as np
import pytest
from scipy.stats import norm

from facetds.fer.evaluation import bootstrap_p, count_pairs, draw_counts, interval, resample_auc

SUBJECTS, FRAMES, STUDIES = 26, 30, 1000
SHIFTS = (1.5, 1.3)
"""How far the scores of positives lie above those of negatives, in two arms."""


def draw_scores(random, labels, owner, spread):
    """Return the scores of both arms, alike in half of their noise: N(0, 1) over frames, and
    N(0, spread^2) over subjects."""
    common = random.normal(size=len(owner)), random.normal(size=SUBJECTS)
    for shift in SHIFTS:
        own = random.normal(size=len(owner)), random.normal(size=SUBJECTS)
        frame, person = ((a + b) / np.sqrt(2) for a, b in zip(common, own, strict=True))
        yield shift * labels + spread * person[owner] + frame


@pytest.mark.parametrize("spread", [0.3, 0.6])
def test_intervals_hold_the_truth_95_times_in_100(spread):
    random = np.random.default_rng(11)
    areas = [norm.cdf(shift / np.sqrt(2 + 2 * spread**2)) for shift in SHIFTS]
    truth = areas[0] - areas[1]
    owner = np.repeat(np.arange(SUBJECTS), FRAMES)
    held = {"area": 0, "difference": 0, "percentile": 0}
    for _ in range(STUDIES):
        labels = (random.random(len(owner)) < 0.3).astype(int)
        counts = draw_counts(SUBJECTS, 400, random)
        first, second = (
            resample_auc(count_pairs(labels, scores, owner), counts)
            for scores in draw_scores(random, labels, owner, spread)
        )
        gap = first - second
        for name, values, value, subjects in (
            ("area", first, areas[0], SUBJECTS),
            ("difference", gap, truth, SUBJECTS),
            ("percentile", gap, truth, None),
        ):
            low, high = interval(values, subjects=subjects)
            held[name] += low <= value <= high
    print(f"spread {spread}:", held)
    assert 0.93 <= held["area"] / STUDIES <= 0.97
    assert 0.93 <= held["difference"] / STUDIES <= 0.97
    assert held["percentile"] < held["difference"]


@pytest.mark.parametrize("subjects", [8, 26, 200])
def test_p_is_below_a_level_where_the_interval_leaves_out_zero(subjects):
    random = np.random.default_rng(3)
    seen = set()
    for shift in np.linspace(-3.5, 3.5, 60):
        replicates = random.normal(shift, 1, 4000)
        low, high = interval(replicates, subjects=subjects)
        outside = bool(low > 0 or high < 0)
        p = bootstrap_p(replicates, subjects)
        assert abs(p - 0.05) < 0.01 or outside == (p < 0.05)
        seen.add(outside)
    assert seen == {True, False}


def test_many_subjects_need_no_wider_interval():
    replicates = np.random.default_rng(4).normal(size=2000)
    low, high = interval(replicates)
    wide = interval(replicates, subjects=26)
    assert wide[0] < low < high < wide[1]
    assert interval(replicates, subjects=100_000) == pytest.approx((low, high), abs=1e-3)
    assert 1.03 < (wide[1] - wide[0]) / (high - low) < 1.11
