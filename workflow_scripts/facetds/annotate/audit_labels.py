"""Audit the annotated sets: images, seeds and agreement per AU, and how AUs occur together."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from facetds import command
from facetds.annotate.annotation import count_labels, count_pairs
from facetds.annotate.audit import CHANCES, compare_checks
from facetds.aus import AU_NAMES
from facetds.progress import say
from facetds.tables import read_table, write_table


def audit_labels(
    files: Annotated[list[Path], typer.Argument(help="Tables of the sets, then their checks.")],
    audit: Path,
    pairs: Path,
    seed: int,
) -> None:
    """Write both tables; a set is named after its table.

    audit: set, au, images, share, seeds, effective_seeds (`count_labels`), checked, agreement,
    elsewhere (each with _low and _high), auc (`compare_checks`). pairs: set, au_a, au_b, images.
    `seed` is the root of the bootstrap.
    """
    half = len(files) // 2
    audits, joint = [], []
    for path, checks in zip(files[:half], files[half:], strict=True):
        table = read_table(path, ("image", "seed", *AU_NAMES))
        labels = table[list(AU_NAMES)].to_numpy()
        found = compare_checks(table, read_table(checks, ("image", "reason", *CHANCES)), seed)
        counts = count_labels(table["seed"].to_numpy(), labels).merge(found, on="au", how="left")
        counts["checked"] = counts["checked"].astype("Int64")
        counts.insert(0, "set", path.stem)
        audits.append(counts)
        joint.append(count_pairs(labels).assign(set=path.stem))
        say(f"{path.stem}: " + ", ".join(f"{r.au} AUC {r.auc:.2f}" for r in found.itertuples()))
    write_table(audit, pd.concat(audits), decimals=4)
    write_table(pairs, pd.concat(joint)[["set", "au_a", "au_b", "images"]])


if __name__ == "__main__":
    command.run(audit_labels)
