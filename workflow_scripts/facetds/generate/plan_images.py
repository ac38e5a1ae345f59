"""Plan every image that will be generated: its seed, index, degree, order and batch."""

from pathlib import Path

from facetds import command
from facetds.errors import FacetdsError
from facetds.files import digest
from facetds.generate.plan import list_variants, plan_batches
from facetds.labels import read_labels
from facetds.latents import check_indexes, read_directions
from facetds.progress import say
from facetds.tables import write_table


def plan_images(
    labels: Path,
    network: Path,
    directions: Path,
    out: Path,
    indexes: list[int],
    degrees: list[float],
    batches: int,
    batch_size: int,
    psi: float,
    seed: int,
) -> None:
    """Write a row per image. All labelled seeds take part, neutral ones too."""
    code = digest(network)
    table = read_labels(labels, code)
    seeds, labelled_at = table["seed"], table["psi"].dropna()
    if len(wrong := labelled_at[labelled_at != psi]):
        raise FacetdsError(
            f"{labels} has labels of previews with psi {wrong.iloc[0]:g}, but generate.psi is "
            f"{psi:g}, which shows other faces; set generate.psi to {wrong.iloc[0]:g}, or review "
            "previews with seeds.psi the same."
        )
    check_indexes(indexes, read_directions(directions, code))
    variants = list_variants(indexes, degrees)
    table = plan_batches(seeds, variants, batches, batch_size, psi, seed)
    say(f"{len(table):,} images of {len(seeds):,} seeds, {len(variants)} variants per seed at most")
    write_table(out, table)


if __name__ == "__main__":
    command.run(plan_images)
