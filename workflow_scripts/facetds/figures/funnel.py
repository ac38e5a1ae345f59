"""How many items are left after each step, from data to training set."""

import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from facetds.completeness import FAULTS
from facetds.tables import read_table

NAN = float("nan")
HARD = ("unreadable", "no_face", "several_faces")
RANKED = ("kept", "ranked_below", "less_spread", "seed_cap", "near_duplicate")


def count_steps(files: Iterable[Path]) -> pd.DataFrame:
    """Return phase, step, count and of (what the count is a share of; NaN for none).

    The files are known by the end of their paths; a step whose files are missing counts NaN.
    """
    files = [path for path in files if path.suffix == ".csv"]

    def find(pattern: str) -> list[Path]:
        return [path for path in files if re.search(pattern, path.as_posix())]

    def count(pattern: str) -> float:
        found = find(pattern)
        return float(sum(len(read_table(path)) for path in found)) if found else NAN

    images, frames = count(r"data/cfd\.csv$"), count(r"data/disfa_selected\.csv$")
    previews, generated = count(r"seeds/shard-\d+\.csv$"), count(r"generate/batch-\d+\.csv$")
    choices = find(r"select/choices\.csv$")
    chosen = read_table(choices[0], ("reason", "kept")) if choices else None
    rows = [
        ("Data", "CFD images", images, NAN),
        ("Data", "DISFA frames", frames, NAN),
        ("Faces", "CFD crops", count(r"crop/cfd\.csv$"), images),
        ("Faces", "DISFA crops", count(r"crop/disfa/SN\d+\.csv$"), frames),
        ("Seeds", "previews", previews, NAN),
        ("Seeds", "labelled seeds", count(r"seeds/seed_labels\.csv$"), previews),
        ("Generated", "images", generated, NAN),
        ("Quality", "one clear face", _passing(chosen, HARD), generated),
        ("Quality", "whole, in colour", _passing(chosen, (*HARD, *FAULTS.values())), generated),
        ("Quality", "all gates", _ranked(chosen), generated),
        ("Selected", "best of batches", _kept(chosen), generated),
        ("Selected", "annotated", count(r"annotate/selected\.csv$"), generated),
    ]
    return pd.DataFrame(rows, columns=["phase", "step", "count", "of"])


def _passing(choices: pd.DataFrame | None, reasons: tuple[str, ...]) -> float:
    """Return how many images no gate of `reasons` held back (some of them fill up the batches)."""
    if choices is None:
        return NAN
    gates = choices["reason"].str.removeprefix("filled:")
    return float((~gates.isin(reasons)).sum())


def _ranked(choices: pd.DataFrame | None) -> float:
    """Return how many images passed all gates, and so were ranked."""
    if choices is None:
        return NAN
    return float(choices["reason"].str.removeprefix("filled:").isin(RANKED).sum())


def _kept(choices: pd.DataFrame | None) -> float:
    return NAN if choices is None else float(choices["kept"].sum())
