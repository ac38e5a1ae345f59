"""Choosing training images by their scores, and a random control (thesis 4.6).

Nothing is deleted: every image keeps its row, with the reason why it was kept or dropped.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from facetds.completeness import Gate
from facetds.randomness import generator
from facetds.select import gates, quotas, ranking, spread
from facetds.select.copies import find_distances

THESIS_VOTES = ("rmse", "psnr", "ssim", "issm", "sam", "uiq")
LARGEST_BLOCK = 4096
RANKED = ("kept", "ranked_below", "less_spread", "seed_cap", "near_duplicate")
"""The reasons of images that passed all gates."""


class Rules(NamedTuple):
    """What the config says of the selection (section select)."""

    keep: int
    votes: list[str]
    thresholds: list[str]
    good_enough: float
    gate_width: float
    duplicate: float
    seed_spread: float | None
    candidates: float
    balance: float


def choose_by_thesis(table: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Return the thesis's choice: in every batch the `keep` images with the best rank sums.

    `table` has batch, image, seed, problem and the six metrics, a row per image. Columns are added:
    reason, vote_*, aggregate (larger is better), place (1 the best of its batch) and kept (0, 1). A
    last batch with no more than `keep` readable images is kept whole. An image with an undefined
    score comes last, an unreadable one never; equal rank sums are ordered by the images' names.
    """
    limits = gates.read_thresholds(rules.thresholds)
    reasons = gates.gate(table, "thesis", None, {}, limits)
    reasons[(reasons == "") & ranking.undefined(table, list(THESIS_VOTES))] = "undefined_score"
    parts = table.groupby("batch", sort=False)
    voted = [ranking.vote_by_rank(part, list(THESIS_VOTES)) for _, part in parts]
    votes = pd.concat(voted or [ranking.vote_by_rank(table, list(THESIS_VOTES))]).loc[table.index]
    aggregate = votes.sum(axis=1).to_numpy(float)
    barred = ~np.isin(reasons, ("", "undefined_score"))
    place = _place(table, aggregate, (reasons != "").astype(int) + barred)
    taken = (place <= rules.keep) & ~barred
    ends = np.where(reasons == "", "ranked_below", reasons)
    ends[taken] = np.where(reasons[taken] == "", "kept", "filled:" + reasons[taken].astype(str))
    return _describe(table, votes, aggregate, place, ends, taken)


def choose_soundly(
    table: pd.DataFrame,
    originals: pd.DataFrame,
    whole: Gate,
    combinations: np.ndarray,
    rules: Rules,
) -> pd.DataFrame:
    """Return the sound choice, over all batches at once.

    1. Gates: one face that is whole by the gate of the originals, as large, frontal, lit and sharp
       as theirs, no less realistic than one in a hundred photographs of another person, no copy
       of an original.
    2. Score: the sum of the votes; what the share `good_enough` of the originals reach is the best.
    3. Quotas: `keep` places per batch (all of a smaller one) are shared out among the AU
       combinations in proportion to their readable images to the power of `balance`; a seed takes
       at most `seed_spread` times its equal share of its combination's places.
    4. Spread: of the best `candidates` times as many as there are places, those that lie farthest
       apart in the feature space are taken, never two that are nearly the same.

    Fewer are kept where the gates leave no more. `table` has what the votes and gates need, and
    coordinates e00, e01, ...; `originals` the same of the originals (their realism and
    nearest_distance among other people); `combinations` is each image's AU combination. The result
    is that of `choose_by_thesis`.
    """
    _, copy_distance = find_distances(originals, rules.duplicate)
    realism = originals["realism"].to_numpy(float)
    realism = realism[np.isfinite(realism)]
    reasons = gates.gate(
        table,
        "sound",
        whole,
        gates.face_ranges(originals, rules.gate_width),
        gates.read_thresholds(rules.thresholds),
        float(np.percentile(realism, 1)) if len(realism) else -np.inf,
        copy_distance,
    )
    votes = ranking.vote_by_margin(table, rules.votes, originals, rules.good_enough)
    reasons[(reasons == "") & ranking.undefined(table, rules.votes)] = "undefined_score"
    aggregate = votes.sum(axis=1).to_numpy(float)
    usable = reasons == ""
    ends, taken = reasons.copy(), np.zeros(len(table), bool)
    points = table[[c for c in table if c[0] == "e" and c[1:].isdigit()]].to_numpy(np.float32)
    seeds, names = table["seed"].to_numpy(), table["image"].to_numpy(str)
    for rows, places, cap in _share_places(table, combinations, usable, rules):
        rows = rows[np.lexsort((names[rows], -aggregate[rows]))]
        candidates = int(np.ceil(rules.candidates * places))
        chosen, end = spread.spread_out(
            points[rows], seeds[rows], places, candidates, cap, copy_distance
        )
        taken[rows], ends[rows] = chosen, np.where(chosen, "kept", end)
    place = _place(table, aggregate, ~usable)
    return _describe(table, votes, aggregate, place, ends, taken)


