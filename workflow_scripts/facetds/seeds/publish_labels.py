"""Publish the seeds that the simulated reviewers agree on: the labels of the demo."""

from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.files import digest
from facetds.progress import say
from facetds.seeds.reviews import merge_reviews
from facetds.tables import read_table, write_table


def publish_labels(
    reviews: Annotated[list[Path], typer.Argument(help="The reviews to merge.")],
    network: Path,
    out: Path,
    psi: float,
    drawn: bool,
) -> None:
    """Write the table of labels: seeds that all reviewers decided alike, sorted by seed.

    Raises `FacetdsError` unless the network's faces are `drawn` ones, all that simulated reviewers
    have seen: photographs need a person's review.
    """
    if not drawn:
        raise FacetdsError(
            "seeds.labels is null, but data.cfd names your own photographs, and the simulated "
            "reviewers know drawn faces only. Review the previews yourself (make review), publish, "
            "and name reviews/seed_labels.csv in seeds.labels."
        )
    columns = ("seed", "decision", *AU_NAMES)
    tables = [read_table(path, columns) for path in reviews]
    labels = merge_reviews(tables, "simulated", digest(network), psi)
    counts = [*labels[list(AU_NAMES)].sum().items(), ("neutral", labels["neutral"].sum())]
    say(f"{len(labels)} of {len(tables[0])} seeds: " + ", ".join(f"{n} {au}" for au, n in counts))
    write_table(out, labels)


if __name__ == "__main__":
    command.run(publish_labels)
