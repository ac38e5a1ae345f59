"""Semi-automated annotation: an image inherits the labels of its seed (thesis 3.10.2)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.naming import parse_image_name


def annotate(images: Sequence[str], labels: pd.DataFrame) -> np.ndarray:
    """Return the labels of images by the seed in their names: uint8 N x 6, 1 where the AU is.

    `labels` has seed and a 0/1 column per AU. A neutral seed gives a row of zeros.

    Raises `FacetdsError` naming the image whose name is not SEED_ORDER.jpg or whose seed has no
    labels.
    """
    known = dict(zip(labels["seed"], labels[list(AU_NAMES)].to_numpy(np.uint8), strict=True))
    rows = np.zeros((len(images), len(AU_NAMES)), np.uint8)
    for place, name in enumerate(images):
        seed, _ = parse_image_name(name)
        if seed not in known:
            raise FacetdsError(
                f"{name}: seed {seed} is not in the table of seed labels; review and publish the "
                "seed, or generate the images again from the published table."
            )
        rows[place] = known[seed]
    return rows


def effective_number(counts: Sequence[int] | np.ndarray) -> float:
    """Return 1 / sum p^2 of the shares p of counts: how many equal parts carry as much diversity.

    (Hill number of order 2, inverse Simpson index.) 0 if there is nothing.
    """
    counts = np.asarray(counts, np.float64)
    return float(counts.sum() ** 2 / (counts**2).sum()) if counts.sum() > 0 else 0.0


def count_labels(seeds: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """Return au, images, share, seeds, effective_seeds for every AU, neutral and all images.

    seeds: int N; labels: 0/1 N x 6. Images of one seed are near copies: the number of seeds, and
    the effective number where some have more images than others, is what a classifier can learn
    from.
    """
    groups = dict(zip(AU_NAMES, labels.astype(bool).T, strict=True))
    groups["neutral"] = labels.sum(axis=1) == 0
    groups["all"] = np.ones(len(labels), bool)
    rows = []
    for name, mask in groups.items():
        per_seed = np.unique(seeds[mask], return_counts=True)[1]
        rows.append(
            {
                "au": name,
                "images": int(mask.sum()),
                "share": mask.mean(),
                "seeds": len(per_seed),
                "effective_seeds": effective_number(per_seed),
            }
        )
    return pd.DataFrame(rows)


def count_pairs(labels: np.ndarray) -> pd.DataFrame:
    """Return au_a, au_b, images of every pair of AUs (0/1 N x 6); of an AU with itself, its own."""
    counts = labels.astype(np.int64).T @ labels.astype(np.int64)
    return pd.DataFrame(
        [
            {"au_a": a, "au_b": b, "images": counts[i, j]}
            for i, a in enumerate(AU_NAMES)
            for j, b in enumerate(AU_NAMES)
        ]
    )
