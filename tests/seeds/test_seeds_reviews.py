"""The simulated reviewers: decisions, what is published, and agreement."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.labels import read_labels
from facetds.seeds.agreement import coefficients, measure_agreement
from facetds.seeds.publish_labels import publish_labels
from facetds.seeds.review_seeds import review_seeds
from facetds.seeds.reviews import REVIEWERS, match_rates, merge_reviews, review


def make_estimates(a, b=None, reasons=None):
    """Return estimates of N seeds from probabilities N x 6 of the two reviewers."""
    table = pd.DataFrame({"seed": range(len(a)), "reason": reasons or [""] * len(a)})
    for name, chances in zip(REVIEWERS, (a, a if b is None else b), strict=True):
        table[[f"{name}_{au}" for au in AU_NAMES]] = np.asarray(chances, float)
    return table


SURE = [
    [0.9, 0.1, 0.1, 0.1, 0.95, 0.0],
    [0.1] * 6,
    [0.9, 0.1, 0.5, 0.1, 0.1, 0.45],
    [np.nan] * 6,
]


def test_decisions():
    table = review(make_estimates(SURE, reasons=["", "", "", "no_face"]), "a", 0.5, 0.15)
    assert table["decision"].tolist() == ["keep", "neutral", "unsure", "reject"]
    assert table["reason"].tolist() == ["", "", "AU5 AU15", "no_face"]
    assert table.loc[0, list(AU_NAMES)].tolist() == [1, 0, 0, 0, 1, 0]
    assert table.loc[2, list(AU_NAMES)].tolist() == [1, 0, 1, 0, 0, 0]
    assert table.loc[3, list(AU_NAMES)].isna().all()
    assert set(table["reviewer"]) == {"simulated_a"}


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.01, 0.99))
def test_matched_rates_are_those_of_the_originals_and_keep_the_order_of_the_seeds(seed, rate):
    random = np.random.default_rng(seed)
    chances = random.beta(0.5, 0.5, (40, 6)).round(5)
    chances[0] = np.nan
    estimates = make_estimates(chances, 1 - chances, ["no_face", *[""] * 39])
    rates = {name: dict.fromkeys(AU_NAMES, rate) for name in REVIEWERS}
    matched = match_rates(estimates, rates)
    assert matched["seed"].tolist() == estimates["seed"].tolist()
    for column in (f"{name}_{au}" for name in REVIEWERS for au in AU_NAMES):
        assert np.isnan(matched[column][0])
        assert matched[column].mean() == pytest.approx(rate, abs=1e-6)
        order = np.argsort(estimates[column][1:].to_numpy(), kind="stable")
        assert (np.diff(matched[column][1:].to_numpy()[order]) >= 0).all()


def test_without_a_face_there_is_nothing_to_match():
    estimates = make_estimates(np.full((2, 6), np.nan), None, ["no_face", "odd_face"])
    pd.testing.assert_frame_equal(match_rates(estimates, {}), estimates)


def test_published_are_the_seeds_that_both_decided_alike():
    a = [[0.9, 0, 0, 0, 0, 0], [0] * 6, [0.9, 0, 0, 0, 0, 0], [0.5, 0, 0, 0, 0, 0], [0.9] * 6]
    b = [[0.8, 0, 0, 0, 0, 0], [0] * 6, [0, 0.9, 0, 0, 0, 0], [0.9, 0, 0, 0, 0, 0], [0.9] * 6]
    estimates = make_estimates(a, b, ["", "", "", "", "weak_face"])
    reviews = [review(estimates, name, 0.5, 0.1) for name in REVIEWERS]
    table = merge_reviews(reviews, "simulated", "ab", 0.7)
    assert table["seed"].tolist() == [0, 1]
    assert table["neutral"].tolist() == [0, 1]
    assert set(table["reviewers"]) == {2}


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 0.4), st.floats(0, 0.4))
def test_a_wider_doubt_publishes_a_part_of_the_same_labels(seed, narrow, wide):
    narrow, wide = sorted((narrow, wide))
    random = np.random.default_rng(seed)
    estimates = make_estimates(random.beta(0.3, 0.6, (60, 6)), random.beta(0.3, 0.6, (60, 6)))
    estimates.loc[0, [f"{n}_{au}" for n in REVIEWERS for au in AU_NAMES]] = 1.0
    few, many = (
        merge_reviews(
            [review(estimates, name, 0.5, doubt) for name in REVIEWERS], "simulated", "ab", 1.0
        ).set_index("seed")
        for doubt in (wide, narrow)
    )
    assert set(few.index) <= set(many.index)
    assert few.equals(many.loc[few.index])
    marked = few[list(AU_NAMES)].sum(axis=1) > 0
    assert (marked != (few["neutral"] == 1)).all()


def test_no_agreement_and_other_seeds_are_refused():
    reviews = [review(make_estimates([[0.5] * 6]), name, 0.5, 0.1) for name in REVIEWERS]
    with pytest.raises(FacetdsError, match=r"seeds\.unsure"):
        merge_reviews(reviews, "simulated", "ab", 1.0)
    with pytest.raises(FacetdsError, match="different seeds"):
        merge_reviews([reviews[0], reviews[1].assign(seed=7)], "simulated", "ab", 1.0)
    with pytest.raises(FacetdsError, match="different seeds"):
        measure_agreement(reviews[0], reviews[1].assign(seed=7), 1)


def test_coefficients_match_the_published_paradox():
    # The much cited example of the kappa paradox: 118 both, 5 and 2 one, 0 neither.
    # Gwet's AC1 stays near the agreement.
    found = coefficients([0, 2, 5, 118])
    assert found["agreement"] == pytest.approx(0.944)
    assert found["kappa"] == pytest.approx(-0.0234, abs=1e-4)
    assert found["ac1"] == pytest.approx(0.9408, abs=1e-4)
    assert found["facs_index"] == pytest.approx(2 * 118 / (123 + 120))
    nobody = coefficients([9, 0, 0, 0])
    assert nobody["agreement"] == nobody["ac1"] == 1
    assert np.isnan(nobody["kappa"])
    assert np.isnan(nobody["facs_index"])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=3, max_size=40))
def test_kappa_is_that_of_scikit_learn(pairs):
    marks = np.array(pairs, int)
    counts = np.bincount(2 * marks[:, 0] + marks[:, 1], minlength=4)
    kappa = coefficients(counts)["kappa"]
    if np.isfinite(kappa):
        assert kappa == pytest.approx(cohen_kappa_score(*marks.T), abs=1e-9)


def test_agreement_counts_unsure_marks_and_leaves_out_rejected():
    random = np.random.default_rng(3)
    truth = random.random((200, 6)) < 0.3
    chances = [np.clip(truth * 0.7 + random.normal(0.15, 0.2, truth.shape), 0, 1) for _ in "ab"]
    estimates = make_estimates(*chances, reasons=["no_face"] * 20 + [""] * 180)
    reviews = [review(estimates, name, 0.5, 0.1) for name in REVIEWERS]
    table = measure_agreement(*reviews, root_seed=1).set_index("au")
    assert (table["n"] == 180).all()
    assert (table["n_decided"] < 180).all()
    assert (table["kappa_low"] < table["kappa"]).all()
    assert (table["kappa"] < table["kappa_high"]).all()
    assert table.loc["AU4", "both"] == ((chances[0] >= 0.5) & (chances[1] >= 0.5))[20:, 1].sum()
    assert measure_agreement(*reviews, root_seed=1).equals(table.reset_index())


def test_from_estimates_to_labels(tmp_path):
    paths = []
    for shard in range(2):
        table = make_estimates(SURE, reasons=["", "", "", "no_face"])
        paths.append(tmp_path / f"estimates-{shard:03d}.csv")
        table.assign(seed=table["seed"] + 4 * shard).to_csv(paths[-1], index=False)
    seen = table[table["reason"] == ""]
    rates = {name: {au: seen[f"{name}_{au}"].mean() for au in AU_NAMES} for name in REVIEWERS}
    report = tmp_path / "reviewer.json"
    report.write_text(json.dumps({"rates": rates}))
    network = tmp_path / "network.pkl"
    network.write_bytes(b"weights")
    reviews = [tmp_path / "review_simulated_a.csv", tmp_path / "review_simulated_b.csv"]
    for number, order in enumerate((paths, paths[::-1])):
        agreement = tmp_path / "agreement.csv"
        review_seeds(order, report, *reviews, agreement, [0.45, 0.55], unsure=0.1, seed=1)
        publish_labels(reviews, network, tmp_path / f"{number}.csv", psi=0.7, drawn=True)
    assert (tmp_path / "0.csv").read_bytes() == (tmp_path / "1.csv").read_bytes()
    labels = read_labels(tmp_path / "0.csv")
    assert labels["seed"].tolist() == [0, 1, 4, 5]
    assert set(labels["source"]) == {"simulated"}
    assert set(labels["psi"]) == {0.7}


def test_simulated_reviewers_do_not_label_photographs(tmp_path):
    with pytest.raises(FacetdsError, match=r"data\.cfd.*seeds\.labels"):
        publish_labels([], tmp_path / "network.pkl", tmp_path / "labels.csv", psi=0.7, drawn=False)
    assert not (tmp_path / "labels.csv").exists()
