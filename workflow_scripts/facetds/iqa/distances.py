"""Distances between the originals and sets of synthetic images in one feature space."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.iqa import neighbours
from facetds.randomness import generator

CLASSES = ("all", *AU_NAMES, "neutral")
"""The parts of a set that are measured: the whole, and the seven of the thesis."""

FLOOR = "originals in halves"
NEIGHBOUR_IMAGES = 1000
"""Images (at most) of a set in KID, precision, recall, density and coverage."""

NUMBERS = 3 * 2**23
"""Numbers (at most) that the features of a set hold, which keeps the memory flat."""

COLUMNS = (
    "set",
    "class",
    "extractor",
    "n",
    "n_originals",
    "distance",
    "kid",
    "precision",
    "recall",
    "density",
    "coverage",
)

Distance = Callable[[np.ndarray, np.ndarray], float]


def choose_rows(
    choices: pd.DataFrame, labels: pd.DataFrame, limit: int, seed: int
) -> dict[tuple[str, str], np.ndarray]:
    """Return the rows of each set and class: (set, class) to row numbers, sorted.

    `choices` has seed, kept and random of all images, `labels` the seeds' marks (seed, AU columns,
    neutral). Sets are "all synthetic" (as a whole only), "selected" and "random". A larger part is
    reduced to `limit` rows drawn from `seed`.
    """
    marks = labels.set_index("seed")[[*AU_NAMES, "neutral"]]
    if not choices["seed"].isin(marks.index).all():
        raise FacetdsError(
            "The labels lack seeds of the generated images; make results/generate again."
        )
    marks = marks.loc[choices["seed"]].to_numpy() == 1
    parts = {"all": np.ones(len(choices), bool), **dict(zip(CLASSES[1:], marks.T, strict=True))}
    sets = {"selected": choices["kept"] == 1, "random": choices["random"] == 1}
    chosen = {("all synthetic", "all"): parts["all"]}
    chosen |= {(s, p): sets[s].to_numpy() & parts[p] for s in sets for p in parts}
    rows = {}
    for number, (name, mask) in enumerate(chosen.items()):
        found = np.flatnonzero(mask)
        drawn = generator(seed, "iqa.limit", number).permutation(len(found))[:limit]
        rows[name] = found[np.sort(drawn)]
    return rows


def measure_sets(
    originals: np.ndarray,
    sets: dict[tuple[str, str], np.ndarray],
    distance: Distance,
    label: str,
    k: int,
    seed: int,
) -> pd.DataFrame:
    """Return how each set's features (N x D) lie to the originals' (M x D), a row of `COLUMNS`.

    The first row is the floor: one half of the originals against the other. Rows with NaN are left
    out; a set of fewer than 2 has no distance. Fréchet distances are biased upwards for small
    sets, and precision to coverage depend on both sizes: compare sets of equal n only.
    """
    originals = originals[np.isfinite(originals).all(axis=1)]
    order = generator(seed, "iqa.halves").permutation(len(originals))
    first, second = np.array_split(originals[order], 2)
    rows = [(FLOOR, "all", label, *_measure(first, second, distance, k))]
    for (name, part), features in sets.items():
        known = features[np.isfinite(features).all(axis=1)]
        rows.append((name, part, label, *_measure(known, originals, distance, k)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def project_sets(
    originals: np.ndarray, sets: dict[str, np.ndarray], points: int, seed: int
) -> pd.DataFrame:
    """Return every set in the plane of the originals' first two principal components (Fig. 4.3).

    One row per image: set, row in its features, x, y; at most `points` of a set, drawn from `seed`.
    """
    originals = originals[np.isfinite(originals).all(axis=1)].astype(np.float64)
    if len(originals) < 3:
        raise FacetdsError("The plane of the features needs 3 originals; add more to data.cfd.")
    mean = originals.mean(axis=0)
    axes = np.linalg.svd(originals - mean, full_matrices=False)[2][:2]
    axes *= np.sign(axes[np.arange(2), np.abs(axes).argmax(axis=1)])[:, None]
    tables = []
    for number, (name, features) in enumerate({"originals": originals, **sets}.items()):
        rows = np.flatnonzero(np.isfinite(features).all(axis=1))
        drawn = generator(seed, "iqa.points", number).permutation(len(rows))[:points]
        rows = rows[np.sort(drawn)]
        x, y = ((features[rows] - mean) @ axes.T).T
        tables.append(pd.DataFrame({"set": name, "row": rows, "x": x, "y": y}))
    return pd.concat(tables, ignore_index=True)


def _measure(fake: np.ndarray, real: np.ndarray, distance: Distance, k: int) -> tuple:
    """Return n, n_originals and the measures of one set."""
    frechet = distance(fake, real) if min(len(fake), len(real)) >= 2 else float("nan")
    few, reals = fake[:NEIGHBOUR_IMAGES].astype(np.float64), real.astype(np.float64)
    manifolds = neighbours.compare_manifolds(reals, few, k)
    kid = neighbours.kernel_distance(reals, few)
    return len(fake), len(real), frechet, kid, *manifolds.values()
