"""Train all folds of one arm in one process; folds that a killed run finished are kept."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from facetds import command
from facetds.code import code_digest
from facetds.errors import FacetdsError
from facetds.fer.augmentation import changes_pixels, check_augmentations
from facetds.fer.folds import Fold, plan_folds
from facetds.fer.inputs import read_inputs, select_rows
from facetds.fer.rates import check_learning_rate
from facetds.fer.runtime import start_keras
from facetds.fer.subject_baseline import (
    check_baseline,
    choose_counterparts,
    choose_references,
    describe_references,
)
from facetds.fer.weighting import check_loss, weigh_classes
from facetds.files import digest, write_json
from facetds.randomness import generator


def train_arm(
    disfa: Path,
    backbone_weights: Path,
    out: Path,
    state: Path,
    folds: int,
    early_stopping: str,
    stopping_subjects: int,
    backbone: str,
    size: int,
    weights: str,
    freeze_backbone: bool,
    loss: str,
    learning_rate: float,
    epochs: int,
    batch: int,
    patience: int,
    training_seeds: int,
    backend: str,
    threads: int,
    seed: int,
    subject_baseline: str = "none",
    reference_frames: int = 5,
    augmentations: list[str] | None = None,
    synthetic: Annotated[
        list[Path] | None, typer.Argument(help="Inputs of synthetic sets.")
    ] = None,
) -> None:
    """Write `out`/fold-NN/ for every fold, and `out`/training.json about how they were trained.

    `state` keeps the finished folds of a run that is killed.
    """
    check_learning_rate(weights, learning_rate)
    check_loss(loss)
    check_baseline(subject_baseline)
    check_augmentations(augmentations or [])
    if freeze_backbone and changes_pixels(augmentations or []):
        raise FacetdsError(
            "fer.augmentations other than flip change the images of every epoch, and "
            "fer.freeze_backbone computes features of each once; set one of them otherwise."
        )
    files = [disfa, *(synthetic or [])]
    sets = [read_inputs(path, freeze_backbone) for path in files]
    if len({str(each["weights"]) for each in sets}) > 1:
        raise FacetdsError("The inputs are of several backbones; make results/fer/features again.")
    told = None
    if subject_baseline != "none":
        random = generator(seed, "fer.references")
        sets[0]["references"] = choose_references(sets[0], reference_frames, random)
        for each in sets[1:] if subject_baseline == "siamese" else []:
            each["references"] = choose_counterparts(each, reference_frames, random)
        told = describe_references(sets[0], reference_frames)
    plan = plan_folds(pd.unique(sets[0]["subject"]), folds, early_stopping, stopping_subjects)
    # The dense layers alone are too small for a second thread to be of use.
    runtime = start_keras(backend, 1 if freeze_backbone else threads, seed)
    from facetds.fer import arms

    options = arms.Options(
        backbone=backbone,
        size=size,
        weights=weights,
        freeze_backbone=freeze_backbone,
        loss=loss,
        augmentations=tuple(augmentations or []),
        learning_rate=learning_rate,
        epochs=epochs,
        batch=batch,
        patience=patience,
        training_seeds=training_seeds,
        seed=seed,
        subject_baseline=subject_baseline,
    )
    about = {
        "class_weights": [row for fold in plan for row in list_weights(sets, fold, loss)],
        "early_stopping": early_stopping,
        "folds": [asdict(fold) for fold in plan],
        "inputs": {path.name: digest(path) for path in (backbone_weights, *files)},
        "options": asdict(options),
        "references": told,
        "runtime": runtime,
        "synthetic_images": sum(len(each["labels"]) for each in sets[1:]),
        "synthetic_positives": count_positives(sets[1:]).tolist(),
    }
    everything = json.dumps([about, code_digest("facetds.fer.train_arm")])
    key = hashlib.sha256(everything.encode()).hexdigest()[:16]
    arms.train_folds(sets, plan, options, backbone_weights, state, key, out)
    write_json(out / "training.json", about)


def count_positives(sets: list[dict[str, np.ndarray]]) -> np.ndarray:
    """Return how many images of some sets show each AU, int64."""
    return sum((each["labels"].sum(axis=0, dtype=np.int64) for each in sets), np.zeros(6, np.int64))


def list_weights(
    sets: list[dict[str, np.ndarray]], fold: Fold, loss: str
) -> list[dict[str, object]]:
    """Return fold and the columns of `weigh_classes`, a row per AU, of a fold's training images."""
    labels = sets[0]["labels"][select_rows(sets[0], fold.training)]
    positives = labels.sum(axis=0, dtype=np.int64) + count_positives(sets[1:])
    images = len(labels) + sum(len(each["labels"]) for each in sets[1:])
    table = weigh_classes(positives, images, loss).assign(fold=fold.number)
    return table.to_dict("records")


if __name__ == "__main__":
    command.run(train_arm)
