"""Supervised pre-training of the extractor on other people's faces (thesis 3.11.2).

Import it after `runtime.start_keras`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import keras
import numpy as np

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.fer import backbones, networks
from facetds.fer.crops import Images
from facetds.fer.evaluation import mean_auc, measure_auc
from facetds.fer.inputs import Examples, Part
from facetds.fer.rates import FINE_TUNING_RATE
from facetds.fer.training import predict, train_epoch
from facetds.progress import say, track
from facetds.randomness import generator


@dataclass(frozen=True)
class Plan:
    """How a stage is trained.

    held: bool N, the images that take no part in training; what is measured on them chooses
    nothing, so it is an honest estimate. learning_rate: at the start; it falls to 0 along a cosine.
    """

    held: np.ndarray
    epochs: int
    learning_rate: float
    batch: int
    seed: int


def learn_labels(
    backbone: keras.Model,
    images: Images,
    columns: dict[str, np.ndarray],
    exclusive: bool,
    plan: Plan,
) -> dict[str, object]:
    """Train `backbone` to find the labels of images (`read_pretraining`); report how well.

    Labels are AUs, each with its own sigmoid and loss, or `exclusive`: expressions, of which one is
    right (softmax), shown equally often whatever their shares.
    """
    names, labels = list(AU_NAMES), columns["labels"]
    if exclusive:
        names, labels = list_classes(columns["expression"])
    backbones.shorten_memory(backbone)
    head = networks.build_head(
        backbone.output_shape[-1],
        outputs=len(names),
        activation="softmax" if exclusive else "sigmoid",
    )
    networks.draw_head(head, plan.seed, 0)
    # At a rate for fine-tuning, running statistics would change faster than weights.
    model = networks.build_classifier(backbone, head, plan.learning_rate > FINE_TUNING_RATE)
    rows = np.flatnonzero(~plan.held)
    steps = max(1, len(rows) // plan.batch) * plan.epochs
    networks.compile_model(
        model,
        keras.optimizers.schedules.CosineDecay(plan.learning_rate, steps),
        class_cross_entropy if exclusive else networks.summed_cross_entropy,
    )
    losses = []
    for epoch in track(range(plan.epochs), what="pre-train", unit="epoch"):
        random = generator(plan.seed, "fer.pretrain", epoch)
        shown = balance_classes(labels[rows].argmax(axis=1), random) if exclusive else slice(None)
        examples = Examples([Part(images, None, labels, rows[shown])])
        losses.append(train_epoch(model, examples, plan.batch, random))
    truth = labels[plan.held]
    scores = predict(model, images.part(np.flatnonzero(plan.held)), plan.batch)
    report = {
        "losses": [round(loss, 4) for loss in losses],
        "epochs": plan.epochs,
        "learning_rate": plan.learning_rate,
        "held_out_auc": report_areas(truth, scores, names),
    }
    return report | (report_accuracy(truth, scores) if exclusive else {})


def class_cross_entropy(labels: keras.KerasTensor, scores: keras.KerasTensor):
    """Return the cross-entropy of B x classes as B values."""
    return keras.ops.categorical_crossentropy(labels, scores)


def balance_classes(classes: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return N rows (int64), drawn so that all classes (int N) are equally frequent."""
    _, place, counts = np.unique(classes, return_inverse=True, return_counts=True)
    chance = 1 / (len(counts) * counts[place])
    return random.choice(len(classes), len(classes), p=chance)


def list_classes(expressions: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Return the expressions' names, sorted, and labels (uint8 N x names).

    Raises `FacetdsError` where images have no expression, or all the same.
    """
    names = sorted(set(expressions.tolist()))
    if "" in names or len(names) < 2:
        raise FacetdsError(
            "fer.stages: the task expressions needs images with an expression each, of at least "
            "two kinds; data.pretrain affectnet and rafdb have them, for other images take aus."
        )
    return names, (expressions[:, None] == np.array(names)).astype(np.uint8)


def report_areas(
    labels: np.ndarray, scores: np.ndarray, names: list[str]
) -> dict[str, float | None]:
    """Return, and say, the area under the ROC curve by name, and their mean; None if undefined."""
    areas = dict(_areas(labels, scores, names))
    say("AUC on held-out images: " + ", ".join(f"{k} {v:.3f}" for k, v in areas.items()))
    return {name: None if np.isnan(area) else round(area, 4) for name, area in areas.items()}


def _areas(labels: np.ndarray, scores: np.ndarray, names: list[str]) -> Iterator[tuple[str, float]]:
    for place, name in enumerate(names):
        yield name, measure_auc(labels[:, place], scores[:, place])
    yield "mean", mean_auc(labels, scores)


def report_accuracy(labels: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    """Return the shares of images whose class has the highest score: of all, and mean over classes.

    The second does not change with the classes' shares; by chance it is 1 / classes.
    """
    right = labels.argmax(axis=1) == scores.argmax(axis=1)
    shares = [right[column > 0].mean() for column in labels.T if column.any()]
    return {
        "held_out_accuracy": round(float(right.mean()), 4),
        "held_out_balanced_accuracy": round(float(np.mean(shares)), 4),
    }
