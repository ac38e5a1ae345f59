"""Train folds of one arm in one process; folds that a killed run finished are kept."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from facetds import command
from facetds.code import code_digest
from facetds.errors import FacetdsError
from facetds.fer.augmentation import changes_pixels, check_augmentations
from facetds.fer.folds import plan_folds
from facetds.fer.inputs import choose_images, read_inputs
from facetds.fer.labelling import check_labeller
from facetds.fer.rates import check_learning_rate
from facetds.fer.runtime import start_keras
from facetds.fer.subject_baseline import (
    check_baseline,
    choose_counterparts,
    choose_references,
    describe_references,
)
from facetds.fer.weighting import check_loss
from facetds.files import digest
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
    first_fold: int = 1,
    last_fold: int | None = None,
    synthetic: Path | None = None,
    images: int | None = None,
    share: float = 1.0,
    labellers: list[Path] | None = None,
) -> None:
    """Write `out`/fold-NN/ for the folds from `first_fold` to `last_fold`, or to the last one.

    `synthetic` are the inputs of a set of images that is added to training: all of them, or so many
    `images`, or that `share` of these. `labellers` are the weights of trained models of the same
    folds, in order, which label them in place of their seeds. `state` keeps the finished folds of a
    run that is killed.
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
    files = [path for path in (disfa, synthetic) if path]
    sets = [read_inputs(path, freeze_backbone) for path in files]
    if len({str(each["weights"]) for each in sets}) > 1:
        raise FacetdsError("The inputs are of several backbones; make results/fer/features again.")
    drawn = None
    if synthetic:
        drawn = choose_images(sets[1], images, share, generator(seed, "fer.images"), synthetic)
    told = None
    if subject_baseline != "none":
        random = generator(seed, "fer.references")
        sets[0]["references"] = choose_references(sets[0], reference_frames, random)
        if drawn and subject_baseline == "siamese":
            drawn["references"] = choose_counterparts(drawn, reference_frames, random)
        told = describe_references(sets[0], reference_frames)
    plan = plan_folds(pd.unique(sets[0]["subject"]), folds, early_stopping, stopping_subjects)
    plan = plan[first_fold - 1 : last_fold]
    given = dict(zip((fold.number for fold in plan), labellers, strict=True)) if labellers else {}
    for fold in plan if given else []:
        check_labeller(given[fold.number], fold)
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
        "early_stopping": early_stopping,
        "inputs": {path.name: digest(path) for path in (backbone_weights, *files)},
        "options": asdict(options),
        "references": told,
        "runtime": runtime,
        "synthetic_images": len(drawn["labels"]) if drawn else 0,
        "synthetic_labels": ("model" if given else "seed") if drawn else "none",
    }
    folds_and_labellers = [asdict(fold) for fold in plan], [digest(each) for each in given.values()]
    everything = json.dumps([about, folds_and_labellers, code_digest("facetds.fer.train_arm")])
    key = hashlib.sha256(everything.encode()).hexdigest()[:16]
    study = arms.Study(sets[0], drawn, given)
    arms.train_folds(study, plan, options, about, backbone_weights, state, key, out)


if __name__ == "__main__":
    command.run(train_arm)
