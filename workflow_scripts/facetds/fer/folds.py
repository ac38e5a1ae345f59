"""Cross-validation by subject (thesis 3.10.3, Figure 3.10)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facetds.errors import FacetdsError


@dataclass(frozen=True)
class Fold:
    """One fold: its number from 1, and the subjects it trains on, stops by and is reported on."""

    number: int
    training: tuple[str, ...]
    stopping: tuple[str, ...]
    validation: tuple[str, ...]


def plan_folds(
    subjects: Sequence[str], folds: int, early_stopping: str, stopping_subjects: int
) -> list[Fold]:
    """Return the folds: each validates the next subjects in order, equally many or one fewer.

    `early_stopping` is `thesis`: training stops by the very subjects that are reported, all
    others train; or `sound`: the `stopping_subjects` that follow the fold's own, around the end,
    are taken out of training and used instead.

    Raises `FacetdsError` for a subject named twice, or too few of them.
    """
    names = list(subjects)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise FacetdsError(
            f"{', '.join(twice)} would be in two folds; name every subject once in data.subjects."
        )
    inner = stopping_subjects if early_stopping == "sound" else 0
    largest = -(-len(names) // folds)
    if not 2 <= folds <= len(names) or largest + inner >= len(names):
        raise FacetdsError(
            f"{len(names)} subjects are too few for {folds} folds with {inner} subjects to stop "
            "by; lower fer.folds or fer.stopping_subjects, or add subjects."
        )
    plan = []
    for number, part in enumerate(np.array_split(names, folds), start=1):
        validation = tuple(map(str, part))
        after = names.index(validation[-1]) + 1
        ring = names[after:] + names[: names.index(validation[0])]
        plan.append(
            Fold(
                number,
                training=tuple(name for name in names if name in ring[inner:]),
                stopping=tuple(ring[:inner]) or validation,
                validation=validation,
            )
        )
    return plan
