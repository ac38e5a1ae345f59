"""Ranking, gates and the choice: reference values and laws."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facetds.errors import FacetdsError
from facetds.select.choice import THESIS_VOTES, choose
from facetds.select.gates import face_limits, gate
from facetds.select.ranking import orient, rank, robust_z, vote

FIXTURES = Path(__file__).parent.parent / "iqa" / "fixtures"
EXPECTED = json.loads((FIXTURES / "values.json").read_text())["rank"]
SOUND_VOTES = ["brisque_svr", "score", "ssim+uiq", "issm"]
LIMITS = {"score": 0.0, "eye_contrast": 10.0, "asymmetry": 0.5}


def make_batch(count, seed=0, seeds=8, ties=False):
    """Return a batch whose images are all usable, with random scores."""
    random = np.random.default_rng(seed)
    table = pd.DataFrame({"image": [f"{n % seeds}_{n:06d}.jpg" for n in range(count)]})
    table["seed"] = np.arange(count) % seeds
    table["problem"] = np.nan
    for name in (*THESIS_VOTES, "brisque_svr", "score", "eye_contrast", "asymmetry"):
        values = random.uniform(0.05, 0.45, count)
        table[name] = np.round(values, 1) if ties else values
    table["score"] += 1
    table["eye_contrast"] += 50
    table["n_faces"] = 1
    return table


def choose_from(table, mode="sound", keep=20, spread=2.0, **options):
    settings = {"votes": SOUND_VOTES, "seed": 1, "batch": 0, **options}
    return choose(table, LIMITS, keep=keep, mode=mode, seed_spread=spread, **settings)


@pytest.fixture(scope="module")
def ranked():
    with np.load(FIXTURES / "features.npz", allow_pickle=False) as archive:
        return archive["rank_table"], archive["rank_higher_better"].astype(bool)


def test_ranks_match_reference(ranked):
    values, higher = ranked
    got = np.array([rank(orient(v, h)) for v, h in zip(values.T, higher, strict=True)]).T
    assert np.array_equal(got, EXPECTED["ranks_average"])
    assert np.array_equal(got.sum(axis=1), EXPECTED["rank_sum"])


def test_robust_z_matches_reference(ranked):
    values, higher = ranked
    expected = np.array(EXPECTED["robust_z"], float)
    for column, (v, h) in enumerate(zip(values.T, higher, strict=True)):
        got = robust_z(orient(v, h), clip=np.inf)
        known = np.isfinite(expected[:, column]) & np.isfinite(v)
        assert np.allclose(got[known], expected[known, column], atol=1e-12)


def test_robust_z_without_spread():
    assert np.array_equal(robust_z(np.array([2.0, 2.0, 2.0])), [0, 0, 0])
    assert np.array_equal(robust_z(np.array([2.0, -np.inf, 2.0]))[[0, 2]], [0, 0])
    assert robust_z(np.array([2.0, -np.inf, 2.0]))[1] == -3
    assert np.isfinite(robust_z(np.array([-np.inf, -np.inf]))).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 60), st.integers(1, 80), st.sampled_from(["thesis", "sound"]), st.booleans())
def test_exactly_the_asked_number_is_kept_and_drawn(count, keep, mode, ties):
    chosen = choose_from(make_batch(count, ties=ties), mode, keep)
    assert chosen["kept"].sum() == min(keep, count)
    assert chosen["random"].sum() == min(keep, count)


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(40)), st.sampled_from(["thesis", "sound"]), st.booleans())
def test_order_of_rows_does_not_matter(order, mode, ties):
    table = make_batch(40, ties=ties)
    there = choose_from(table, mode).set_index("image")
    back = choose_from(table.iloc[order].reset_index(drop=True), mode).set_index("image")
    pd.testing.assert_frame_equal(there.sort_index(), back.sort_index())


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 39),
    st.sampled_from(["brisque_svr", "score", "ssim", "uiq", "issm"]),
    st.sampled_from(["thesis", "sound"]),
)
def test_undefined_score_never_wins(row, metric, mode):
    if mode == "thesis" and metric not in THESIS_VOTES:
        metric = "sam"
    table = make_batch(40)
    for name in (*THESIS_VOTES, "brisque_svr", "score"):
        table.loc[row, name] = 100.0 if name in ("psnr", "ssim", "uiq", "issm", "score") else -100
    assert choose_from(table, mode).loc[row, "place"] == 1
    table.loc[row, metric] = np.nan
    chosen = choose_from(table, mode, keep=39)
    assert chosen.loc[row, "kept"] == 0
    assert chosen.loc[row, "place"] == 40


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(THESIS_VOTES), st.sampled_from([np.exp, np.cbrt, lambda v: 7 * v - 3]))
def test_monotone_change_of_a_metric_leaves_the_rank_sum_choice(metric, change):
    table = make_batch(50)
    changed = table.assign(**{metric: change(table[metric])})
    assert choose_from(table, "thesis").equals(choose_from(changed, "thesis"))


def test_thesis_keeps_the_lowest_rank_sums():
    table = make_batch(30)
    signs = {"rmse": 1, "sam": 1}
    ranks = sum((signs.get(name, -1) * table[name]).rank() for name in THESIS_VOTES)
    kept = choose_from(table, "thesis", keep=10)["kept"] == 1
    assert set(ranks[kept].index) == set(ranks.sort_values(kind="stable").index[:10])


def test_cap_spreads_the_places_over_seeds():
    table = make_batch(64, seeds=4)
    table.loc[table["seed"] == 0, ["score", "ssim", "uiq", "issm"]] += 100
    counts = choose_from(table, keep=16, spread=1.5)
    assert counts[counts["kept"] == 1]["seed"].value_counts().max() == 6
    assert set(counts.loc[(counts["seed"] == 0) & (counts["kept"] == 0), "reason"]) == {"seed_cap"}
    free = choose_from(table, keep=16, spread=None)
    assert (free[free["kept"] == 1]["seed"] == 0).all()


def test_few_seeds_still_fill_the_batch():
    chosen = choose_from(make_batch(30, seeds=1), keep=20, spread=0.5)
    assert chosen["kept"].sum() == 20
    assert (chosen.loc[chosen["kept"] == 1, "reason"] == "filled:seed_cap").sum() == 10


def test_gates_keep_out_or_wait():
    table = make_batch(12)
    table.loc[0, "n_faces"] = 0
    table.loc[1, "n_faces"] = 2
    table["problem"] = table["problem"].astype(object)
    table.loc[2, "problem"] = "cannot be decoded"
    table.loc[2, [*THESIS_VOTES, "n_faces"]] = np.nan
    table.loc[3, "eye_contrast"] = 1.0
    table.loc[4, "asymmetry"] = 2.0
    table.loc[5, "score"] = np.nan
    reasons = gate(table, LIMITS, "sound")
    assert list(reasons[:6]) == [
        "no_face",
        "several_faces",
        "unreadable",
        "unclear_eyes",
        "asymmetric",
        "weak_face",
    ]
    assert (reasons[6:] == "").all()
    chosen = choose_from(table, keep=8, spread=None)
    assert list(chosen["kept"][:3]) == [0, 0, 0]
    assert chosen["kept"][6:].all()
    assert chosen["kept"][3:6].sum() == 2
    assert chosen["random"].sum() == 8
    assert chosen.loc[2, "random"] == 0


def test_thesis_holds_back_only_the_unreadable():
    table = make_batch(10)
    table.loc[0, "n_faces"] = 0
    table["problem"] = table["problem"].astype(object)
    table.loc[1, "problem"] = "is empty"
    assert list(gate(table, LIMITS, "thesis")[:2]) == ["", "unreadable"]


def test_limits_come_from_the_originals():
    originals = pd.DataFrame(
        {"score": np.arange(101.0), "eye_contrast": np.arange(101.0), "asymmetry": np.arange(101.0)}
    )
    assert face_limits(originals, 5) == {"score": 5, "eye_contrast": 5, "asymmetry": 95}
    assert face_limits(originals * np.nan, 5) == {}


def test_unknown_vote_is_refused():
    with pytest.raises(FacetdsError, match="beauty"):
        vote(make_batch(3), ["beauty"], "sound")


def test_random_control_depends_on_batch_and_seed():
    table = make_batch(60)
    draws = [
        tuple(choose_from(table, seed=s, batch=b)["random"]) for s, b in [(1, 0), (1, 1), (2, 0)]
    ]
    assert len(set(draws)) == 3
    assert tuple(choose_from(table)["random"]) == draws[0]
