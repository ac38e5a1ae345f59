"""The losses of the classifier: binary cross-entropy, plain or weighted (thesis 3.11.2).

All are sums over the AUs of -(w+ y (1 - p)^a log p + w- (1 - y) p^b log(1 - p)), y the label, p the
probability. Weights follow from how often an AU is in the training fold; they hardly change areas
under ROC curves, and much change what is decided at a threshold, and calibration.

Import it after `runtime.start_keras`.
"""

from collections.abc import Callable

import keras
import numpy as np
import pandas as pd

from facetds.aus import AU_NAMES
from facetds.fer.networks import summed_cross_entropy
from facetds.fer.weighting import weigh_classes

EXPONENTS = {"focal": (2.0, 2.0), "asymmetric": (0.0, 1.0)}
"""a and b of the losses that look less at easy examples: focal (Lin et al. 2017, gamma 2) at all,
asymmetric at easy negatives alone, as ME-GraphAU does (Luo et al. 2022). The others have 0."""

EPSILON = 1e-7
"""Least distance of a probability from 0 and 1 (that of Keras's own loss)."""


class Loss:
    """A loss by name, whose weights are those of the fold at hand: one compiled model serves all.

    weights: a variable 2 x AUs, of positives and of negatives.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        shape = (2, len(AU_NAMES))
        self.weights = keras.Variable(np.ones(shape, np.float32), trainable=False)

    def fit(self, labels: np.ndarray) -> pd.DataFrame:
        """Take the weights that a training set with these labels (0/1 N x AUs) needs; return them.

        Columns: of `weigh_classes`.
        """
        table = weigh_classes(labels.sum(axis=0, dtype=np.int64), len(labels), self.name)
        columns = ["weight_positive", "weight_negative"]
        self.weights.assign(table[columns].to_numpy(np.float32).T)
        return table

    def function(self) -> Callable:
        """Return the loss as Keras takes it: labels and probabilities B x AUs -> B values."""
        if self.name == "bce":
            return summed_cross_entropy
        above, below = EXPONENTS.get(self.name, (0.0, 0.0))
        ops = keras.ops

        def weighted_cross_entropy(labels, scores):
            labels = ops.cast(labels, scores.dtype)
            p = ops.clip(scores, EPSILON, 1 - EPSILON)
            positive = labels * (1 - p) ** above * ops.log(p)
            negative = (1 - labels) * p**below * ops.log(1 - p)
            return -ops.sum(self.weights[0] * positive + self.weights[1] * negative, axis=-1)

        return weighted_cross_entropy
