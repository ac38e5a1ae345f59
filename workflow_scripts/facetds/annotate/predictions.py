"""Labels by a model instead of, or beside, those of the seeds (predecessor's way; thesis 5.3)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.tables import read_table

COLUMNS = tuple(f"P_{au}" for au in AU_NAMES)


def read_predictions(path: Path | str, images: Sequence[str]) -> np.ndarray:
    """Return the probabilities of the AUs of images: float64 N x 6, in the order of `images`.

    The table has a row per image with image (its file name) and P_AU1 to P_AU15; other images may
    be among them.

    Raises `FacetdsError` naming the file and the image or column for one that is missing or named
    twice, and for what is no probability.
    """
    table = read_table(path, ("image", *COLUMNS))
    if (double := table["image"].duplicated()).any():
        raise FacetdsError(
            f"{path} names {table['image'][double].iloc[0]} twice; keep one row per image."
        )
    for name in COLUMNS:
        values = pd.to_numeric(table[name], errors="coerce")
        if not values.between(0, 1).all():
            row = int(np.flatnonzero(~values.between(0, 1))[0])
            raise FacetdsError(
                f"{path}, line {row + 2}: {name} is no probability from 0 to 1; correct it."
            )
    known = table.set_index("image")
    missing = [name for name in images if name not in known.index]
    if missing:
        raise FacetdsError(
            f"{path} lacks {len(missing):,} of {len(images):,} images, the first {missing[0]}; "
            "predict all images of the set (annotate.predictions)."
        )
    return known.loc[list(images), list(COLUMNS)].to_numpy(np.float64)


def label_by_prediction(chances: np.ndarray, threshold: float) -> np.ndarray:
    """Return labels (uint8 N x 6): 1 where the probability (N x 6) reaches `threshold`."""
    return (chances >= threshold).astype(np.uint8)


def flag_contradictions(labels: np.ndarray, chances: np.ndarray, sure: float) -> np.ndarray:
    """Return where a model is sure of the opposite of the labels (bool N x 6).

    labels: 0/1 N x 6; chances: probabilities N x 6. The model is sure of an AU from `sure` on, and
    of its absence up to 1 - `sure`; between them it has no say.
    """
    return np.where(labels == 1, chances <= 1 - sure, chances >= sure)
