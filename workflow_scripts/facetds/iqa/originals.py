"""The cropped originals as what generated images are compared with (thesis 3.9)."""

import numpy as np

from facetds.errors import FacetdsError
from facetds.randomness import generator

POLICIES = ("drawn", "listed", "nearest", "all")


def choose_references(
    names: list[str], policy: str, count: int, listed: list[str], seed: int
) -> np.ndarray:
    """Return which originals may be references (bool N), by the policy `iqa.reference_policy`.

    drawn: `count` of them, drawn from `seed` (all, if there are fewer; 1 as in the thesis).
    listed: those whose file name is in `listed`. nearest, all: every one of them; with "nearest"
    each image is then compared with its own `count` nearest (`nearest_references`).

    Raises `FacetdsError` for a listed name that is no cropped original, and for an empty list.
    """
    if not names:
        raise FacetdsError(
            "There is no cropped original to compare with; see results/crop/rejected.csv for why."
        )
    if policy in ("nearest", "all"):
        return np.ones(len(names), bool)
    chosen = np.zeros(len(names), bool)
    if policy == "drawn":
        chosen[generator(seed, "iqa.references").permutation(len(names))[:count]] = True
        return chosen
    if not listed:
        raise FacetdsError(
            "iqa.reference_list is empty; name file names of CFD there, such as "
            f"{names[0]}, or set iqa.reference_policy to drawn."
        )
    for name in listed:
        if name not in names:
            raise FacetdsError(
                f"iqa.reference_list names {name}, which is not among the cropped originals; "
                "results/crop/cfd.csv lists them, and results/crop/rejected.csv why one is not."
            )
        chosen[names.index(name)] = True
    return chosen


def nearest_references(features: np.ndarray, originals: np.ndarray, count: int) -> np.ndarray:
    """Return the `count` originals nearest to each image, as rows of `originals` (int64 N x count).

    `features` (N x D) and `originals` (M x D) are of one space. The nearest comes first. An image
    with NaN features has no nearest ones: its row is -1. Originals with NaN are never near.
    """
    known = np.isfinite(originals).all(axis=1)
    rows = np.full((len(features), min(count, np.count_nonzero(known))), -1)
    images = np.isfinite(features).all(axis=1)
    reals = originals[known].astype(np.float64)
    for start in np.flatnonzero(images):
        away = ((features[start].astype(np.float64) - reals) ** 2).sum(axis=1)
        rows[start] = np.flatnonzero(known)[np.argsort(away, kind="stable")[: rows.shape[1]]]
    return rows


def want_nearest(
    features: dict[str, np.ndarray],
    described: dict[str, np.ndarray],
    space: str,
    count: int,
    apart: bool = False,
) -> np.ndarray:
    """Return which originals each image is compared with (bool N x M): its `count` nearest.

    `features` and `described` hold the features of the images and of the originals by the name of
    the space. With `apart` they are the same, and none is its own reference. An image with NaN
    features has none. Raises `FacetdsError` if the space was not computed.
    """
    for arrays in (features, described):
        if space not in arrays:
            raise FacetdsError(
                f"iqa.reference_space: the features {space} are not computed; add {space} to "
                "iqa.extractors."
            )
    rows = nearest_references(features[space], described[space], count + apart)
    wanted = np.zeros((len(rows), len(described[space])), bool)
    if apart:
        rows = np.stack([row[row != n][:count] for n, row in enumerate(rows)])
    known = rows.min(axis=1, initial=0) >= 0
    np.put_along_axis(wanted, np.where(rows >= 0, rows, 0), True, axis=1)
    return wanted & known[:, None]


def describe_references(policy: str, count: int, of: int, space: str) -> str:
    """Return in words what every image is compared with, for the report."""
    plural = "original" if count == 1 else "originals"
    return {
        "drawn": f"{count} {plural} drawn at random from {of}",
        "listed": f"{count} {plural} of {of} that the configuration lists",
        "nearest": f"the {count} nearest {plural} of {of}, by {space}",
        "all": f"all {of} originals",
    }[policy]
