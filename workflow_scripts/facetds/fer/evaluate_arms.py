"""Evaluate all arms together: areas under the ROC curve, intervals, differences, leak checks."""

from pathlib import Path

import numpy as np
import pandas as pd

from facetds import command
from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.fer import evaluation, measures
from facetds.fer.delong import list_frame_level
from facetds.fer.inputs import read_inputs
from facetds.fer.results import read_arm
from facetds.files import write_json
from facetds.randomness import generator
from facetds.tables import write_table

DETAILS = ("measures", "thresholds", "reliability", "precision_recall")
"""Tables with a row per arm and AU, and more, that are written side by side."""


def evaluate_arms(
    root: Path,
    disfa: Path,
    arms: list[str],
    main_contrast: list[str],
    folds: int,
    bootstrap: int,
    equivalence_margin: float,
    seed: int,
) -> None:
    """Write predictions.csv and training.json of each arm, the tables of all, and checks.json.

    `main_contrast` names two arms: its differences, first minus second, are adjusted by Holm. Areas
    that differ by less than `equivalence_margin`, surely enough, are called equivalent. stamps.csv
    says what each arm's results rest on; the main tables carry its stamp.
    """
    if len(set(main_contrast)) != 2 or not set(main_contrast) <= set(arms):
        raise FacetdsError(
            f"fer.main_contrast ({', '.join(main_contrast)}) must name two of fer.arms "
            f"({', '.join(arms)})."
        )
    crops = read_inputs(disfa)
    counts = evaluation.draw_counts(
        len(set(crops["subject"])), bootstrap, generator(seed, "fer.bootstrap")
    )
    areas, curves, replicates, summaries, checks = [], [], {}, {}, {}
    tested, details, stamps = {}, {name: [] for name in DETAILS}, {}
    for arm in arms:
        result = read_arm(root / arm, folds, crops)
        predictions, seeds = result.predictions, result.seeds
        checks[arm], stamps[arm] = result.checks, result.stamp
        write_json(root / arm / "training.json", result.training)
        by_fold = [
            evaluation.list_areas(part).assign(fold=fold)
            for fold, part in predictions.groupby("fold")
        ]
        by_fold = pd.concat(by_fold, ignore_index=True)
        replicates[arm] = evaluation.resample_arm(predictions, counts)
        summaries[arm] = evaluation.summarise_arm(predictions, by_fold, seeds, replicates[arm])
        areas.append(by_fold.assign(arm=arm))
        curves.append(evaluation.list_curves(predictions).assign(arm=arm))
        tested[arm] = predictions
        for name, table in _list_details(predictions, counts).items():
            table.insert(0, "arm", arm)
            details[name].append(table)
        write_table(root / arm / "predictions.csv", predictions)
    names = ["arm", "fold", "au", "auc", "frames", "positives", "undefined"]
    write_table(root / "auc.csv", _stamp(pd.concat(areas)[names], stamps), decimals=6)
    joined = pd.concat([t.assign(arm=arm) for arm, t in summaries.items()])
    names = ["arm", *(name for name in joined if name != "arm")]
    write_table(root / "summary.csv", _stamp(joined[names], stamps), decimals=6)
    roc = pd.concat(curves)[["arm", "au", "fpr", "tpr"]]
    write_table(root / "roc.csv", _stamp(roc, stamps), decimals=6)
    main = tuple(main_contrast)
    differences = evaluation.compare_arms(replicates, summaries, main, equivalence_margin)
    write_table(root / "differences.csv", _stamp(differences, stamps), decimals=6)
    write_table(root / "frame_level.csv", _stamp(list_frame_level(tested, main), stamps))
    for name, tables in details.items():
        write_table(root / f"{name}.csv", _stamp(pd.concat(tables), stamps), decimals=6)
    write_table(root / "stamps.csv", pd.DataFrame(stamps.values()))
    write_json(
        root / "checks.json",
        {
            "passed": True,
            "label_order": AU_NAMES,
            "bootstrap": bootstrap,
            "equivalence_margin": equivalence_margin,
            "arms": checks,
        },
    )


def _stamp(table: pd.DataFrame, stamps: dict[str, dict[str, object]]) -> pd.DataFrame:
    """Return a table by arm, by contrast ("first - second") or of either, with the column stamp."""
    names = table[next(name for name in ("arm", "contrast", "of") if name in table)]
    found = {n: " ".join(str(stamps[arm]["stamp"]) for arm in n.split(" - ")) for n in set(names)}
    return table.assign(stamp=names.map(found))


def _list_details(predictions: pd.DataFrame, counts: np.ndarray) -> dict[str, pd.DataFrame]:
    """Return the tables of one arm by the names in `DETAILS`."""
    thresholds = measures.list_thresholds(predictions)
    return {
        "measures": measures.list_measures(predictions, thresholds, counts),
        "thresholds": thresholds,
        "reliability": measures.list_reliability(predictions, counts),
        "precision_recall": measures.list_precision_recall(predictions),
    }


if __name__ == "__main__":
    command.run(evaluate_arms)
