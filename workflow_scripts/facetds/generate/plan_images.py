"""Plan every image that will be generated: its seed, index, degree, order and batch."""

from pathlib import Path

from facetds import command
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
    seeds = read_labels(labels, code)["seed"]
    check_indexes(indexes, read_directions(directions, code))
    variants = list_variants(indexes, degrees)
    table = plan_batches(seeds, variants, batches, batch_size, psi, seed)
    say(f"{len(table):,} images of {len(seeds):,} seeds, {len(variants)} variants per seed at most")
    write_table(out, table)


if __name__ == "__main__":
    command.run(plan_images)
