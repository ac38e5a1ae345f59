"""In which order items are shown: by seed, at random, or by what the suggestions say of them."""

import hashlib
import math
from collections.abc import Sequence

import numpy as np

from facetds.errors import FacetdsError
from facetds.randomness import generator

ORDERS = ("seed", "uncertain", "rare", "certain", "random")
GAP = 60
"""Items (at least, where there are so many) between a face and its hidden repeat."""


def item_of_repeat(seed: int) -> int:
    """Return the item that is the hidden repeat of a seed."""
    return -1 - seed


def seed_of(item: int) -> int:
    """Return the seed that an item shows."""
    return item if item >= 0 else -1 - item


def stream(root_seed: int, reviewer: str, what: int) -> np.random.Generator:
    """Return a reviewer's own random numbers for one purpose."""
    own = int.from_bytes(hashlib.sha256(reviewer.encode()).digest()[:4], "little")
    return generator(root_seed, "review", own, what)


def pick_repeats(seeds: Sequence[int], share: float, random: np.random.Generator) -> list[int]:
    """Return the seeds (a `share` of all, rounded) that are shown twice, rising."""
    count = min(round(share * len(seeds)), len(seeds))
    return sorted(random.choice(np.asarray(seeds, np.int64), count, replace=False).tolist())


def pick_sample(
    seeds: Sequence[int], kept: Sequence[int], share: float, random: np.random.Generator
) -> list[int]:
    """Return a second reviewer's seeds, rising: a `share` of all, and twice it of those kept.

    kept: seeds that others kept. Without them, agreement on rare AUs would rest on a few faces.
    """
    sample: set[int] = set()
    for pool, part in ((seeds, share), (sorted(kept), min(2 * share, 1))):
        count = math.ceil(part * len(pool))
        sample |= set(random.choice(np.asarray(pool, np.int64), count, replace=False).tolist())
    return sorted(sample)


def order_seeds(
    seeds: Sequence[int], by: str, chances: np.ndarray, random: np.random.Generator
) -> list[int]:
    """Return the seeds in one of the `ORDERS`.

    chances: float N x 6, probabilities of the AUs, NaN rows where there is no suggestion; those
    come last. uncertain: the largest sum of the entropies first; certain: the smallest; rare: the
    largest probability of an AU over its mean first. Equal ones by seed.
    """
    seeds = np.asarray(seeds, np.int64)
    if by == "seed":
        return np.sort(seeds).tolist()
    if by == "random":
        return random.permutation(np.sort(seeds)).tolist()
    if by not in ORDERS:
        raise FacetdsError(f"There is no order {by!r}; choose from {', '.join(ORDERS)}.")
    known = ~np.isnan(chances).any(axis=1)
    score = np.full(len(seeds), -np.inf)
    p = chances[known].astype(np.float64)
    if by == "rare":
        score[known] = (p / np.maximum(p.mean(axis=0), 1e-9)).max(axis=1) if len(p) else 0
    else:
        p = np.clip(p, 1e-9, 1 - 1e-9)
        entropy = -(p * np.log2(p) + (1 - p) * np.log2(1 - p)).sum(axis=1)
        score[known] = entropy if by == "uncertain" else -entropy
    return seeds[np.lexsort((seeds, -np.round(score, 9)))].tolist()


def add_repeats(
    order: Sequence[int], repeats: Sequence[int], random: np.random.Generator
) -> list[int]:
    """Return the items of an order of seeds, with the repeats put in at random places behind.

    A repeat comes at least `GAP` items after its original, or at the end if that is nearer.
    """
    rank = {seed: place for place, seed in enumerate(order)}
    places = []
    for seed in sorted(set(repeats) & rank.keys()):
        first = min(rank[seed] + GAP, len(order))
        places.append((int(random.integers(first, len(order) + 1)), item_of_repeat(seed)))
    items: list[int] = []
    waiting = sorted(places, reverse=True)
    for place in range(len(order) + 1):
        while waiting and waiting[-1][0] <= place:
            items.append(waiting.pop()[1])
        if place < len(order):
            items.append(order[place])
    return items
