"""Ranking, gates, quotas, spread and the choice: reference values and laws."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facetds.aus import AU_NAMES
from facetds.completeness import FAULTS, SIDES, Gate
from facetds.errors import FacetdsError
from facetds.select import choice, gates, quotas, ranking, spread

FIXTURES = Path(__file__).parent.parent / "iqa" / "fixtures"
EXPECTED = json.loads((FIXTURES / "values.json").read_text())["rank"]
RULES = choice.Rules(
    keep=10, votes=["brisque_svr", "ssim+uiq"], thresholds=[], good_enough=0.95, gate_width=3.0,
    duplicate=0.3, seed_spread=2.0, candidates=1.5, balance=1.0,
)  # fmt: skip
WHOLE = Gate(tuple(SIDES), *np.repeat([[0.5], [2.0]], len(SIDES), axis=1), *np.zeros((3, 1)))
METRICS = (*choice.THESIS_VOTES, "brisque_svr")


def make_images(count, seed=0, seeds=8, batch_size=40, ties=False):
    """Return images that all pass the gates, with random scores and coordinates."""
    random = np.random.default_rng(seed)
    table = pd.DataFrame({"batch": np.arange(count) // batch_size})
    table["image"] = [f"{n % seeds}_{n:06d}.jpg" for n in range(count)]
    table["seed"] = np.arange(count) % seeds
    table["problem"] = pd.Series([None] * count, dtype=object)
    for name in METRICS:
        values = random.uniform(0.05, 0.95, count)
        table[name] = np.round(values, 1) if ties else values
    for name in (*FAULTS, *gates.GATES):
        table[name] = random.uniform(0.9, 1.1, count)
    table["n_faces"] = 1
    table["realism"], table["nearest_distance"] = 1.0, 5.0
    for name in ("e00", "e01", "e02"):
        table[name] = random.normal(0, 10, count)
    return table


def originals(count=60):
    table = make_images(count, seed=99)
    table["realism"] = np.linspace(0.5, 1.5, count)
    table["nearest_distance"] = 1.0
    return table


def combine(table):
    """Return the combinations of the seeds' labels: even seeds AU1, the others neutral."""
    return np.where(table["seed"] % 2 == 0, "AU1", "neutral").astype(object)


def choose(table, mode="sound", **changes):
    rules = RULES._replace(**changes)
    if mode == "thesis":
        return choice.choose_by_thesis(table, rules)
    return choice.choose_soundly(table, originals(), WHOLE, combine(table), rules)


@pytest.fixture(scope="module")
def ranked():
    with np.load(FIXTURES / "features.npz", allow_pickle=False) as archive:
        return archive["rank_table"], archive["rank_higher_better"].astype(bool)


def test_ranks_match_reference(ranked):
    values, higher = ranked
    got = np.array(
        [ranking.rank(ranking.orient(v, h)) for v, h in zip(values.T, higher, strict=True)]
    ).T
    assert np.array_equal(got, EXPECTED["ranks_average"])
    assert np.array_equal(got.sum(axis=1), EXPECTED["rank_sum"])


def test_robust_z_matches_reference(ranked):
    values, higher = ranked
    expected = np.array(EXPECTED["robust_z"], float)
    for column, (v, h) in enumerate(zip(values.T, higher, strict=True)):
        got = ranking.robust_z(ranking.orient(v, h), clip=np.inf)
        known = np.isfinite(expected[:, column]) & np.isfinite(v)
        assert np.allclose(got[known], expected[known, column], atol=1e-12)


def test_robust_z_without_spread():
    assert np.array_equal(ranking.robust_z(np.array([2.0, 2.0, 2.0])), [0, 0, 0])
    assert ranking.robust_z(np.array([2.0, -np.inf, 2.0])).tolist() == [0, -3, 0]
    assert np.isfinite(ranking.robust_z(np.array([-np.inf, -np.inf]))).all()


def test_a_score_beyond_the_originals_wins_nothing():
    table = make_images(100)
    real = originals().assign(brisque_svr=np.linspace(0.2, 0.4, 60))
    vote = ranking.vote_by_margin(table, ["brisque_svr"], real, 0.5)["vote_brisque_svr"]
    as_good = table["brisque_svr"] <= 0.3
    assert vote[as_good].nunique() == 1
    assert vote[as_good].min() > vote[~as_good].max()
    order = table["brisque_svr"][~as_good].sort_values().index
    assert (np.diff(vote[order]) <= 0).all()


