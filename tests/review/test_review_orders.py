"""Queues: orders by suggestions, hidden repeats, and a second reviewer's sample."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetds.errors import FacetdsError
from facetds.review.orders import (
    GAP,
    ORDERS,
    add_repeats,
    item_of_repeat,
    order_seeds,
    pick_repeats,
    pick_sample,
    seed_of,
    stream,
)

NONE = [np.nan] * 6


def order(by, chances, seed=0):
    return order_seeds(range(len(chances)), by, np.array(chances), stream(seed, "anna", 1))


def test_uncertain_first_certain_first_and_those_without_a_suggestion_last():
    chances = [NONE, [0.01] * 6, [0.5] * 6, [0.99] * 6, [0.3] * 6]
    assert order("uncertain", chances) == [2, 4, 1, 3, 0]
    assert order("certain", chances) == [1, 3, 4, 2, 0]


def test_rare_aus_first():
    chances = np.full((10, 6), 0.1)
    chances[:6, 0] = 0.9
    chances[7, 5] = 0.6
    assert order("rare", chances)[0] == 7


def test_random_order_is_the_reviewers_own_and_stays():
    chances = [NONE] * 50
    assert order("random", chances) == order("random", chances)
    assert order("random", chances) != order("random", chances, seed=1)
    ben = order_seeds(range(50), "random", np.array(chances), stream(0, "ben", 1))
    assert ben != order("random", chances)
    with pytest.raises(FacetdsError, match="no order 'best'"):
        order("best", chances)


@given(st.integers(1, 300), st.sampled_from(ORDERS), st.floats(0, 0.2), st.integers(0, 10**6))
def test_every_seed_once_and_every_repeat_well_behind(count, by, share, seed):
    random = np.random.default_rng(seed)
    seeds = np.sort(random.choice(10**6, count, replace=False)).tolist()
    chances = np.where(random.random((count, 1)) < 0.2, np.nan, random.random((count, 6)))
    repeats = pick_repeats(seeds, share, random)
    assert len(repeats) == round(share * count)
    items = add_repeats(order_seeds(seeds, by, chances, random), repeats, random)
    assert sorted(item for item in items if item >= 0) == seeds
    assert {seed_of(item) for item in items if item < 0} == set(repeats)
    place = {item: number for number, item in enumerate(items)}
    last = len(items) - len(repeats)
    for number in repeats:
        distance = place[item_of_repeat(number)] - place[number]
        assert distance >= GAP or place[item_of_repeat(number)] >= last


def test_the_sample_holds_a_share_of_all_and_twice_it_of_the_kept():
    seeds, kept = range(1000), range(0, 1000, 25)
    sample = pick_sample(seeds, kept, 0.1, np.random.default_rng(0))
    assert sample == sorted(set(sample))
    assert 100 < len(sample) <= 108
    assert len(set(sample) & set(kept)) >= 8
    assert pick_sample(seeds, [], 1.0, np.random.default_rng(0)) == list(seeds)
