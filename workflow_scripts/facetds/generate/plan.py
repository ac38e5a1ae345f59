"""Which images are generated: seed x index x degree, drawn to fill the batches exactly."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.randomness import generator

GROUPS = (*AU_NAMES, "neutral")
ROLES = ("decide", "measure")


def check_psi(path: Path, labels: pd.DataFrame, psi: float) -> None:
    """Raise `FacetdsError` unless the previews that were labelled had the truncation `psi`."""
    labelled_at = labels["psi"].dropna()
    if len(wrong := labelled_at[labelled_at != psi]):
        raise FacetdsError(
            f"{path} has labels of previews with psi {wrong.iloc[0]:g}, but generate.psi is "
            f"{psi:g}, which shows other faces; set generate.psi to {wrong.iloc[0]:g}, or review "
            "previews with seeds.psi the same."
        )


def list_variants(indexes: Sequence[int], degrees: Sequence[float]) -> list[tuple[int, float]]:
    """Return the (index, degree) of all different images of a seed; degree 0 needs no index."""
    indexes, degrees = sorted(set(indexes)), sorted(set(degrees))
    own = [(indexes[0], 0.0)] if 0 in degrees else []
    return own + [(i, float(d)) for i in indexes for d in degrees if d != 0]


def judge_variants(
    variants: Sequence[tuple[int, float]], drift: pd.DataFrame, max_drift: float, needed: int
) -> pd.DataFrame:
    """Return index, degree, drift, kept (0/1): which variants keep the labels of their seeds.

    `drift` has index, degree and drift, the share of labels that the edit changes. A direction is
    followed to either side only as far as no degree on the way exceeds `max_drift`; the drift given
    back is the largest on the way. If fewer than `needed` variants are left, those that drift least
    are kept as well, so that the batches can be filled.

    Raises `FacetdsError` for a variant whose drift was not measured.
    """
    known = {(row.index, row.degree): row.drift for row in drift.itertuples(index=False)}
    reached: dict[tuple[int, float], float] = {}
    for index, degree in sorted(variants, key=lambda variant: (variant[0], abs(variant[1]))):
        if degree != 0 and not np.isfinite(known.get((index, degree), np.nan)):
            raise FacetdsError(
                f"results/annotate/drift.csv does not know the drift of index {index}, degree "
                f"{degree:g}; run measure_drift again."
            )
        on_the_way = [d for (i, at), d in reached.items() if i == index and at * degree > 0]
        own = 0.0 if degree == 0 else known[index, degree]
        reached[index, degree] = max([own, *on_the_way])
    table = pd.DataFrame(variants, columns=["index", "degree"])
    table["drift"] = [reached[variant] for variant in variants]
    least = table["drift"].rank(method="first") <= needed
    return table.assign(kept=((table["drift"] <= max_drift) | least).astype(int))


def share_places(places: int, seeds: int, most: int) -> np.ndarray:
    """Return how many of `places` every seed gets (int64): equal shares, the first ones one more.

    Raises `FacetdsError` if `seeds` with `most` images each cannot fill them.
    """
    if places > seeds * most:
        raise FacetdsError(
            f"generate: {places:,} images are wanted, but {seeds:,} labelled seeds with {most:,} "
            f"variants (index x degree) each make {seeds * most:,}; add generate.indexes or "
            "generate.degrees, label more seeds, or lower generate.n_images."
        )
    return places // seeds + (np.arange(seeds) < places % seeds)


def balance_places(places: int, labels: np.ndarray, most: int) -> np.ndarray:
    """Return how many of `places` every seed gets (int64), so that the `GROUPS` are equally often.

    labels: 0/1 S x 7. The shares are raked (iterative proportional fitting, Deming and Stephan
    1940): of all shares with equal groups they are those nearest to equal ones. No seed gets more
    than `most`, so a group of few seeds may stay behind.
    """
    share_places(places, len(labels), most)
    members = labels.astype(np.float64)
    groups = members.sum(axis=1)
    shares = _fill(np.ones(len(labels)), places, most)
    for _ in range(300):
        totals = shares @ members
        wanted = totals[totals > 0].mean()
        factors = np.log(np.divide(wanted, totals, out=np.ones_like(totals), where=totals > 0))
        shares = _fill(shares * np.exp(members @ factors / groups / 2), places, most)
    counts = np.floor(shares).astype(np.int64)
    # A full seed takes no more; the others get the rest, the largest fractions first.
    order = np.lexsort((np.arange(len(shares)), counts - shares, counts >= most))
    counts[order[: places - counts.sum()]] += 1
    return counts


def _fill(shares: np.ndarray, places: int, most: int) -> np.ndarray:
    """Return shares scaled to sum up to `places` with none above `most`."""
    full = np.zeros(len(shares), bool)
    while True:
        rest = places - most * full.sum()
        scaled = np.where(full, most, shares * rest / max(shares[~full].sum(), 1e-300))
        if not (over := (scaled > most) & ~full).any():
            return np.maximum(scaled, 1e-9)
        full |= over


def draw_in_turns(labels: np.ndarray, drawing: np.random.Generator) -> np.ndarray:
    """Return the places of seeds in an order in which the `GROUPS` take turns (labels: 0/1 S x 7).

    Within a group they are in random order; a group that is used up is passed over.
    """
    order = drawing.permutation(len(labels))
    queues = [[place for place in order[::-1] if labels[place, group]] for group in
              np.argsort(labels.sum(axis=0), kind="stable")]  # fmt: skip
    taken: dict[int, None] = {}
    while any(queues):
        for queue in queues:
            while queue and queue[-1] in taken:
                queue.pop()
            if queue:
                taken[queue.pop()] = None
    return np.array(list(taken), np.int64)


def plan_probe(
    labels: pd.DataFrame, variants: Sequence[tuple[int, float]], size: int, psi: float,
    root_seed: int,
) -> pd.DataFrame:  # fmt: skip
    """Return order, seed, index, degree, psi, role of the audit's images: `size` seeds x variants.

    The AUs and neutral take turns in the choice of seeds, as rare ones would be missed otherwise.
    After each round the roles change: on some seeds it is decided how far edits may go, on others
    measured what that is worth. The first image of a seed is its own (degree 0).
    """
    table = labels.sort_values("seed", ignore_index=True)
    places = draw_in_turns(table[list(GROUPS)].to_numpy(), generator(root_seed, "generate.probe"))
    seeds = table["seed"].to_numpy()[places[:size]].tolist()
    if len(seeds) < 2:
        raise FacetdsError("The audit needs two labelled seeds or more; label more seeds.")
    a_round = min(int(table[list(GROUPS)].any().sum()), len(seeds) // 2)
    rows = [
        (seed, index, degree, ROLES[place // a_round % 2])
        for place, seed in enumerate(seeds)
        for index, degree in variants
    ]
    plan = pd.DataFrame(rows, columns=["seed", "index", "degree", "role"])
    plan.insert(0, "order", np.arange(1, len(plan) + 1))
    return plan.assign(psi=float(psi))


def plan_batches(
    labels: pd.DataFrame,
    variants: Sequence[tuple[int, float]],
    n_images: int,
    batch_size: int,
    psi: float,
    root_seed: int,
    sampling: str = "random",
    balance: str = "seeds",
) -> pd.DataFrame:
    """Return batch, order, seed, index, degree, psi: `n_images` different images.

    labels: a row per seed with the 0/1 columns `GROUPS`. sampling: "random" gives every seed a
    share of the images, of variants drawn without repeats with its own generator; "grid" gives
    seeds all variants, one seed after the other until the images are used up. balance: "seeds"
    makes the shares equal (to one), or draws the seeds of the grid at random; "aus" makes the AUs
    and neutral equally frequent, or lets them take turns. The images are then mixed over as few
    batches as hold them with `batch_size` each, of equal size to one. `order` counts on from 1
    over all batches, in the order of the rows.
    """
    table = labels.sort_values("seed", ignore_index=True)
    seeds, groups = table["seed"].to_numpy(np.int64), table[list(GROUPS)].to_numpy()
    mixing = generator(root_seed, "generate")
    counts = share_places(n_images, len(seeds), len(variants))
    if sampling == "grid":
        turns = (
            draw_in_turns(groups, mixing) if balance == "aus" else mixing.permutation(len(seeds))
        )
        full = n_images // len(variants)
        counts = np.zeros(len(seeds), np.int64)
        counts[turns[:full]] = len(variants)
        counts[turns[full : full + 1]] = n_images % len(variants)
    elif balance == "aus":
        counts = balance_places(n_images, groups, len(variants))
    else:
        counts = counts[mixing.permutation(len(seeds))]
    chosen = [
        (seed, *variants[pick])
        for seed, count in zip(seeds.tolist(), counts, strict=True)
        for pick in generator(root_seed, "generate", seed).permutation(len(variants))[:count]
    ]
    plan = pd.DataFrame(
        [chosen[place] for place in mixing.permutation(len(chosen))],
        columns=["seed", "index", "degree"],
    )
    batches = -(-n_images // batch_size)
    plan.insert(0, "batch", np.arange(n_images) * batches // n_images)
    plan.insert(1, "order", np.arange(1, len(plan) + 1))
    return plan.assign(psi=float(psi))
