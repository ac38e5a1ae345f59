"""Training the classifier and predicting with it. Import it after `runtime.start_keras`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import keras
import numpy as np

from facetds.errors import FacetdsError
from facetds.fer.augmentation import augment, changes_pixels
from facetds.fer.evaluation import mean_auc
from facetds.fer.inputs import Examples


@dataclass(frozen=True)
class Stopping:
    """What early stopping looks at, and the epochs it is patient.

    labels: 0/1 N x 6; score: returns what the model, as it is then, gives for the same N.
    """

    labels: np.ndarray
    score: Callable[[], np.ndarray]
    patience: int


def draw_batches(
    count: int, batch: int, random: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (rows, flips) of one epoch in random order: int64 B, and bool B, true for half.

    The rest that does not fill a batch is left out of this epoch; the order changes with each.
    """
    batch = min(batch, count)
    order = random.permutation(count)[: count // batch * batch]
    flips = random.random(len(order)) < 0.5
    yield from zip(order.reshape(-1, batch), flips.reshape(-1, batch), strict=True)


def train_epoch(
    model: keras.Model,
    examples: Examples,
    batch: int,
    random: np.random.Generator,
    augmentations: Sequence[str] = ("flip",),
) -> float:
    """Train one epoch; return the mean loss over its batches.

    augmentations: names of `augmentation`; features can be flipped alone.

    Raises `FacetdsError` if the loss is not finite.
    """
    losses = []
    for rows, flips in draw_batches(len(examples), batch, random):
        inputs, labels = examples.take(rows, flips & ("flip" in augmentations))
        if changes_pixels(augmentations):
            inputs = augment(inputs, augmentations, random)
        losses.append(model.train_on_batch(inputs, labels))
    loss = float(np.mean(losses))
    if not np.isfinite(loss):
        raise FacetdsError(f"The loss became {loss}; lower fer.learning_rate.")
    return loss


def fit(
    model: keras.Model,
    examples: Examples,
    stopping: Stopping,
    epochs: int,
    batch: int,
    random: np.random.Generator,
    augmentations: Sequence[str] = ("flip",),
) -> list[dict[str, object]]:
    """Train `model`, and leave it as in the epoch with the best mean AUC on `stopping`.

    Returns a row per epoch: epoch, loss, stopping_auc (NaN while no AU has both classes), kept
    (1 for the epoch whose weights the model has). Without any AUC the last epoch is kept.
    """
    history: list[dict[str, object]] = []
    best, kept, weights = -np.inf, 0, None
    for epoch in range(1, epochs + 1):
        loss = train_epoch(model, examples, batch, random, augmentations)
        area = mean_auc(stopping.labels, stopping.score())
        history.append({"epoch": epoch, "loss": loss, "stopping_auc": area})
        if area > best:
            best, kept, weights = area, epoch, model.get_weights()
        elif kept and epoch - kept >= stopping.patience:
            break
    if kept:
        model.set_weights(weights)
    return [{**row, "kept": int(row["epoch"] == (kept or epoch))} for row in history]


def predict(
    model: keras.Model,
    inputs: np.ndarray,
    batch: int,
    report: Callable[[Iterator], Iterator] = iter,
) -> np.ndarray:
    """Return the model's outputs for N inputs as float32 N x D; `report` may show the progress.

    The last batch is filled up with zeros, so that the model is traced for one shape only.
    """
    parts = []
    for start in report(range(0, len(inputs), batch)):
        part = inputs[start : start + batch]
        filled = np.zeros((batch, *inputs.shape[1:]), inputs.dtype)
        filled[: len(part)] = part
        parts.append(model.predict_on_batch(filled)[: len(part)])
    return np.concatenate(parts)
