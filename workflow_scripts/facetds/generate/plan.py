"""Which images are generated: seed x index x degree, drawn to fill the batches exactly."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from facetds.errors import FacetdsError
from facetds.randomness import generator


def list_variants(indexes: Sequence[int], degrees: Sequence[float]) -> list[tuple[int, float]]:
    """Return the (index, degree) of all different images of a seed; degree 0 needs no index."""
    indexes, degrees = sorted(set(indexes)), sorted(set(degrees))
    own = [(indexes[0], 0.0)] if 0 in degrees else []
    return own + [(i, float(d)) for i in indexes for d in degrees if d != 0]


def share_places(places: int, seeds: int, most: int) -> np.ndarray:
    """Return how many of `places` every seed gets (int64): equal shares, the first ones one more.

    Raises `FacetdsError` if `seeds` with `most` images each cannot fill them.
    """
    if places > seeds * most:
        raise FacetdsError(
            f"generate: {places:,} images are wanted, but {seeds:,} labelled seeds with {most:,} "
            f"variants (index x degree) each make {seeds * most:,}; add generate.indexes or "
            "generate.degrees, label more seeds, or lower generate.batches."
        )
    return places // seeds + (np.arange(seeds) < places % seeds)


def plan_batches(
    seeds: Sequence[int],
    variants: Sequence[tuple[int, float]],
    batches: int,
    batch_size: int,
    psi: float,
    root_seed: int,
) -> pd.DataFrame:
    """Return batch, order, seed, index, degree, psi: batches x batch_size different images.

    Every seed gets the same number of images (to one), of variants drawn without repeats with its
    own generator; the images are then mixed over the batches. `order` counts on from 1 over all
    batches, in the order of the rows.
    """
    seeds = np.sort(np.asarray(seeds, np.int64))
    mixing = generator(root_seed, "generate")
    counts = share_places(batches * batch_size, len(seeds), len(variants))
    counts = counts[mixing.permutation(len(seeds))]
    chosen = [
        (seed, *variants[pick])
        for seed, count in zip(seeds.tolist(), counts, strict=True)
        for pick in generator(root_seed, "generate", seed).permutation(len(variants))[:count]
    ]
    table = pd.DataFrame(
        [chosen[place] for place in mixing.permutation(len(chosen))],
        columns=["seed", "index", "degree"],
    )
    table.insert(0, "batch", np.repeat(np.arange(batches), batch_size))
    table.insert(1, "order", np.arange(1, len(table) + 1))
    return table.assign(psi=float(psi))
