"""Scoring images against a set of originals, as rows of a table (thesis 3.9, 4.6)."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from facetds.errors import FacetdsError
from facetds.iqa.metrics import METRICS, Prepared, prepare, score_against
from facetds.iqa.naturalness import cooccurrence_score, natural_features
from facetds.iqa.regression import Regression, predict
from facetds.shards import Entry

SCORES = (*METRICS, "brisque_svr", "thesis_brisque", "thesis_svr")
"""All scores: the six metrics, the sound regression, the thesis's grey-level score and its SVR.

`brisque_svr` is a severity (0 clean, 1 worst, low is better), `thesis_brisque` a quarter of the
grey-level contrast, `thesis_svr` a prediction of dummy targets.
"""


def score_entries(
    entries: Iterable[Entry],
    references: list[Prepared],
    models: dict[str, Regression],
) -> pd.DataFrame:
    """Return a row per entry: image, every score of `SCORES`, and the problem of unusable ones.

    An image that cannot be read or has another size than the references has NaN scores.
    """
    rows, features = [], []
    for entry in entries:
        problem = entry.problem or _check_size(entry.pixels, references[0])
        if problem:
            rows.append([entry.image, *[np.nan] * (len(METRICS) + 1), problem])
            features.append(np.full(36, np.nan))
        else:
            metrics = score_against(references, prepare(entry.pixels))
            rows.append([entry.image, *metrics, cooccurrence_score(entry.pixels), ""])
            features.append(natural_features(entry.pixels))
    table = pd.DataFrame(rows, columns=["image", *METRICS, "thesis_brisque", "problem"])
    if len(table):
        grey = table[["thesis_brisque"]].to_numpy(float)
        table["brisque_svr"] = predict(models["sound"], np.array(features))
        table["thesis_svr"] = predict(models["thesis"], grey)
    else:
        table["brisque_svr"] = table["thesis_svr"] = np.array([], float)
    return table[["image", *SCORES, "problem"]]


def score_originals(
    images: np.ndarray, chosen: np.ndarray, models: dict[str, Regression]
) -> pd.DataFrame:
    """Return the scores of originals (uint8 N x R x R x 3), a row each in the same order.

    A reference is not compared with itself, which would be perfect, but with the other ones only.
    """
    prepared = [prepare(image) for image in images]
    rows = []
    for number, image in enumerate(images):
        others = [prepared[i] for i in np.flatnonzero(chosen) if i != number]
        if not others:
            raise FacetdsError(
                "A single reference cannot be scored against another; raise iqa.references to 2."
            )
        entry = Entry(str(number), image)
        rows.append(score_entries([entry], others, models))
    return pd.concat(rows, ignore_index=True).drop(columns=["image", "problem"])


def _check_size(pixels: np.ndarray, reference: Prepared) -> str:
    expected = reference.planes.shape[1:]
    if pixels.shape[:2] == expected:
        return ""
    return (
        f"the image has {pixels.shape[0]} x {pixels.shape[1]} pixels, the references "
        f"{expected[0]} x {expected[1]}"
    )
