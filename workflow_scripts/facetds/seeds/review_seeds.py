"""Let the simulated reviewers decide on every preview, and measure how far they agree."""

import json
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from facetds import command
from facetds.progress import say
from facetds.seeds.agreement import measure_agreement
from facetds.seeds.reviews import REVIEWERS, match_rates, review
from facetds.tables import read_table, write_table


def review_seeds(
    estimates: Annotated[list[Path], typer.Argument(help="The estimates of all shards.")],
    report: Path,
    review_a: Path,
    review_b: Path,
    agreement: Path,
    thresholds: list[float],
    unsure: float,
    seed: int,
) -> None:
    """Write both reviews and their agreement; `thresholds` has one number per reviewer.

    `report` (reviewer.json) has the rates of the AUs in the originals, see `match_rates`.
    """
    parts = [read_table(path, ("seed", "reason")) for path in estimates]
    rates = json.loads(report.read_text(encoding="utf-8"))["rates"]
    table = match_rates(pd.concat(parts).sort_values("seed", ignore_index=True), rates)
    reviews = [
        review(table, name, threshold, unsure)
        for name, threshold in zip(REVIEWERS, thresholds, strict=True)
    ]
    for path, found in zip((review_a, review_b), reviews, strict=True):
        counts = found["decision"].value_counts()
        say(f"{found['reviewer'].iloc[0]}: " + ", ".join(f"{n} {d}" for d, n in counts.items()))
        write_table(path, found)
    measured = measure_agreement(*reviews, seed)
    say("kappa " + ", ".join(f"{r.au} {r.kappa:.2f}" for r in measured.itertuples()))
    write_table(agreement, measured, decimals=4)


if __name__ == "__main__":
    command.run(review_seeds)
