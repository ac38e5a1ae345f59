"""How far do two runs of the classifier differ, on the frames that both were tested on?

PYTHONPATH=workflow_scripts python benchmarks/fer_runs.py results/fer/enhanced other/fer/enhanced
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from facetds import command
from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.fer.evaluation import (
    MEAN,
    SCORE_NAMES,
    draw_counts,
    interval,
    resample_arm,
    within_subject_auc,
)
from facetds.randomness import generator
from facetds.tables import read_table

KEYS = ["subject", "frame"]


def read_common(runs: list[Path]) -> list[pd.DataFrame]:
    """Return the predictions of arms (folders), frame by frame, that all of them have.

    Raises `FacetdsError` if there are none, or their labels differ.
    """
    tables = [read_table(run / "predictions.csv", (*KEYS, *AU_NAMES)) for run in runs]
    tables = [table.set_index(KEYS).sort_index() for table in tables]
    common = tables[0].index
    for table in tables[1:]:
        common = common.intersection(table.index)
    if not len(common):
        raise FacetdsError(f"{' and '.join(map(str, runs))} share no frame; name two arms.")
    chosen = [table.loc[common] for table in tables]
    if not all(table[list(AU_NAMES)].equals(chosen[0][list(AU_NAMES)]) for table in chosen):
        raise FacetdsError("The labels of the arms differ; compare runs on the same data.")
    return [table.reset_index() for table in chosen]


def run(
    runs: Annotated[list[Path], typer.Argument(help="Folders of two arms, results/fer/ARM.")],
    replicates: int = 2000,
    seed: int = 1,
) -> None:
    """Print the pooled AUC of two runs and their difference, second minus first, by AU.

    The 95 % intervals are of the same draws of subjects for both.
    """
    if len(runs) != 2:
        raise FacetdsError(f"{len(runs)} folders are given; name two.")
    tables = read_common(runs)
    subjects = tables[0]["subject"].nunique()
    print(f"{len(tables[0]):,} frames of {subjects} subjects that both were tested on")
    once = [resample_arm(table, np.ones((1, subjects), np.int64)).iloc[0] for table in tables]
    counts = draw_counts(subjects, replicates, generator(seed, "benchmarks.fer_runs"))
    gap = resample_arm(tables[1], counts) - resample_arm(tables[0], counts)
    for au in (*AU_NAMES, MEAN):
        low, high = interval(gap[au].to_numpy(), subjects=subjects)
        first, second = (areas[au] for areas in once)
        span = f"{low:+.3f} to {high:+.3f}"
        print(f"{au}: {first:.3f} to {second:.3f}, {second - first:+.3f} ({span})")
    within = [
        np.nanmean(
            [
                within_subject_auc(table[au].to_numpy(), table[score].to_numpy(), table["subject"])
                for au, score in zip(AU_NAMES, SCORE_NAMES, strict=True)
            ]
        )
        for table in tables
    ]
    print(f"mean AUC within subjects: {within[0]:.3f} to {within[1]:.3f}")


if __name__ == "__main__":
    command.run(run)
