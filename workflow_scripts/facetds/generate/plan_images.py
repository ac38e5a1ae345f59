"""Plan every image that will be generated: its seed, index, degree, order and batch."""

from pathlib import Path

import numpy as np
import pandas as pd

from facetds import command
from facetds.files import digest
from facetds.generate.plan import GROUPS, check_psi, judge_variants, list_variants, plan_batches
from facetds.labels import read_labels
from facetds.latents import check_indexes, read_directions
from facetds.progress import say
from facetds.tables import read_table, write_table


def plan_images(
    labels: Path,
    network: Path,
    directions: Path,
    out: Path,
    variants: Path,
    indexes: list[int],
    degrees: list[float],
    n_images: int,
    batch_size: int,
    psi: float,
    sampling: str,
    balance: str,
    seed: int,
    drift: Path | None = None,
    max_drift: float = 1.0,
) -> None:
    """Write a row per image to `out`, and to `variants` which (index, degree) take part.

    All labelled seeds take part, neutral ones too. With the audit's `drift`, directions are
    followed only as far as they keep the labels (`judge_variants`).
    """
    code = digest(network)
    known = read_labels(labels, code)
    check_psi(labels, known, psi)
    check_indexes(indexes, read_directions(directions, code))
    wanted = list_variants(indexes, degrees)
    if drift is None:
        judged = pd.DataFrame(wanted, columns=["index", "degree"]).assign(drift=np.nan, kept=1)
    else:
        measured = read_table(drift, ("index", "degree", "drift"))
        judged = judge_variants(wanted, measured, max_drift, -(-n_images // len(known)))
    kept = [(row.index, row.degree) for row in judged[judged["kept"] == 1].itertuples(index=False)]
    plan = plan_batches(known, kept, n_images, batch_size, psi, seed, sampling, balance)
    say(f"{len(kept)} of {len(wanted)} variants (index x degree) take part")
    say(f"{len(plan):,} images of {plan['seed'].nunique():,} seeds")
    shown = plan.merge(known, on="seed")[list(GROUPS)].mean()
    say(", ".join(f"{name} {share:.0%}" for name, share in shown.items()))
    write_table(variants, judged, decimals=4)
    write_table(out, plan)


if __name__ == "__main__":
    command.run(plan_images)
