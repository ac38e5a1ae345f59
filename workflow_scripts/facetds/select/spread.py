"""Spreading a choice over a feature space, instead of taking many alike."""

import numpy as np


def spread_out(
    points: np.ndarray,
    seeds: np.ndarray,
    places: int,
    candidates: int,
    cap: int,
    copy_distance: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return which images are taken (bool N), and why the others are not (str N, "" for taken).

    The rows of `points` (float N x D) and `seeds` come best first. Greedy k-centre (Gonzalez
    1985) among the first `candidates`: the best image, then always the one farthest from those
    taken, the better one of equally far ones. Where caps and near duplicates leave too few, the
    next best become candidates. Reasons: within `copy_distance` of a taken image "near_duplicate",
    of a seed that has `cap` taken ones "seed_cap", other candidates "less_spread", and those that
    never became candidates "ranked_below".
    """
    count = len(points)
    points = np.asarray(points, np.float32)
    squares = (points**2).sum(axis=1)
    nearest = np.full(count, np.inf, np.float32)
    ends = np.full(count, "", dtype=object)
    taken, free = np.zeros(count, bool), np.ones(count, bool)
    counts: dict[int, int] = {}
    end = min(max(candidates, places), count)
    while taken.sum() < places and free.any():
        if not free[:end].any():
            end = min(count, end + max(1, places - int(taken.sum())))
            continue
        best = int(np.argmax(np.where(free[:end], nearest[:end], -1)))
        taken[best], free[best] = True, False
        away = np.maximum(squares + squares[best] - 2 * (points @ points[best]), 0)
        np.minimum(nearest, away, out=nearest)
        alike = free & (nearest < copy_distance**2)
        ends[alike], free[alike] = "near_duplicate", False
        seed = int(seeds[best])
        counts[seed] = counts.get(seed, 0) + 1
        if counts[seed] >= cap:
            over = free & (seeds == seed)
            ends[over], free[over] = "seed_cap", False
    ends[free] = np.where(np.arange(count)[free] < end, "less_spread", "ranked_below")
    return taken, ends


def split_blocks(groups: np.ndarray, seeds: np.ndarray, largest: int) -> np.ndarray:
    """Return the number of each image's block (int64): of one group, at most `largest` images.

    All images of a seed share a block, so that caps and near duplicates of a seed are seen; only a
    seed with more than `largest` images makes a larger block. It keeps the effort in proportion to
    the number of images.
    """
    order = np.lexsort((seeds, groups))
    blocks = np.zeros(len(groups), np.int64)
    changes = (groups[order][1:] != groups[order][:-1]) | (seeds[order][1:] != seeds[order][:-1])
    if not len(order):
        return blocks
    starts = np.flatnonzero(np.concatenate([[True], changes]))
    block, size, last = -1, 0, None
    for start, end in zip(starts, [*starts[1:], len(order)], strict=True):
        group = groups[order[start]]
        if group != last or size + end - start > largest:
            block, size, last = block + 1, 0, group
        size += end - start
        blocks[order[start:end]] = block
    return blocks
