"""Distances between the originals and sets of synthetic images in one feature space."""

import numpy as np
import pandas as pd

from facetds.errors import FacetdsError
from facetds.frechet import frechet_distance
from facetds.randomness import generator


def gather_sets(
    features: dict[str, np.ndarray], choices: dict[str, pd.DataFrame]
) -> dict[str, np.ndarray]:
    """Return the features of all synthetic images, the selected, the random, and each batch.

    `features` and `choices` (tables with `kept` and `random` as 0 or 1) are by batch, rows alike.
    """
    if {k: len(v) for k, v in features.items()} != {k: len(v) for k, v in choices.items()}:
        raise FacetdsError(
            "The features and the selections differ in their batches or rows; make both again "
            "(results/iqa/features-*.npz, results/select/batch-*.csv)."
        )
    everything = np.concatenate([features[name] for name in choices]).astype(np.float64)
    kept, random = (
        np.concatenate([table[column] for table in choices.values()]) == 1
        for column in ("kept", "random")
    )
    sets = {"all synthetic": everything, "selected": everything[kept], "random": everything[random]}
    return sets | {name: batch.astype(np.float64) for name, batch in features.items()}


def measure_sets(
    originals: np.ndarray, sets: dict[str, np.ndarray], extractor: str, limit: int, seed: int
) -> pd.DataFrame:
    """Return the Fréchet distance of each set of features (N x D) to the originals' (M x D).

    One row per set: set, extractor, n, n_originals, distance. The first row is the floor: one
    half of the originals against the other. Rows with NaN (unusable images) are left out; a larger
    set is reduced to `limit` rows drawn from `seed`; a set of fewer than 2 has NaN. The distance
    is biased upwards for small sets: compare sets of equal n only.
    """
    order = generator(seed, "iqa.halves").permutation(len(originals))
    first, second = np.array_split(originals[order], 2)
    rows = [("originals in halves", extractor, len(first), len(second), _distance(first, second))]
    for number, (name, features) in enumerate(sets.items()):
        features = features[np.isfinite(features).all(axis=1)]
        if len(features) > limit:
            drawn = generator(seed, "iqa.limit", number).permutation(len(features))[:limit]
            features = features[np.sort(drawn)]
        distance = _distance(features, originals)
        rows.append((name, extractor, len(features), len(originals), distance))
    return pd.DataFrame(rows, columns=["set", "extractor", "n", "n_originals", "distance"])


def project_sets(
    originals: np.ndarray, sets: dict[str, np.ndarray], points: int, seed: int
) -> pd.DataFrame:
    """Return every set in the plane of the originals' first two principal components (Fig. 4.3).

    One row per image: set, row in its features, x, y; at most `points` of a set, drawn from `seed`.
    """
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


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    return frechet_distance(a, b) if min(len(a), len(b)) >= 2 else float("nan")
