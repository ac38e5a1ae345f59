"""Labels of synthetic images by a classifier's prediction, as the thesis's predecessor had them."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from facetds.errors import FacetdsError
from facetds.fer.folds import Fold
from facetds.fer.measures import choose_threshold


def check_labeller(weights: Path, fold: Fold) -> None:
    """Raise `FacetdsError` unless a model was trained and stopped by the subjects of `fold`.

    weights: model.weights.h5 of a trained fold, with its training.json beside it. A model of other
    subjects could have seen those that `fold` reports.
    """
    told = json.loads(weights.with_name("training.json").read_text(encoding="utf-8"))["fold"]
    if told != json.loads(json.dumps(asdict(fold))):
        raise FacetdsError(
            f"{weights.parent} was trained on other subjects than fold {fold.number} here, so its "
            "labels could leak; train both arms with the same folds."
        )


def decide_labels(
    known: np.ndarray, chances: np.ndarray, scores: np.ndarray
) -> tuple[np.ndarray, list[float | None]]:
    """Return labels (uint8 N x AUs) of N images with the probabilities `scores`, and thresholds.

    A threshold is the one with the largest F1 for frames with labels `known` and probabilities
    `chances` (M x AUs): those of the training subjects, so that nobody else has a part in it. An AU
    that none of them shows has no threshold (None), and no image is given it.
    """
    limits = [choose_threshold(*each) for each in zip(known.T, chances.T, strict=True)]
    labels = (scores >= np.array(limits)).astype(np.uint8)
    return labels, [None if np.isnan(limit) else limit for limit in limits]