def test_correlated_metrics_share_a_vote():
    table = make_images(50)
    both = ranking.vote_by_margin(table, ["ssim+uiq"], originals(), 0)
    single = ranking.vote_by_margin(table, ["ssim", "uiq"], originals(), 0)
    assert list(both) == ["vote_ssim+uiq"]
    assert np.allclose(both["vote_ssim+uiq"], single.mean(axis=1))
    with pytest.raises(FacetdsError, match="beauty"):
        ranking.vote_by_margin(table, ["beauty"], originals(), 0)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 90), st.integers(1, 50), st.booleans())
def test_thesis_keeps_the_asked_number_of_every_batch(count, keep, ties):
    table = make_images(count, ties=ties)
    chosen = choose(table, "thesis", keep=keep)
    sizes = table.groupby("batch").size()
    assert chosen.groupby("batch")["kept"].sum().to_dict() == sizes.clip(upper=keep).to_dict()


def test_thesis_counts_of_the_paper():
    count = 222 * 512 + 69
    chosen = choose(make_images(count, seeds=800, batch_size=512), "thesis", keep=180)
    assert count == 113_733
    assert chosen["kept"].sum() == 222 * 180 + 69 == 40_029


def test_thesis_keeps_the_lowest_rank_sums():
    table = make_images(30)
    signs = {"rmse": 1, "sam": 1}
    ranks = sum((signs.get(n, -1) * table[n]).rank() for n in choice.THESIS_VOTES)
    kept = choose(table, "thesis")["kept"] == 1
    assert set(ranks[kept].index) == set(ranks.sort_values(kind="stable").index[:10])


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from(choice.THESIS_VOTES), st.sampled_from([np.exp, np.cbrt, lambda v: 7 * v - 3])
)
def test_monotone_change_of_a_metric_leaves_the_rank_sum_choice(metric, change):
    table = make_images(50)
    changed = table.assign(**{metric: change(table[metric])})
    assert choose(table, "thesis").equals(choose(changed, "thesis"))


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(40)), st.sampled_from(["thesis", "sound"]), st.booleans())
def test_order_of_rows_does_not_matter(order, mode, ties):
    table = make_images(40, ties=ties)
    other = table.iloc[order].reset_index(drop=True)
    results = []
    for rows in (table, other):
        chosen = choose(rows, mode)
        readable = np.ones(40, bool)
        chosen["random"] = choice.draw_control(chosen, readable, combine(rows), 1)
        results.append(chosen.set_index("image").sort_index())
    pd.testing.assert_frame_equal(*results)


@pytest.mark.parametrize("mode", ["thesis", "sound"])
@pytest.mark.parametrize("metric", ["ssim", "uiq"])
def test_undefined_score_never_wins(mode, metric):
    table = make_images(40)
    for name in METRICS:
        better = ranking.HIGHER_IS_BETTER[name]
        table.loc[7, name] = 100.0 if better else -100.0
    assert choose(table, mode, candidates=1, good_enough=0).loc[7, "kept"] == 1
    table.loc[7, metric] = np.nan
    chosen = choose(table, mode, keep=39)
    assert chosen.loc[7, "kept"] == 0
    assert chosen.loc[7, "reason"] == "undefined_score"
    assert chosen.loc[7, "place"] == 40


def test_unreadable_images_are_never_taken():
    table = make_images(12)
    table.loc[3, "problem"] = "cannot be decoded"
    table.loc[3, [*METRICS, "realism", "nearest_distance", "e00"]] = np.nan
    for mode in ("thesis", "sound"):
        chosen = choose(table, mode, keep=12, seed_spread=None, duplicate=0)
        assert chosen["kept"].sum() == 11
        assert chosen.loc[3, "reason"] == "unreadable"
        control = choice.draw_control(chosen, table["problem"].isna().to_numpy(), combine(table), 1)
        assert control.sum() == 11
        assert not control[3]


@pytest.mark.parametrize("count", [0, 1])
@pytest.mark.parametrize("mode", ["thesis", "sound"])
def test_no_image_and_one_image(count, mode):
    chosen = choose(make_images(count), mode)
    assert chosen["kept"].sum() == count
    assert list(chosen.columns[:4]) == ["batch", "image", "seed", "reason"]


