"""Who took part in which role of a fold, recorded from the very arrays that were used."""

import numpy as np
import pandas as pd

from facetds.aus import AU_NAMES

DISFA, SYNTHETIC = "disfa", "synthetic"
"""Where rows come from: their names are subjects of DISFA, or seeds of synthetic images."""

TRAINING, STOPPING, VALIDATION = "training", "stopping", "validation"

REFERENCE = "reference"
"""Neutral frames of the people in stopping and validation, which are not scored themselves."""


def list_rows(role: str, arrays: dict[str, np.ndarray], rows: np.ndarray) -> pd.DataFrame:
    """Return role, origin, name, images, AU1..: how many rows of each name, and how many positive.

    arrays: labels (0/1 N x AUs), and subject or seed (N); rows: int64, those that take part.
    """
    origin, key = (DISFA, "subject") if "subject" in arrays else (SYNTHETIC, "seed")
    table = pd.DataFrame(arrays["labels"][rows].astype(np.int64), columns=list(AU_NAMES))
    table = table.assign(images=1).groupby(arrays[key][rows].astype(str)).sum()
    table = table.rename_axis("name").reset_index().assign(role=role, origin=origin)
    return table[["role", "origin", "name", "images", *AU_NAMES]]


def find_straddlers(split: pd.DataFrame) -> list[str]:
    """Return which names of one fold are in training and elsewhere, or, if seeds, in two roles.

    A name is a person, or a seed, whose images are near copies of each other. Subjects may be both
    stopped by and reported on: fer.early_stopping thesis asks for that, and it is told apart.
    """
    problems = []
    for (origin, name), roles in split.groupby(["origin", "name"])["role"]:
        found = sorted(set(roles))
        if len(found) > 1 and (origin == SYNTHETIC or TRAINING in found):
            problems.append(f"{origin} {name} in {' and '.join(found)}")
    return problems


def find_miscounts(split: pd.DataFrame, disfa: dict[str, np.ndarray]) -> list[str]:
    """Return for which subjects of one fold the images or positives are not those of the crops.

    Joined by the names of subjects and AUs, so that neither order matters. References are counted
    with what is scored. disfa: labels, subject.
    """
    counts = ["images", *AU_NAMES]
    crops = list_rows("", disfa, np.arange(len(disfa["labels"]))).set_index("name")[counts]
    real = split[split["origin"] == DISFA].set_index("name")
    beside = real.loc[real["role"] == REFERENCE, counts]
    problems = []
    for role in (TRAINING, STOPPING, VALIDATION):
        used = real.loc[real["role"] == role, counts]
        if role != TRAINING:
            used = used.add(beside.reindex(used.index), fill_value=0)
        wrong = (used != crops.reindex(used.index)).any(axis=1)
        problems += [f"{name} in {role}" for name in used.index[wrong]]
    return problems