def draw_control(
    chosen: pd.DataFrame, readable: np.ndarray, combinations: np.ndarray, seed: int
) -> np.ndarray:
    """Return a random control (bool N): of every AU combination as many images as were kept.

    It is drawn from `seed` among all readable images, whatever their scores and the order of rows,
    so that it differs from the selection in quality alone.
    """
    drawn = np.zeros(len(chosen), bool)
    order = np.lexsort((chosen["image"].to_numpy(str), chosen["batch"].to_numpy()))
    kept = chosen["kept"].to_numpy() == 1
    for number, name in enumerate(sorted(set(combinations))):
        group = combinations == name
        rows = order[(readable & group)[order]]
        permuted = generator(seed, "select.random", number).permutation(rows)
        drawn[permuted[: np.count_nonzero(kept & group)]] = True
    return drawn


def _share_places(table, combinations, usable, rules):
    """Yield (rows, places, cap) of every block of an AU combination that gets places."""
    names, groups = np.unique(combinations, return_inverse=True)
    seeds = table["seed"].to_numpy()
    readable = table["problem"].isna().to_numpy()
    places = int(table.groupby("batch").size().clip(upper=rules.keep).sum())
    pool = np.bincount(groups[readable], minlength=len(names))
    weights = np.power(pool, rules.balance, where=pool > 0, out=np.zeros(len(names)))
    passing = np.bincount(groups[usable], minlength=len(names))
    first = quotas.share_out(places, weights, np.where(passing > 0, pool, 0))
    per_seed = pd.DataFrame({"group": groups[usable], "seed": seeds[usable]})
    counts = per_seed.value_counts().reset_index()
    n_seeds = np.bincount(counts["group"], minlength=len(names))
    caps = quotas.seed_caps(first, n_seeds, rules.seed_spread)
    counts["room"] = np.minimum(counts["count"], caps[counts["group"]])
    room = np.bincount(counts["group"], counts["room"], minlength=len(names)).astype(np.int64)
    final = quotas.share_out(places, weights, room)
    rows = np.flatnonzero(usable)
    blocks = spread.split_blocks(groups[rows], seeds[rows], LARGEST_BLOCK)
    room_of = counts.set_index(["group", "seed"])["room"]
    order = np.argsort(blocks, kind="stable")
    parts = np.split(rows[order], np.flatnonzero(np.diff(blocks[order])) + 1) if len(rows) else []
    owners = np.array([groups[part[0]] for part in parts], int)
    for group in range(len(names)):
        mine = np.flatnonzero(owners == group)
        rooms = np.array([_room(room_of, group, seeds[parts[n]]) for n in mine], int)
        for n, share in zip(mine, quotas.share_out(final[group], rooms, rooms), strict=True):
            yield parts[n], int(share), int(caps[group])


def _room(room_of: pd.Series, group: int, seeds: np.ndarray) -> int:
    return int(sum(room_of[group, seed] for seed in np.unique(seeds)))


def _place(table: pd.DataFrame, aggregate: np.ndarray, held_back: np.ndarray) -> np.ndarray:
    """Return every image's place in its batch: 1 for the best; those held back come last."""
    names = table["image"].to_numpy(str)
    batches = table["batch"].to_numpy()
    order = np.lexsort((names, -aggregate, held_back, batches))
    sizes = np.unique(batches, return_counts=True)[1]
    place = np.empty(len(table), int)
    place[order] = np.concatenate([np.arange(1, size + 1) for size in sizes]) if len(sizes) else []
    return place


def _describe(table, votes, aggregate, place, reasons, taken) -> pd.DataFrame:
    """Return the rows of the selection."""
    return pd.DataFrame(
        {
            "batch": table["batch"],
            "image": table["image"],
            "seed": table["seed"],
            "reason": reasons,
            **{name: votes[name] for name in votes},
            "aggregate": aggregate,
            "place": place,
            "kept": taken.astype(int),
        },
        index=table.index,
    )
