"""What training left of an arm, gathered from its folds and checked."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from facetds.errors import FacetdsError
from facetds.fer.checks import check_arm
from facetds.fer.stamps import describe_arm
from facetds.tables import read_table


@dataclass(frozen=True)
class Arm:
    """An arm's results.

    predictions: fold, subject, frame, AU1.., P_AU1..; seeds: fold, training_seed, au, auc;
    training: of `merge_records`; checks: of `check_arm`, and what else is told of the arm; stamp:
    of `describe_arm`.
    """

    predictions: pd.DataFrame
    seeds: pd.DataFrame
    training: dict[str, object]
    checks: dict[str, object]
    stamp: dict[str, object]


def read_arm(folder: Path, folds: int, disfa: dict[str, np.ndarray]) -> Arm:
    """Return the results of an arm whose folds lie in `folder`, results/fer/<arm>.

    disfa: the inputs that it was tested on.

    Raises `FacetdsError` if the folds do not belong together or something leaked.
    """
    names = [f"fold-{fold:02d}" for fold in range(1, folds + 1)]
    records = [
        json.loads((folder / name / "training.json").read_text(encoding="utf-8")) for name in names
    ]
    training = merge_records(folder.name, records)
    predictions = _gather(folder, names, "predictions.csv")
    split, weights = (_gather(folder, names, f"{name}.csv") for name in ("split", "class_weights"))
    checks = check_arm(folder.name, training, predictions, disfa, split, weights)
    told = ("early_stopping", "synthetic_images", "synthetic_labels", "runtime")
    return Arm(
        predictions,
        _gather(folder, names, "seeds.csv"),
        training,
        checks | {key: training[key] for key in told},
        describe_arm(folder.name, training),
    )


def merge_records(arm: str, records: list[dict[str, object]]) -> dict[str, object]:
    """Return the records (training.json) of an arm's folds as one, with `folds` of all.

    `labellers` are those of all folds, None where no model labelled.

    Raises `FacetdsError` unless they agree in all else.
    """
    own = ("fold", "labeller")
    shared = [{key: r[key] for key in r if key not in own} for r in records]
    for number, part in enumerate(shared, start=1):
        if part != shared[0]:
            odd = ", ".join(sorted(key for key in part if part[key] != shared[0].get(key)))
            raise FacetdsError(
                f"results/fer/{arm}: fold {number} differs from fold 1 in {odd}; train both again."
            )
    return shared[0] | {
        "folds": [r["fold"] for r in records],
        "labellers": [r.get("labeller") for r in records],
    }


def _gather(folder: Path, names: list[str], file: str) -> pd.DataFrame:
    """Return a table of all folds of an arm, with the column fold in front."""
    tables = []
    for number, name in enumerate(names, start=1):
        table = read_table(folder / name / file)
        table.insert(0, "fold", number)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)