GATED = {
    "no_face": ("n_faces", 0),
    "several_faces": ("n_faces", 2),
    "weak_face": ("score", -5),
    "unclear_eyes": ("eye_contrast", 0.1),
    "unclear_nose": ("nose_contrast", 0.1),
    "unclear_mouth": ("mouth_contrast", 0.1),
    "asymmetric": ("asymmetry", 9),
    "colourless": ("saturation", 0.1),
    "wrong_colours": ("warmth", -3),
    "odd_proportions": ("shape_residual", 9),
    "tilted": ("roll", 40),
    "face_size": ("iod", 0.2),
    "turned": ("turn", -3),
    "exposure": ("brightness", 30),
    "clipped": ("clipped", 4),
    "sharpness": ("sharpness", 0.1),
    "unrealistic": ("realism", 0.1),
    "copies_original": ("nearest_distance", 0.1),
}


def test_every_gate_has_its_reason_and_bars_for_good():
    table = make_images(len(GATED) + 8)
    for row, (name, value) in enumerate(GATED.values()):
        table[name] = table[name].astype(float)
        table.loc[row, name] = value
    chosen = choose(table, keep=99, seed_spread=None, duplicate=0.2)
    assert chosen["reason"].tolist()[: len(GATED)] == list(GATED)
    assert chosen["kept"].tolist() == [0] * len(GATED) + [1] * 8
    for row, (name, _) in enumerate(GATED.values()):
        table.loc[row, name] = np.nan
    undefined = choose(table, keep=99, seed_spread=None, duplicate=0.2)
    assert undefined["kept"][: len(GATED) - 1].sum() == 0


def test_ranges_hold_the_originals_and_widen_with_the_config():
    real = originals()
    narrow, wide = (gates.face_ranges(real, width) for width in (0, 3))
    for name, (low, high) in wide.items():
        assert low <= narrow[name][0]
        assert high >= narrow[name][1]
        assert real[name].between(low, high).all()
    assert narrow["turn"][1] - narrow["turn"][0] >= 0.399
    assert gates.face_ranges(real[list(gates.GATES)] * np.nan, 3) == {}


def test_thresholds_hold_in_both_modes():
    table = make_images(40)
    for mode in ("thesis", "sound"):
        chosen = choose(table, mode, thresholds=["ssim>=0.4", "rmse <= 0.8"])
        low, high = table["ssim"] < 0.4, table["rmse"] > 0.8
        assert (chosen.loc[low, "reason"] == "threshold_ssim").all()
        assert (chosen.loc[high & ~low, "reason"] == "threshold_rmse").all()
        assert chosen.loc[low | high, "kept"].sum() == 0 < chosen["kept"].sum()
    for text, message in (("beauty>=1", "beauty"), ("ssim=1", "ssim=1"), ("image>=1", "image")):
        with pytest.raises(FacetdsError, match=message):
            choose(table, thresholds=[text])


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 300),
    st.lists(
        st.tuples(st.sampled_from([0, 0.01, 1, 3, 49.5]), st.integers(0, 60)),
        min_size=1,
        max_size=9,
    ),
)
def test_shares_fill_all_places_within_the_room(places, groups):
    weights, room = np.array(groups).T
    room = room.astype(int)
    shares = quotas.share_out(places, weights, room)
    assert (shares <= room).all()
    assert (shares[weights == 0] == 0).all()
    assert shares.sum() == min(places, room[weights > 0].sum())
    if (room >= places).all() and (weights > 0).all():
        ideal = places * weights / weights.sum()
        assert np.abs(shares - ideal).max() < 1 + 1e-6


