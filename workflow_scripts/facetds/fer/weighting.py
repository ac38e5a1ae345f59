"""Weights of the classes by how often an AU is in a training set."""

import numpy as np
import pandas as pd

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError

LOSSES = ("bce", "positive", "balanced", "rate", "focal", "asymmetric")
"""Names of the losses (fer.loss); see `weigh_classes` for their weights."""

MOST = 20.0
"""Largest weight: an AU that was hardly ever seen would otherwise drown the others."""


def check_loss(loss: str) -> None:
    """Raise `FacetdsError` for a name that is not in `LOSSES`."""
    if loss not in LOSSES:
        raise FacetdsError(f"fer.loss {loss} is not known; set one of {', '.join(LOSSES)}.")


def weigh_classes(positives: np.ndarray, images: int, loss: str) -> pd.DataFrame:
    """Return au, positives, negatives, weight_positive, weight_negative for a named loss.

    `positives` counts the images with each AU, of `images` in all. With n+ positives, n- negatives
    and N images: `positive` weighs positives n-/n+; `balanced` positives N/(2 n+) and negatives
    N/(2 n-), so that either class weighs half; `rate` and `asymmetric` both classes N/n+, scaled to
    a mean of 1 over the AUs, so that rare AUs weigh more; `bce` and `focal` all 1. No weight
    exceeds `MOST`, which also stands where there is nothing to divide by.
    """
    negatives = images - positives
    ones = np.ones(len(positives))
    if loss == "positive":
        weights = _ratio(negatives, positives), ones
    elif loss == "balanced":
        weights = _ratio(images, 2 * positives), _ratio(images, 2 * negatives)
    elif loss in ("rate", "asymmetric"):
        inverse = _ratio(images, positives)
        weights = (inverse * len(inverse) / inverse.sum(),) * 2
    else:
        weights = ones, ones
    return pd.DataFrame(
        {
            "au": AU_NAMES,
            "positives": positives,
            "negatives": negatives,
            "weight_positive": weights[0],
            "weight_negative": weights[1],
        }
    )


def _ratio(above: np.ndarray | int, below: np.ndarray) -> np.ndarray:
    above = np.broadcast_to(above, below.shape).astype(float)
    quotient = np.divide(above, below, out=np.full(below.shape, MOST), where=below > 0)
    return np.minimum(quotient, MOST)
