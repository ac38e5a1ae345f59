"""DeLong's covariance beside its definition, summed pair by pair."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from facetds.aus import AU_NAMES
from facetds.fer.delong import list_frame_level, measure_covariance
from facetds.fer.evaluation import SCORE_NAMES, adjust_holm, measure_auc


def sum_pairs(labels, scores):
    """Return areas and covariance by the definition: the kernel of every pair of frames."""
    high, low = scores[:, labels == 1], scores[:, labels == 0]
    kernel = (high[:, :, None] > low[:, None]) + 0.5 * (high[:, :, None] == low[:, None])
    areas = kernel.mean(axis=(1, 2))
    rows, columns = (kernel.mean(axis=a) - areas[:, None] for a in (2, 1))
    m, n = high.shape[1], low.shape[1]
    covariance = rows @ rows.T / (m - 1) / m + columns @ columns.T / (n - 1) / n
    return areas, covariance


@pytest.mark.parametrize("tied", [False, True])
def test_areas_and_covariance_are_those_of_the_definition(tied):
    random = np.random.default_rng(2)
    labels = (random.random(80) < 0.3).astype(int)
    scores = labels + random.normal(size=80) + random.normal(size=(3, 80))
    if tied:
        scores = scores.round()
    areas, covariance = measure_covariance(labels, scores)
    expected, spread = sum_pairs(labels, scores)
    assert areas == pytest.approx(expected)
    assert covariance == pytest.approx(spread)
    assert areas[0] == pytest.approx(measure_auc(labels, scores[0]))


def test_standard_error_by_hand():
    # Positives 1 and 3, negatives 0 and 2: 3 of 4 pairs are won. Shares won by the positives: 1/2
    # and 1, of the negatives: 1 and 1/2, so both variances are 1/8 and each is divided by 2.
    areas, covariance = measure_covariance([1, 1, 0, 0], np.array([[1.0, 3.0, 0.0, 2.0]]))
    assert areas[0] == 0.75
    assert covariance[0, 0] == pytest.approx(1 / 8)


def test_undefined_without_two_classes_or_with_a_single_frame():
    scores = np.random.default_rng(0).random((2, 5))
    areas, covariance = measure_covariance(np.zeros(5), scores)
    assert np.isnan(areas).all()
    assert np.isnan(covariance).all()
    areas, covariance = measure_covariance([1, 0, 0, 0, 0], scores)
    assert np.isfinite(areas).all()
    assert np.isnan(covariance).all()


def make_arm(seed, signal):
    random = np.random.default_rng(seed)
    labels = np.random.default_rng(0).integers(0, 2, (200, 6))
    table = pd.DataFrame({"subject": np.repeat(["a", "b"], 100), "frame": np.tile(range(100), 2)})
    table[list(AU_NAMES)] = labels
    table[list(SCORE_NAMES)] = signal * labels + random.normal(size=labels.shape)
    return table


def test_table_joins_the_arms_by_frame_and_tests_their_difference():
    first, second = make_arm(1, 0.5), make_arm(2, 1.5)
    shuffled = second.sample(frac=1, random_state=3)
    table = list_frame_level({"a": first, "b": shuffled}, ("b", "a")).set_index(["of", "au"])
    row = table.loc[("b - a", "AU12")]
    scores = np.stack([first["P_AU12"], second["P_AU12"]])
    areas, covariance = sum_pairs(first["AU12"].to_numpy(), scores)
    error = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    assert row["value"] == pytest.approx(areas[1] - areas[0])
    assert row["se"] == pytest.approx(error)
    assert row["p"] == pytest.approx(2 * norm.sf(abs(areas[1] - areas[0]) / error))
    assert row["ci_high"] - row["value"] == pytest.approx(1.959964 * error, rel=1e-6)
    assert table.loc["a", "p"].isna().all()
    same = list_frame_level({"a": first, "b": first}, ("b", "a")).set_index(["of", "au"])
    assert (same.loc["b - a", "p"] == 1).all()
    with pytest.raises(ValueError, match="same frames"):
        list_frame_level({"a": first, "b": second.iloc[1:]}, ("b", "a"))


def test_p_values_of_no_difference_are_even():
    # The law of the test: of p-values under the null, as many fall into each part.
    p = []
    for seed in range(150):
        table = list_frame_level(
            {"a": make_arm(2 * seed + 10, 1.0), "b": make_arm(2 * seed + 11, 1.0)}, ("b", "a")
        )
        p.extend(table.loc[table["of"] == "b - a", "p"])
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.025)
    assert np.mean(p) == pytest.approx(0.5, abs=0.05)


def test_holm_is_the_step_down_rule():
    p = np.random.default_rng(4).random(6) / 4
    order = np.argsort(p)
    stepped = np.maximum.accumulate(np.minimum(1, p[order] * (6 - np.arange(6))))
    assert adjust_holm(p)[order] == pytest.approx(stepped)
