"""Training one arm: a classifier per fold, on DISFA and synthetic images (thesis 3.10.3).

Import it after `runtime.start_keras`.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from facetds.aus import AU_NAMES
from facetds.fer import backbones, networks, siamese, splits, subject_baseline
from facetds.fer.evaluation import SCORE_NAMES, list_areas, list_curves
from facetds.fer.folds import Fold
from facetds.fer.inputs import Examples, part_of, select_rows
from facetds.fer.labelling import decide_labels
from facetds.fer.losses import Loss
from facetds.fer.training import Stopping, fit, predict
from facetds.files import digest, replacing, replacing_directory, write_json
from facetds.locks import locked
from facetds.progress import say, track
from facetds.randomness import generator
from facetds.tables import write_table

FILES = (
    "model.weights.h5",
    "history.csv",
    "predictions.csv",
    "roc.csv",
    "seeds.csv",
    "split.csv",
    "class_weights.csv",
    "training.json",
)
"""What every fold leaves."""

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Options:
    """How a fold is trained; the names are those of the config section `fer`."""

    backbone: str
    size: int
    weights: str
    freeze_backbone: bool
    loss: str
    augmentations: tuple[str, ...]
    learning_rate: float
    epochs: int
    batch: int
    patience: int
    training_seeds: int
    seed: int
    subject_baseline: str = "none"


@dataclass(frozen=True)
class Classifier:
    """A compiled model, traced once for all folds, its dense layers, loss, and first state."""

    model: keras.Model
    head: keras.Model
    loss: Loss
    start: list[np.ndarray]


@dataclass(frozen=True)
class Study:
    """What an arm is trained and tested on.

    disfa: inputs, mirrored, labels, subject, frame; synthetic: inputs, mirrored, labels, seed, or
    None; labellers: by the number of the fold, the weights of the model that labels the synthetic
    images in place of their seeds.
    """

    disfa: Arrays
    synthetic: Arrays | None = None
    labellers: dict[int, Path] = field(default_factory=dict)


def train_folds(
    study: Study,
    plan: Sequence[Fold],
    options: Options,
    about: dict[str, object],
    weights: Path,
    state: Path,
    key: str,
    out: Path,
) -> None:
    """Train folds of an arm, and write `out`/fold-NN/ with `FILES`; `about` is put on record.

    Finished folds wait in `state`/`key`, outside the outputs, until all are done; a run that was
    killed goes on from them. `key` stands for everything that the results depend on, so that the
    folds of another code, input or option are never taken for these.
    """
    with locked(state):
        for other in state.iterdir():
            if other.is_dir() and other.name != key:
                shutil.rmtree(other)
        classifier = build_arm(options, weights, study.disfa["inputs"].shape[-1])
        for fold in track(plan, what=f"train {out.name}", unit="fold"):
            finished = state / key / f"fold-{fold.number:02d}"
            if not finished.is_dir():
                with replacing_directory(finished) as folder:
                    labelled = train_fold(classifier, study, fold, options, folder)
                    write_json(folder / "training.json", about | {"fold": asdict(fold)} | labelled)
        for fold in plan:
            name = f"fold-{fold.number:02d}"
            for file in FILES:
                with replacing(out / name / file) as temporary:
                    shutil.copyfile(state / key / name / file, temporary)
        shutil.rmtree(state)


def build_arm(options: Options, weights: Path, features: int) -> Classifier:
    """Return the classifier: of cached features (so many) or, not frozen, of images."""
    branches = 2 if options.subject_baseline == "siamese" else 1
    if options.freeze_backbone:
        model = head = networks.build_head(branches * features, standardised=True)
    else:
        backbone = backbones.build_backbone(options.backbone, options.size)
        networks.load_weights(backbone, weights)
        head = networks.build_head(branches * backbone.output_shape[-1])
        build = siamese.build_siamese if branches == 2 else networks.build_classifier
        model = build(backbone, head, options.weights == "none")
    loss = Loss(options.loss)
    networks.compile_model(model, options.learning_rate, loss.function())
    return Classifier(model, head, loss, networks.read_state(model))


def train_fold(
    classifier: Classifier, study: Study, fold: Fold, options: Options, folder: Path
) -> dict[str, object]:
    """Train and test one fold, and write `FILES` into `folder`, but for training.json.

    Everything random follows from the root seed, the fold and the training seed, so a fold is the
    same whichever were trained before it. Model, predictions and curves are those of the first
    training seed; the others only show, in seeds.csv, what the luck of training is worth. Returns
    how a model labelled the synthetic images, nothing if none did.
    """
    model, disfa, histories, areas = classifier.model, study.disfa, [], []
    synthetic, labelled = label_synthetic(model, study, fold, options)
    sets = [(disfa, select_rows(disfa, fold.training))]
    if synthetic is not None:
        sets.append((synthetic, np.arange(len(synthetic["labels"]))))
    parts = [part_of(arrays, rows) for arrays, rows in sets]
    training = Examples(parts)
    write_table(folder / "class_weights.csv", classifier.loss.fit(training.labels()), decimals=6)
    score = make_scorer(model, disfa, fold, options)
    rows = subject_baseline.select_scored(disfa, fold.stopping)
    stopping = Stopping(disfa["labels"][rows], partial(score, rows), options.patience)
    tested = sorted({*fold.stopping, *fold.validation})
    roles = [
        *((splits.TRAINING, *each) for each in sets),
        (splits.STOPPING, disfa, rows),
        (splits.VALIDATION, disfa, subject_baseline.select_scored(disfa, fold.validation)),
        (splits.REFERENCE, disfa, subject_baseline.select_references(disfa, tested)),
    ]
    write_table(folder / "split.csv", pd.concat([splits.list_rows(*role) for role in roles]))
    for number in range(options.training_seeds):
        if options.subject_baseline == "siamese":
            chosen = [arrays["references"] for arrays, _ in sets]
            random = generator(options.seed, "fer.pairs", fold.number, number)
            training = subject_baseline.Pairs(parts, chosen, random)
        networks.write_state(model, classifier.start)
        networks.draw_head(classifier.head, options.seed, fold.number, number)
        if options.freeze_backbone:
            networks.set_scale(classifier.head, training.gather())
        random = generator(options.seed, "fer.order", fold.number, number)
        history = fit(
            model, training, stopping, options.epochs, options.batch, random, options.augmentations
        )
        predictions = predict_fold(disfa, fold, score)
        histories.append(pd.DataFrame(history).assign(training_seed=number))
        areas.append(list_areas(predictions).assign(training_seed=number))
        if number == 0:
            networks.save_weights(model, folder / "model.weights.h5")
            write_table(folder / "predictions.csv", predictions)
            write_table(folder / "roc.csv", list_curves(predictions), decimals=6)
    write_table(folder / "history.csv", pd.concat(histories), decimals=6)
    write_table(folder / "seeds.csv", pd.concat(areas)[["training_seed", "au", "auc"]], decimals=6)
    say(
        f"fold {fold.number}: {len(training):,} images, {len(histories[0])} epochs, AUC "
        f"{areas[0]['auc'].mean():.3f} on {' '.join(fold.validation)}"
    )
    return labelled


def label_synthetic(
    model: keras.Model, study: Study, fold: Fold, options: Options
) -> tuple[Arrays | None, dict[str, object]]:
    """Return the synthetic set, if any, with the labels that `fold` trains with, and who gave them.

    A labeller's weights stay in `model`. It looks at synthetic faces as they are: these have no
    neutral face of their own that a score could be subtracted from.
    """
    disfa, synthetic = study.disfa, study.synthetic
    if synthetic is None or not study.labellers:
        return synthetic, {}
    weights = study.labellers[fold.number]
    networks.load_weights(model, weights)
    known = select_rows(disfa, fold.training)
    chances, scores = (
        subject_baseline.score(
            "siamese" if options.subject_baseline == "siamese" else "none",
            partial(predict, model, batch=options.batch),
            arrays["inputs"],
            rows,
            arrays.get("references"),
            None,
        )
        for arrays, rows in ((disfa, known), (synthetic, np.arange(len(synthetic["labels"]))))
    )
    labels, limits = decide_labels(disfa["labels"][known], chances, scores)
    told = {"arm": weights.parents[1].name, "sha256": digest(weights), "thresholds": limits}
    return synthetic | {"labels": labels}, {"labeller": told}


def make_scorer(
    model: keras.Model, disfa: dict[str, np.ndarray], fold: Fold, options: Options
) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function: DISFA rows (int64 B) -> probabilities B x 6 of the model as it is then.

    Scores by subtraction rest on the people that `fold` trains on, and on those who are scored.
    """
    ask = partial(predict, model, batch=options.batch)

    def score(rows: np.ndarray) -> np.ndarray:
        usual = None
        if options.subject_baseline == "subtract":
            usual = subject_baseline.find_neutral(ask, disfa, fold.training).mean(axis=0)
        return subject_baseline.score(
            options.subject_baseline, ask, disfa["inputs"], rows, disfa.get("references"), usual
        )

    return score


def predict_fold(
    disfa: dict[str, np.ndarray], fold: Fold, score: Callable[[np.ndarray], np.ndarray]
) -> pd.DataFrame:
    """Return subject, frame, AU1.. (labels), P_AU1.. (probabilities) of a fold's validation.

    References are left out.
    """
    rows = subject_baseline.select_scored(disfa, fold.validation)
    table = pd.DataFrame({"subject": disfa["subject"][rows], "frame": disfa["frame"][rows]})
    table[list(AU_NAMES)] = disfa["labels"][rows]
    table[list(SCORE_NAMES)] = score(rows)
    return table
