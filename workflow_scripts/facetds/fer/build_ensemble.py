"""Put the models of all folds of an arm into one file, and measure them together."""

import json
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer

from facetds import command
from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.faces import PREDICTOR_SHA256
from facetds.fer import ensemble_scores
from facetds.fer.ensemble_scores import SEEN
from facetds.fer.inputs import read_inputs
from facetds.fer.runtime import start_keras
from facetds.fer.subject_baseline import (
    average_neutral,
    recall_references,
    score,
    select_scored,
)
from facetds.files import digest
from facetds.progress import say
from facetds.randomness import generator
from facetds.tables import read_table, write_table


def build_ensemble(
    folds: Annotated[list[Path], typer.Argument(help="Weights of all folds, in order.")],
    training: Path,
    predictions: Path,
    thresholds: Path,
    disfa: Path,
    backbone_weights: Path,
    backbone_report: Path,
    arm: str,
    model: Path,
    scores: Path,
    bootstrap: int,
    crop_size: int,
    zoom: float,
    center_shift: float,
    detect_size: int,
    upsample: int,
    max_padded: float,
    threads: int,
    backend: str,
    seed: int,
    predictor: Path | None = None,
) -> None:
    """Write the ensemble to `model` (.keras, with what prediction needs inside), and its scores.

    The thresholds are those of `thresholds` for the arm: a member's were chosen on the predictions
    for the other folds.
    """
    told = json.loads(training.read_text(encoding="utf-8"))
    limits = read_table(thresholds, ("arm", "fold", "au", "threshold"))
    limits = limits[limits["arm"] == arm].pivot(index="fold", columns="au", values="threshold")
    if len(limits) != len(folds):
        raise FacetdsError(f"{thresholds} has no thresholds of {len(folds)} folds for {arm}.")
    limits = limits[list(AU_NAMES)]
    start_keras(backend, threads, seed)
    from facetds.fer.arms import Options
    from facetds.fer.ensemble import build_ensemble
    from facetds.fer.model_files import write_model
    from facetds.fer.training import predict

    options = Options(**told["options"])
    joined, trained = build_ensemble(options, backbone_weights, folds)
    backbone = json.loads(backbone_report.read_text(encoding="utf-8"))
    about = {
        "arm": arm,
        "aus": AU_NAMES,
        "members": len(folds),
        "size": options.size,
        "pixels": "RGB, 0 to 255",
        "subject_baseline": options.subject_baseline,
        "crop": {
            "size": crop_size,
            "zoom": zoom,
            "center_shift": center_shift,
            "detect_size": detect_size,
            "upsample": upsample,
            "max_padded": max_padded,
            "predictor_sha256": digest(predictor) if predictor else PREDICTOR_SHA256,
        },
        "thresholds": limits.astype(object).where(limits.notna(), None).to_numpy().tolist(),
        "stamp": {
            "backbone": backbone["backbone"],
            "backbone_weights": backbone["weights"],
            "training": {k: told[k] for k in ("early_stopping", "options", "synthetic_images")},
            "inputs": told["inputs"],
            "runtime": told["runtime"],
        },
    }
    crops, values, usual = read_inputs(disfa), limits.to_numpy(), None
    ask = partial(predict, trained, batch=options.batch)
    if told.get("references"):
        crops["references"] = recall_references(crops, told["references"])
    if options.subject_baseline == "subtract":
        usual = average_neutral(ask, crops, [fold["training"] for fold in told["folds"]])
        about["usual"] = usual.tolist()
    write_model(model, joined, about)
    rows = select_scored(crops, np.unique(crops["subject"]))
    random = generator(seed, "fer.ensemble")
    tables = [
        ensemble_scores.score_cross_validated(read_table(predictions), limits, bootstrap, random),
        ensemble_scores.score_ensemble(
            SEEN,
            crops["labels"][rows],
            crops["subject"][rows],
            score(
                options.subject_baseline,
                ask,
                crops["inputs"],
                rows,
                crops.get("references"),
                usual,
            ),
            values,
            bootstrap,
            random,
        ),
    ]
    table = pd.concat(tables, ignore_index=True)
    write_table(scores, table, decimals=6)
    _print(arm, table, told["folds"])


def _print(arm: str, table: pd.DataFrame, folds: list[dict[str, Any]]) -> None:
    """Say what the ensemble reaches, and which figure is none of a test."""
    names = folds[0]["validation"]
    saw = sum(names[0] in fold["training"] for fold in folds)
    notes = {
        SEEN: f"NOT A TEST: {saw} of {len(folds)} members were trained on {names[0]}, and so on",
        ensemble_scores.CROSS_VALIDATED: "a test: each subject by the model that did not see it",
    }
    means = table.groupby(["set", "rule"], sort=False)["auc"].mean()
    for (name, rule), area in means.items():
        say(f"{arm}, {name}, {rule}: mean AUC {area:.3f} ({notes[name]})")


if __name__ == "__main__":
    command.run(build_ensemble)
