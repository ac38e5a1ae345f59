"""Choose the best images of one batch by their scores, and a random control of equal size."""

from pathlib import Path

import pandas as pd

from facetds import command
from facetds.errors import FacetdsError
from facetds.progress import say
from facetds.select.choice import choose
from facetds.select.gates import SOFT, face_limits
from facetds.tables import read_table, write_table


def rank_batch(
    scores: Path,
    faces: Path,
    original_faces: Path,
    out: Path,
    batch: int,
    keep: int,
    mode: str,
    votes: list[str],
    gate_percentile: float,
    seed: int,
    seed_spread: float | None = None,
) -> None:
    """Write a row per image of the batch: reason, votes, aggregate, place, kept, random."""
    table = read_table(scores, ("image", "seed", "problem"))
    measures = read_table(faces, ("image", "seed", "problem", "n_faces", *SOFT))
    if list(table["image"]) != list(measures["image"]):
        raise FacetdsError(f"{scores} and {faces} differ in their images; make both again.")
    table = pd.concat([table, measures.drop(columns=["image", "seed", "problem"])], axis=1)
    limits = face_limits(read_table(original_faces, SOFT), gate_percentile)
    chosen = choose(
        table,
        limits,
        keep=keep,
        mode=mode,
        votes=votes,
        seed_spread=seed_spread,
        seed=seed,
        batch=batch,
    )
    for reason, count in chosen["reason"].value_counts().items():
        say(f"{count:5d} {reason}")
    write_table(out, chosen)


if __name__ == "__main__":
    command.run(rank_batch)
