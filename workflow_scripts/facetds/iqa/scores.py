"""Scoring images against a set of originals, as rows of a table (thesis 3.9, 4.6)."""

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
import pandas as pd

from facetds.errors import FacetdsError
from facetds.iqa.definitions import score_variants
from facetds.iqa.metrics import METRICS, Prepared, prepare, score_prepared
from facetds.iqa.naturalness import cooccurrence_score, natural_features
from facetds.iqa.regression import Regression, predict
from facetds.shards import Entry

SCORES = (*METRICS, "brisque_svr", "thesis_brisque", "thesis_svr")
"""All scores: the six metrics, the sound regression, the thesis's grey-level score and its SVR.

`brisque_svr` is a severity (0 clean, 1 worst, low is better), `thesis_brisque` a quarter of the
grey-level contrast, `thesis_svr` a prediction of dummy targets.
"""


MEMORY = 2**28
"""Bytes that prepared images, and as many again prepared references, may take at once."""

SHORT_BLOCK, LONG_BLOCK = 4, 32
"""Images (at most) that are taken together.

A short block stays in the processor's caches; a long one, if there are more references than can be
kept, spares preparing them again.
"""


def score_entries(
    entries: Iterable[Entry],
    references: np.ndarray,
    models: dict[str, Regression],
    definitions: dict[str, str] | None = None,
    wanted: np.ndarray | None = None,
) -> pd.DataFrame:
    """Return a row per entry: image, every score of `SCORES`, and the problem of unusable ones.

    A metric is the mean over the `references` (uint8 N x H x W x 3); those with which it is
    undefined are left out, and it is NaN if none is left. `wanted` (bool, entries x N) says which
    references an entry is compared with, None for all. `definitions` names the variant of each
    metric (`facetds.iqa.definitions`), None for those of the thesis. An image that cannot be read,
    has another size than the references or no reference wanted, has NaN scores and a problem.
    """
    rows, features = [], []
    for entry, metrics, problem in measure_entries(entries, references, definitions, wanted):
        grey = np.nan if problem else cooccurrence_score(entry.pixels)
        rows.append([entry.image, *metrics, grey, problem])
        features.append(np.full(36, np.nan) if problem else natural_features(entry.pixels))
    table = pd.DataFrame(rows, columns=["image", *METRICS, "thesis_brisque", "problem"])
    grey = table[["thesis_brisque"]].to_numpy(float)
    table["brisque_svr"] = predict(models["sound"], np.reshape(features, (-1, 36)))
    table["thesis_svr"] = predict(models["thesis"], grey)
    return table[["image", *SCORES, "problem"]]


def score_originals(
    images: np.ndarray,
    chosen: np.ndarray,
    models: dict[str, Regression],
    definitions: dict[str, str] | None = None,
    wanted: np.ndarray | None = None,
) -> pd.DataFrame:
    """Return the scores of originals (uint8 N x R x R x 3), a row each in the same order.

    They are compared with those of them that are `chosen` (bool N), or with those that each row of
    `wanted` (bool N x N) says. None is compared with itself by `chosen`: it would be perfect.
    """
    if wanted is None:
        wanted = np.tile(chosen, (len(images), 1)) & ~np.eye(len(images), dtype=bool)
        if not wanted.any(axis=1).all():
            raise FacetdsError(
                "A single reference cannot be scored against another; raise iqa.references to 2."
            )
    entries = [Entry(str(number), image) for number, image in enumerate(images)]
    table = score_entries(entries, images, models, definitions, wanted)
    return table.drop(columns=["image", "problem"])


def measure_entries(
    entries: Iterable[Entry],
    references: np.ndarray,
    definitions: dict[str, str] | None = None,
    wanted: np.ndarray | None = None,
) -> Iterator[tuple[Entry, np.ndarray, str]]:
    """Yield every entry, its metrics (float64, 6; NaN with a problem) and its problem.

    Images are taken block by block, so that memory does not grow with them or the references.
    """
    size = references.shape[1:3]
    room = max(1, MEMORY // (13 * 3 * size[0] * size[1]))
    kept: dict[int, Prepared] = {}
    length = SHORT_BLOCK if len(references) <= room else LONG_BLOCK
    spare: list[Prepared | None] = [None] * min(length, room)
    spare_reference, start = None, 0
    entries = iter(entries)
    while block := list(islice(entries, len(spare))):
        rows = slice(start, start + len(block))
        start += len(block)
        compared = np.ones((len(block), len(references)), bool) if wanted is None else wanted[rows]
        problems = [
            entry.problem or _find_problem(entry.pixels, size, row)
            for entry, row in zip(block, compared, strict=True)
        ]
        compared = compared & np.array([not problem for problem in problems])[:, None]
        for n in np.flatnonzero(compared.any(axis=1)):
            spare[n] = prepare(block[n].pixels, spare[n])
        scores = np.full((*compared.shape, len(METRICS)), np.nan)
        for number in np.flatnonzero(compared.any(axis=0)):
            reference = kept.get(number)
            if reference is None:
                reference = prepare(references[number], spare_reference)
                if len(kept) < room:
                    kept[number] = reference
                else:
                    spare_reference = reference
            for n in np.flatnonzero(compared[:, number]):
                scores[n, number] = score_prepared(reference, spare[n])
                others = score_variants(definitions or {}, references[number], block[n].pixels)
                for metric, value in others.items():
                    scores[n, number, METRICS.index(metric)] = value
        yield from zip(block, map(mean_defined, scores), problems, strict=True)


def mean_defined(scores: np.ndarray) -> np.ndarray:
    """Return the means of the columns of `scores` (N x M) without NaN; NaN for all-NaN ones."""
    defined = ~np.isnan(scores)
    counts = defined.sum(axis=0)
    sums = np.where(defined, scores, 0).sum(axis=0)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _find_problem(pixels: np.ndarray, size: tuple[int, int], wanted: np.ndarray) -> str:
    if pixels.shape[:2] != size:
        return (
            f"the image has {pixels.shape[0]} x {pixels.shape[1]} pixels, the references "
            f"{size[0]} x {size[1]}"
        )
    return "" if wanted.any() else "no reference is near: its face was not found"
