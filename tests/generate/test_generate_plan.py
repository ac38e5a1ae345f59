"""Names of images, and which images are planned."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facetds.errors import FacetdsError
from facetds.generate.plan import (
    GROUPS,
    balance_places,
    draw_in_turns,
    judge_variants,
    list_variants,
    plan_batches,
    plan_probe,
    share_places,
)
from facetds.generate.plan_images import plan_images
from facetds.generate.render_probe import render_probe
from facetds.naming import image_name, parse_image_name
from facetds.shards import read_shard

OPTIONS = {
    "indexes": [0, 2],
    "degrees": [-1, 0, 1],
    "n_images": 14,
    "batch_size": 7,
    "sampling": "random",
    "balance": "seeds",
    "psi": 0.8,
    "seed": 1,
}


@given(st.integers(0, 2**32 - 1), st.integers(0, 99_999_999))
def test_names_are_read_back(seed, order):
    assert parse_image_name(image_name(seed, order)) == (seed, order)


def test_names_are_those_of_the_thesis():
    assert image_name(9, 61) == "9_000061.jpg"
    assert image_name(9, 10_000_000) == "9_10000000.jpg"
    assert parse_image_name("91_000061.jpg") == (91, 61)


@pytest.mark.parametrize(
    "name",
    [
        "9_61.jpg",
        "09_000061.jpg",
        "9_000061.png",
        "9_000061.jpg\n",
        "a/9_000061.jpg",
        "-9_000061.jpg",
        "9_0000611.jpg",
        "٩_000061.jpg",
        "",
    ],
)
def test_other_names_are_refused(name):
    with pytest.raises(FacetdsError, match="is not named like"):
        parse_image_name(name)


@pytest.mark.parametrize(("seed", "order"), [(-1, 1), (1, -1)])
def test_numbers_that_no_name_can_hold_are_refused(seed, order):
    with pytest.raises(FacetdsError, match=f"Seed {seed}, order {order}"):
        image_name(seed, order)


def test_variants_have_the_own_face_once():
    assert list_variants([3, 1], [1, 0, -1]) == [(1, 0), (1, -1), (1, 1), (3, -1), (3, 1)]
    assert list_variants([0], [2, 2]) == [(0, 2)]


def make_labels(seeds, groups):
    """Return labels of seeds: the numbers of their groups in `GROUPS`, one number or several."""
    rows = np.zeros((len(seeds), len(GROUPS)), int)
    for place, members in enumerate(groups):
        rows[place, members] = 1
    return pd.DataFrame(rows, columns=list(GROUPS)).assign(seed=seeds)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_plan_fills_the_batches_evenly(data):
    seeds = data.draw(st.lists(st.integers(0, 99), min_size=1, max_size=12, unique=True))
    groups = [data.draw(st.sets(st.integers(0, 5), max_size=3)) or {6} for _ in seeds]
    labels = make_labels(seeds, [list(group) for group in groups])
    degrees = data.draw(st.lists(st.integers(-3, 3), min_size=1, max_size=5, unique=True))
    variants = list_variants([0, 4, 7], degrees)
    images, size = data.draw(st.integers(1, 48)), data.draw(st.integers(1, 12))
    ways = {
        "sampling": data.draw(st.sampled_from(["random", "grid"])),
        "balance": data.draw(st.sampled_from(["seeds", "aus"])),
    }
    if images > len(seeds) * len(variants):
        with pytest.raises(FacetdsError, match=r"generate\.n_images"):
            plan_batches(labels, variants, images, size, 0.7, 1, **ways)
        return
    plan = plan_batches(labels, variants, images, size, 0.7, 1, **ways)
    sizes = plan["batch"].value_counts()
    assert sorted(sizes.index) == list(range(-(-images // size)))
    assert plan["batch"].is_monotonic_increasing
    assert sizes.max() <= size
    assert sizes.max() - sizes.min() <= 1
    assert plan["order"].tolist() == list(range(1, images + 1))
    assert not plan.duplicated(["seed", "index", "degree"]).any()
    counts = plan["seed"].value_counts().reindex(seeds, fill_value=0)
    if ways["sampling"] == "grid":
        assert (counts == len(variants)).sum() == images // len(variants)
        assert (counts > 0).sum() == -(-images // len(variants))
    elif ways["balance"] == "seeds":
        assert counts.max() - counts.min() <= 1
    assert set(zip(plan["index"], plan["degree"], strict=True)) <= set(variants)
    shuffled = labels.sample(frac=1, random_state=data.draw(st.integers(0, 99)))
    assert plan.equals(plan_batches(shuffled, variants, images, size, 0.7, 1, **ways))


def test_seeds_of_a_batch_are_mixed():
    labels, variants = make_labels(range(20), [0] * 20), list_variants([0, 1], [-1, 0, 1])
    plan = plan_batches(labels, variants, 100, 25, 1.0, 1)
    assert plan.groupby("batch")["seed"].nunique().min() > 12
    assert not plan.equals(plan_batches(labels, variants, 100, 25, 1.0, 2))


def test_balance_makes_rare_aus_as_frequent_as_common_ones():
    # 60 seeds with AU1, 12 with AU4, 30 with both, 6 neutral.
    groups = [[0]] * 60 + [[1]] * 12 + [[0, 1]] * 30 + [[6]] * 6
    members = make_labels(range(108), groups)[list(GROUPS)].to_numpy()
    counts = balance_places(1080, members, most=100)
    assert counts.sum() == 1080
    totals = counts @ members
    assert totals[[0, 1, 6]].max() - totals[[0, 1, 6]].min() <= 6
    # Seeds with the same labels have the same share.
    for rows in (slice(0, 60), slice(60, 72), slice(72, 102), slice(102, 108)):
        assert np.ptp(counts[rows]) <= 1
    # With few variants the neutral seeds are used up, and nothing else is lost.
    capped = balance_places(1080, members, most=15)
    assert capped.sum() == 1080
    assert capped[102:].tolist() == [15] * 6


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_balanced_places_add_up(data):
    groups = data.draw(st.lists(st.sets(st.integers(0, 6), min_size=1), min_size=1, max_size=15))
    most = data.draw(st.integers(1, 9))
    places = data.draw(st.integers(1, most * len(groups)))
    members = make_labels(range(len(groups)), [list(group) for group in groups])
    counts = balance_places(places, members[list(GROUPS)].to_numpy(), most)
    assert counts.sum() == places
    assert counts.min() >= 0
    assert counts.max() <= most


def test_groups_take_turns_and_no_seed_is_missed():
    groups = [[0]] * 20 + [[3]] * 2 + [[6]] * 3
    members = make_labels(range(25), groups)[list(GROUPS)].to_numpy()
    order = draw_in_turns(members, np.random.default_rng(3))
    assert sorted(order) == list(range(25))
    assert sorted(np.searchsorted([20, 22], order[:6], side="right").tolist()) == [0, 0, 1, 1, 2, 2]


def test_a_probe_shows_every_variant_of_seeds_in_both_roles():
    labels = make_labels(range(30), [[0]] * 20 + [[3]] * 5 + [[6]] * 5)
    variants = list_variants([0, 1], [-1, 0, 1])
    probe = plan_probe(labels, variants, 6, 0.8, 1)
    assert len(probe) == 6 * 5
    assert (probe.groupby("seed")["degree"].first() == 0).all()
    roles = probe.drop_duplicates("seed").set_index("seed")["role"]
    assert roles.value_counts().to_dict() == {"decide": 3, "measure": 3}
    # Both roles see AU1, AU6 and neutral.
    assert roles.groupby(np.searchsorted([20, 25], roles.index, side="right")).nunique().eq(2).all()
    with pytest.raises(FacetdsError, match="two labelled seeds"):
        plan_probe(labels[:1], variants, 6, 0.8, 1)


def make_drift(changes):
    rows = [(index, degree, drift) for (index, degree), drift in changes.items()]
    return pd.DataFrame(rows, columns=["index", "degree", "drift"])


def test_a_direction_is_followed_only_as_far_as_it_keeps_the_labels():
    variants = list_variants([0, 1], [-2, -1, 0, 1, 2])
    drift = make_drift({
        (0, 0): 0, (0, -2): 0.05, (0, -1): 0.3, (0, 1): 0.1, (0, 2): 0.2,
        (1, 0): 0, (1, -2): 0.1, (1, -1): 0.02, (1, 1): 0.5, (1, 2): 0.6,
    })  # fmt: skip
    judged = judge_variants(variants, drift, 0.1, needed=1)
    kept = judged[judged["kept"] == 1]
    # Degree -2 of index 0 lies behind -1, which changes too much.
    assert list(zip(kept["index"], kept["degree"], strict=True)) == [
        (0, 0),
        (0, 1),
        (1, -2),
        (1, -1),
    ]
    assert judged.loc[(judged["index"] == 0) & (judged["degree"] == -2), "drift"].item() == 0.3
    more = judge_variants(variants, drift, 0.1, needed=6)
    assert more["kept"].sum() == 6
    assert set(more.loc[(more["kept"] == 1) & (judged["kept"] == 0), "drift"]) == {0.2, 0.3}
    with pytest.raises(FacetdsError, match="drift of index 1, degree 2"):
        judge_variants(variants, drift[:-1], 0.1, needed=1)


def test_shares_add_up():
    assert share_places(7, 3, 5).tolist() == [3, 2, 2]
    with pytest.raises(FacetdsError, match="16 images are wanted, but 3 labelled seeds with 5"):
        share_places(16, 3, 5)


def plan(folder, tmp_path, **changes):
    files = [folder / name for name in ("seed_labels.csv", "network.pkl", "directions.npz")]
    outs = tmp_path / "plan.csv", tmp_path / "variants.csv"
    plan_images(*files, *outs, **{**OPTIONS, **changes})
    return pd.read_csv(outs[0]), pd.read_csv(outs[1])


def test_the_plan_uses_all_labelled_seeds(folder, tmp_path):
    images, variants = plan(folder, tmp_path)
    assert list(images.columns) == ["batch", "order", "seed", "index", "degree", "psi"]
    assert sorted(images["seed"].unique()) == [4, 9, 91]
    assert set(images["psi"]) == {0.8}
    assert variants["kept"].tolist() == [1] * 5


def test_the_plan_leaves_out_edits_that_drift(folder, tmp_path):
    drift = make_drift({(0, -1): 0.3, (0, 1): 0.05, (2, -1): 0.1, (2, 1): 0.1})
    drift.to_csv(tmp_path / "drift.csv", index=False)
    images, variants = plan(
        folder, tmp_path, n_images=9, drift=tmp_path / "drift.csv", max_drift=0.1
    )
    assert variants["kept"].tolist() == [1, 0, 1, 1, 1]
    assert not ((images["index"] == 0) & (images["degree"] == -1)).any()
    # 14 images of 3 seeds need five variants.
    images, variants = plan(folder, tmp_path, drift=tmp_path / "drift.csv", max_drift=0.1)
    assert variants["kept"].tolist() == [1] * 5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"indexes": [0, 32]}, "no direction 32"),
        ({"psi": 0.5}, r"psi 0\.8, but generate\.psi is 0\.5"),
        ({"n_images": 21}, "21 images are wanted"),
    ],
)
def test_plans_that_cannot_be_are_refused(folder, tmp_path, changes, message):
    with pytest.raises(FacetdsError, match=message):
        plan(folder, tmp_path, **changes)
    assert not (tmp_path / "plan.csv").exists()


def test_the_probe_is_a_shard_of_its_own(folder, tmp_path):
    files = [folder / name for name in ("seed_labels.csv", "network.pkl", "directions.npz")]
    out = tmp_path / "probe.csv"
    render_probe(*files, out, indexes=[0, 2], degrees=[-1.0, 1.0], psi=0.8, probe_seeds=2, seed=1)
    manifest = pd.read_csv(out)
    assert manifest["degree"].tolist() == [0, -1, 1, -1, 1] * 2
    assert sorted(manifest["role"].unique()) == ["decide", "measure"]
    entries = list(read_shard(out))
    assert all(entry.pixels is not None for entry in entries)
