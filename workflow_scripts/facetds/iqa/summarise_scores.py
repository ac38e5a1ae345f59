"""Summarise the scores of originals and synthetic images: Table 4.1 and the distributions."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from facetds import command
from facetds.errors import FacetdsError
from facetds.iqa import summaries
from facetds.iqa.definitions import choose_definitions
from facetds.iqa.scores import SCORES
from facetds.tables import read_table, write_table


def summarise_scores(
    batches: Annotated[list[Path], typer.Argument(help="The scores of all batches.")],
    choices: Path,
    originals: Path,
    out: Path,
    distributions: Path,
    definitions: list[str] | None = None,
) -> None:
    """Write the means to `out` and the histograms to `distributions`."""
    scores = pd.concat([read_table(path, ("image", *SCORES)) for path in batches])
    chosen = read_table(choices, ("image", "kept", "random"))
    if list(scores["image"]) != list(chosen["image"]):
        raise FacetdsError(
            "The scores and the selections differ in their images; make results/select again."
        )
    sets = summaries.divide_sets(read_table(originals, SCORES), scores, chosen)
    write_table(out, summaries.summarise(sets, choose_definitions(definitions or [])), decimals=6)
    write_table(distributions, summaries.bin_scores(sets), decimals=6)


if __name__ == "__main__":
    command.run(summarise_scores)
