"""Agreement of reviewers with known answers, and what is published of their journals."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.labels import read_labels
from facetds.review.agreement import compare_all, tabulate
from facetds.review.journal import ADJUDICATION, State
from facetds.review.orders import item_of_repeat
from facetds.review.publishing import merge_states, publish

NETWORK = "ab" * 32


def make_state(labels):
    return State(labels=dict(labels))


def random_labels(random, count, rate=0.3):
    marks = random.random((count, 6)) < rate
    return marks, {
        seed: " ".join(au for au, on in zip(AU_NAMES, row, strict=True) if on) or "neutral"
        for seed, row in enumerate(marks)
    }


def test_known_coefficients_of_two_reviewers():
    random = np.random.default_rng(3)
    a, labels_a = random_labels(random, 400)
    b, labels_b = random_labels(random, 400)
    flip = random.random((400, 1)) < 0.7
    b = np.where(flip, a, b)
    labels_b = {
        seed: " ".join(au for au, on in zip(AU_NAMES, row, strict=True) if on) or "neutral"
        for seed, row in enumerate(b)
    }
    # What only one has seen, or not decided, does not count.
    labels_a |= {900: "AU1", 901: "marked"}
    labels_b |= {901: "AU1", 902: "reject"}
    table = compare_all({"anna": make_state(labels_a), "ben": make_state(labels_b)}, 1)
    table = table[table["au"] != "usable"].set_index("au")
    for column, au in enumerate(AU_NAMES):
        x, y = a[:, column], b[:, column]
        row = table.loc[au]
        assert row["n"] == 400
        assert row["both"] == (x & y).sum()
        assert row["kappa"] == pytest.approx(cohen_kappa_score(x, y), abs=1e-9)
        share = (x.mean() + y.mean()) / 2
        chance = 2 * share * (1 - share)
        equal = (x == y).mean()
        assert row["agreement"] == pytest.approx(equal, abs=1e-9)
        assert row["ac1"] == pytest.approx((equal - chance) / (1 - chance), abs=1e-9)
        index = 2 * (x & y).sum() / (x.sum() + y.sum())
        assert row["facs_index"] == pytest.approx(index, abs=1e-9)
        assert row["kappa_low"] < row["kappa"] < row["kappa_high"]
        assert row["verdict"] == (
            "reliable" if index >= 0.8 else "fair" if index >= 0.7 else "not reliable"
        )


def test_usable_and_self_agreement_by_hidden_repeats():
    labels = {0: "AU1", 1: "reject", 2: "passed", 3: "neutral", 4: "AU1 unsure"}
    again = {0: "AU1", 1: "passed", 2: "AU1", 3: "neutral", 4: "AU1"}
    state = make_state(labels | {item_of_repeat(seed): label for seed, label in again.items()})
    table = compare_all({"anna": state}, 1)
    assert set(table["reviewers"]) == {"anna anna (repeat)"}
    usable = table[table["au"] == "usable"].iloc[0]
    # Seed 4 was unsure the first time; of the other four one was judged otherwise.
    assert (usable["n"], usable["both"], usable["agreement"]) == (4, 2, 0.75)
    assert set(table["verdict"]) == {"too few marks"}
    assert tabulate(state, "anna", repeats=True)["seed"].tolist() == [0, 1, 2, 3, 4]
    assert compare_all({"anna": make_state(labels)}, 1).empty


def merge(*states, final=None):
    named = dict(zip("abc", map(make_state, states), strict=False))
    if final:
        named[ADJUDICATION] = make_state(final)
    table, disputes = merge_states(named)
    return table.set_index("seed"), disputes["seed"].tolist()


def test_one_reviewer_decides_alone():
    labels = {1: "AU1 AU4", 2: "neutral", 3: "reject", 4: "passed", 5: "marked", 6: "AU5 unsure"}
    table, disputes = merge(labels | {-2: "AU15"})
    assert table.index.tolist() == [1, 2]
    assert table.loc[1, list(AU_NAMES)].tolist() == [1, 1, 0, 0, 0, 0]
    assert table["neutral"].tolist() == [0, 1]
    assert set(table["source"]) == {"review"}
    assert disputes == []


def test_majority_and_ties():
    a = {1: "AU1 AU4", 2: "AU1", 3: "reject", 4: "AU6", 5: "AU1", 6: "AU12"}
    b = {1: "AU1", 2: "AU4", 3: "reject", 4: "reject", 5: "AU1 unsure", 6: "AU12"}
    c = {1: "AU1 AU5", 4: "AU6 AU12", 6: "reject"}
    table, disputes = merge(a, b, c)
    assert table.index.tolist() == [1, 5, 6]
    assert table.loc[1, list(AU_NAMES)].tolist() == [1, 0, 0, 0, 0, 0]
    assert table["reviewers"].tolist() == [3, 1, 3]
    assert table["source"].tolist() == ["majority", "review", "majority"]
    # 2: one AU each; 4: two keep it, but differ on AU12.
    assert disputes == [2, 4]


def test_adjudication_ends_disputes():
    a, b = {1: "AU1", 2: "AU4", 3: "neutral"}, {1: "AU4", 2: "AU4", 3: "reject"}
    assert merge(a, b)[1] == [1, 3]
    table, disputes = merge(a, b, final={1: "AU1 AU4", 2: "reject", 3: "unsure"})
    assert table.index.tolist() == [1]
    assert table.loc[1, list(AU_NAMES)].tolist() == [1, 1, 0, 0, 0, 0]
    assert table.loc[1, "source"] == "adjudication"
    assert disputes == [3]


def test_what_is_published_is_what_the_workflow_reads(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    a = make_state({5: "AU12 AU6", 3: "neutral", 8: "AU1", 99: "AU1"})
    a.labels[5] = "AU6 AU12"
    b = make_state({8: "AU4", 3: "neutral"})
    states = {"anna": a, "ben": b}
    words = publish(states, tmp_path / "reviews", NETWORK, 0.7, set(range(10)), 1)
    assert "2 seeds" in words
    assert "1 disputed" in words
    assert "1 seeds without a preview" in words
    table = read_labels(tmp_path / "reviews/seed_labels.csv", NETWORK)
    assert table["seed"].tolist() == [3, 5]
    assert table["AU12"].tolist() == [0, 1]
    assert table["psi"].tolist() == [0.7, 0.7]
    with pytest.raises(FacetdsError, match="another network"):
        read_labels(tmp_path / "reviews/seed_labels.csv", "cd" * 32)
    disputed = pd.read_csv(tmp_path / "reviews/disputed.csv")
    assert disputed.to_dict("records") == [{"seed": 8, "anna": "AU1", "ben": "AU4"}]
    before = (tmp_path / "reviews/seed_labels.csv").read_bytes()
    publish(states, tmp_path / "reviews", NETWORK, 0.7, set(range(10)), 1)
    assert (tmp_path / "reviews/seed_labels.csv").read_bytes() == before


def test_publishing_refuses_nothing_kept_and_a_running_workflow(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    states = {"anna": make_state({1: "reject", 2: "marked"})}
    with pytest.raises(FacetdsError, match="No seed is kept yet"):
        publish(states, tmp_path, NETWORK, 0.7, {1, 2}, 1)
    (tmp_path / ".snakemake/locks").mkdir(parents=True)
    (tmp_path / ".snakemake/locks/0.input.lock").write_text("results/x\n")
    with pytest.raises(FacetdsError, match="workflow is running"):
        publish({"anna": make_state({1: "AU1"})}, tmp_path, NETWORK, 0.7, {1}, 1)
