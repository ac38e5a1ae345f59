"""Names of images, and which images are planned."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facetds.errors import FacetdsError
from facetds.generate.plan import list_variants, plan_batches, share_places
from facetds.generate.plan_images import plan_images
from facetds.naming import image_name, parse_image_name

OPTIONS = {
    "indexes": [0, 2],
    "degrees": [-1, 0, 1],
    "batches": 2,
    "batch_size": 7,
    "psi": 0.8,
    "seed": 1,
}


@given(st.integers(0, 2**32 - 1), st.integers(0, 999_999))
def test_names_are_read_back(seed, order):
    assert parse_image_name(image_name(seed, order)) == (seed, order)


def test_names_are_those_of_the_thesis():
    assert image_name(9, 61) == "9_000061.jpg"
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


@pytest.mark.parametrize(("seed", "order"), [(-1, 1), (1, -1), (1, 10**6)])
def test_numbers_that_no_name_can_hold_are_refused(seed, order):
    with pytest.raises(FacetdsError, match=f"Seed {seed}, order {order}"):
        image_name(seed, order)


def test_variants_have_the_own_face_once():
    assert list_variants([3, 1], [1, 0, -1]) == [(1, 0), (1, -1), (1, 1), (3, -1), (3, 1)]
    assert list_variants([0], [2, 2]) == [(0, 2)]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_plan_fills_the_batches_evenly(data):
    seeds = data.draw(st.lists(st.integers(0, 99), min_size=1, max_size=12, unique=True))
    degrees = data.draw(st.lists(st.integers(-3, 3), min_size=1, max_size=5, unique=True))
    variants = list_variants([0, 4, 7], degrees)
    batches, size = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 12))
    if batches * size > len(seeds) * len(variants):
        with pytest.raises(FacetdsError, match=r"generate\.batches"):
            plan_batches(seeds, variants, batches, size, 0.7, 1)
        return
    plan = plan_batches(seeds, variants, batches, size, 0.7, 1)
    assert plan["batch"].tolist() == np.repeat(range(batches), size).tolist()
    assert plan["order"].tolist() == list(range(1, batches * size + 1))
    assert not plan.duplicated(["seed", "index", "degree"]).any()
    counts = plan["seed"].value_counts().reindex(seeds, fill_value=0)
    assert counts.max() - counts.min() <= 1
    assert set(zip(plan["index"], plan["degree"], strict=True)) <= set(variants)
    shuffled = data.draw(st.permutations(seeds))
    assert plan.equals(plan_batches(shuffled, variants, batches, size, 0.7, 1))


def test_seeds_of_a_batch_are_mixed():
    plan = plan_batches(range(20), list_variants([0, 1], [-1, 0, 1]), 4, 25, 1.0, 1)
    assert plan.groupby("batch")["seed"].nunique().min() > 12
    other = plan_batches(range(20), list_variants([0, 1], [-1, 0, 1]), 4, 25, 1.0, 2)
    assert not plan.equals(other)


def test_shares_add_up():
    assert share_places(7, 3, 5).tolist() == [3, 2, 2]
    with pytest.raises(FacetdsError, match="16 images are wanted, but 3 labelled seeds with 5"):
        share_places(16, 3, 5)


def test_the_plan_uses_all_labelled_seeds(folder, tmp_path):
    files = [folder / name for name in ("seed_labels.csv", "network.pkl", "directions.npz")]
    plan_images(*files, tmp_path / "plan.csv", **OPTIONS)
    plan = pd.read_csv(tmp_path / "plan.csv")
    assert list(plan.columns) == ["batch", "order", "seed", "index", "degree", "psi"]
    assert sorted(plan["seed"].unique()) == [4, 9, 91]
    assert set(plan["psi"]) == {0.8}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"indexes": [0, 32]}, "no direction 32"),
        ({"psi": 0.5}, r"psi 0\.8, but generate\.psi is 0\.5"),
        ({"batches": 3}, "21 images are wanted"),
    ],
)
def test_plans_that_cannot_be_are_refused(folder, tmp_path, changes, message):
    files = [folder / name for name in ("seed_labels.csv", "network.pkl", "directions.npz")]
    with pytest.raises(FacetdsError, match=message):
        plan_images(*files, tmp_path / "plan.csv", **{**OPTIONS, **changes})
    assert not (tmp_path / "plan.csv").exists()