def test_quotas_keep_the_balance_of_the_combinations():
    table = make_images(400, seeds=10)
    table["seed"] = np.where(np.arange(400) < 300, table["seed"] // 2 * 2, 1)
    table.loc[:299, "brisque_svr"] = 0.9
    chosen = choose(table, seed_spread=None, duplicate=0)
    kept = chosen[chosen["kept"] == 1]
    assert (kept["seed"] % 2 == 0).sum() == 75
    assert (kept["seed"] % 2 == 1).sum() == 25
    even = choose(table, seed_spread=None, duplicate=0, balance=0)
    assert (even.loc[even["kept"] == 1, "seed"] % 2 == 1).sum() == 50


def test_control_has_the_size_and_the_balance_of_the_selection():
    table = make_images(400)
    for mode in ("thesis", "sound"):
        chosen = choose(table, mode)
        groups = combine(table)
        draws = [
            choice.draw_control(chosen, np.ones(400, bool), groups, seed) for seed in (1, 1, 2)
        ]
        for name in set(groups):
            assert chosen["kept"][groups == name].sum() == draws[0][groups == name].sum()
        assert np.array_equal(draws[0], draws[1])
        assert not np.array_equal(draws[0], draws[2])


def test_cap_spreads_the_places_over_seeds():
    table = make_images(160, seeds=8)
    table["brisque_svr"] = np.where(table["seed"] == 0, 0.0, 0.9)
    chosen = choose(table, candidates=1, duplicate=0)
    counts = chosen[chosen["kept"] == 1].groupby("seed").size()
    # 40 places, 20 of each combination, 5 of each of its four seeds, twice that at most.
    assert counts.max() == counts[0] == 10
    assert counts.sum() == 40
    assert (chosen.loc[(chosen["seed"] == 0) & (chosen["kept"] == 0), "reason"] == "seed_cap").all()
    free = choose(table, candidates=1, duplicate=0, seed_spread=None)
    assert free[free["kept"] == 1].groupby("seed").size()[0] == 20


def test_near_duplicates_are_not_taken_twice():
    table = make_images(80)
    coordinates = ["e00", "e01", "e02"]
    table.loc[40:, coordinates] = table.loc[:39, coordinates].to_numpy() + 0.01
    chosen = choose(table, keep=40, seed_spread=None)
    assert chosen["kept"].sum() == 40
    assert (chosen["reason"] == "near_duplicate").sum() == 40
    assert ((chosen["kept"][:40].to_numpy() + chosen["kept"][40:].to_numpy()) == 1).all()


def test_spread_takes_the_best_first_and_then_the_farthest():
    points = np.array([[0.0], [1.0], [2.0], [10.0], [4.0], [100.0]])
    taken, ends = spread.spread_out(points, np.arange(6), 3, 5, 9, 0.0)
    assert np.flatnonzero(taken).tolist() == [0, 3, 4]
    assert ends.tolist() == ["", "less_spread", "less_spread", "", "", "ranked_below"]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 500), st.integers(2, 25))
def test_spread_is_within_twice_the_best_radius(seed, places):
    random = np.random.default_rng(seed)
    points = random.normal(size=(30, 2))
    taken, _ = spread.spread_out(points, np.arange(30), places, 30, 9, 0.0)
    away = np.hypot(*(points[:, None] - points[taken]).T).T
    radius = away.min(axis=1).max()
    apart = np.hypot(*(points[taken][:, None] - points[taken]).T)
    # Gonzalez: those taken lie at least the radius apart, so that no choice halves it.
    assert apart[~np.eye(places, dtype=bool)].min() >= radius - 1e-5


def test_spread_fills_up_beyond_the_candidates():
    points = np.zeros((6, 1))
    points[4:] = [[5.0], [9.0]]
    taken, ends = spread.spread_out(points, np.arange(6), 3, 3, 9, 0.1)
    assert np.flatnonzero(taken).tolist() == [0, 4, 5]
    assert ends[1:4].tolist() == ["near_duplicate"] * 3


def test_blocks_keep_seeds_whole_and_groups_apart():
    random = np.random.default_rng(0)
    seeds = random.integers(0, 40, 500)
    groups = seeds % 3
    blocks = spread.split_blocks(groups, seeds, 60)
    table = pd.DataFrame({"block": blocks, "seed": seeds, "group": groups})
    assert (table.groupby("block")["group"].nunique() == 1).all()
    assert (table.groupby("seed")["block"].nunique() == 1).all()
    assert table.groupby("block").size().max() <= 60
    assert len(spread.split_blocks(np.array([], int), np.array([], int), 9)) == 0


def test_combinations_are_named_after_the_seeds_labels():
    labels = pd.DataFrame(
        [[3, 1, 0, 0, 0, 1, 0], [5, 0, 0, 0, 0, 0, 0]], columns=["seed", *AU_NAMES]
    )
    got = quotas.combine_labels(np.array([5, 3, 3]), labels)
    assert got.tolist() == ["neutral", "AU1+AU12", "AU1+AU12"]
    with pytest.raises(FacetdsError, match="seed 4"):
        quotas.combine_labels(np.array([4]), labels)
