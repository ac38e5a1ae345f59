"""Choose the training images of all batches by their tables, and a random control."""

from pathlib import Path

import numpy as np
import pandas as pd

from facetds import command
from facetds.errors import FacetdsError
from facetds.labels import read_labels
from facetds.progress import say
from facetds.select import choice
from facetds.select.copies import count_copies
from facetds.select.quotas import combine_labels
from facetds.select.tables import calibrate_whole, join_batches, join_originals
from facetds.tables import write_table

COLUMNS = ["batch", "image", "seed"]


def choose_images(
    scores: Path,
    out: Path,
    batches: int,
    labels: Path,
    selected: Path,
    random: Path,
    balance_out: Path,
    copies: Path,
    mode: str,
    keep: int,
    votes: list[str],
    good_enough: float,
    gate_percentile: float,
    gate_margin: float,
    gate_width: float,
    duplicate: float,
    candidates: float,
    balance: float,
    seed: int,
    seed_spread: float | None = None,
    thresholds: list[str] | None = None,
) -> None:
    """Write why each image of all batches was kept or dropped to the table `out`.

    The folder `scores` holds the tables of the stage iqa. `selected` and `random` get batch, image
    and seed of the chosen images and of the control; `balance_out` the numbers of each AU
    combination: generated, readable, usable (passed the gates), selected, random; `copies` how
    near each set comes to the originals (see `count_copies`).
    """
    rules = choice.Rules(
        keep=keep,
        votes=votes,
        thresholds=thresholds or [],
        good_enough=good_enough,
        gate_width=gate_width,
        duplicate=duplicate,
        seed_spread=seed_spread,
        candidates=candidates,
        balance=balance,
    )
    whole = calibrate_whole(scores, gate_percentile, gate_margin)
    table = join_batches(scores, batches, whole)
    combinations = combine_labels(table["seed"].to_numpy(), read_labels(labels))
    originals = join_originals(scores)
    if mode == "thesis":
        chosen = choice.choose_by_thesis(table, rules)
    else:
        chosen = choice.choose_soundly(table, originals, whole, combinations, rules)
    readable = table["problem"].isna().to_numpy()
    chosen["random"] = choice.draw_control(chosen, readable, combinations, seed).astype(int)
    for reason, count in chosen["reason"].value_counts().items():
        say(f"{count:7,} {reason}")
    kept, control = chosen["kept"] == 1, chosen["random"] == 1
    if not kept.any():
        raise FacetdsError(
            f"No image was selected of {len(chosen):,} ({_most_frequent(chosen['reason'])}); "
            "loosen select.gate_margin, select.gate_width or select.thresholds, or set select.mode "
            "to thesis."
        )
    say(f"{kept.sum():,} of {len(chosen):,} images selected, and as many drawn at random")
    write_table(copies, count_copies(table, chosen, originals, duplicate))
    write_table(balance_out, _count(chosen, combinations, readable))
    write_table(out, chosen)
    write_table(selected, chosen.loc[kept, COLUMNS])
    write_table(random, chosen.loc[control, COLUMNS])


def _count(chosen: pd.DataFrame, combinations: np.ndarray, readable: np.ndarray) -> pd.DataFrame:
    """Return the numbers of images of each AU combination."""
    ranked = chosen["reason"].isin(choice.RANKED)
    counts = pd.DataFrame(
        {
            "generated": 1,
            "readable": readable.astype(int),
            "usable": ranked.astype(int).to_numpy(),
            "selected": chosen["kept"].to_numpy(),
            "random": chosen["random"].to_numpy(),
        }
    )
    return counts.groupby(combinations).sum().rename_axis("combination").reset_index()


def _most_frequent(reasons: pd.Series) -> str:
    counts = reasons.value_counts()
    return (
        f"{counts.iloc[0]:,} of them: {counts.index[0]}" if len(counts) else "the batches are empty"
    )


if __name__ == "__main__":
    command.run(choose_images)
