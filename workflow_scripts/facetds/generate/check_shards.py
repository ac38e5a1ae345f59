"""Check generated images against their manifests, and have damaged shards made again."""

from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.errors import FacetdsError
from facetds.progress import say, track
from facetds.rejects import printable
from facetds.shards import find_damage, preview_directory, shard_directory

LISTED = 3


def check_shards(
    manifests: Annotated[
        list[Path], typer.Argument(help="results/generate/batch-*.csv, results/seeds/shard-*.csv")
    ],
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove the manifests of damaged shards.")
    ] = False,
) -> None:
    """Say which shards lack images, have other ones than their manifests describe, or more.

    \b
    Example: python -m facetds.generate.check_shards results/generate/batch-*.csv --remove

    Snakemake does not look into directories. With --remove the manifests of damaged shards are
    removed, so that the next run makes those shards again, and no others. The exit status is 1 if
    there is damage and nothing was removed.
    """  # noqa: D301 - the backspace keeps the line of the example apart
    damaged = {}
    for manifest in track(manifests, what="check", unit="shard"):
        previews = preview_directory(manifest)
        directory = previews if previews.is_dir() else shard_directory(manifest)
        if damage := find_damage(manifest, directory):
            damaged[manifest] = damage
            more = f" and {len(damage) - LISTED:,} more" if len(damage) > LISTED else ""
            say(f"{manifest}: {printable('; '.join(damage[:LISTED]))}{more}")
    say(f"{len(manifests) - len(damaged):,} of {len(manifests):,} shards are whole")
    if damaged and not remove:
        raise FacetdsError(
            f"{next(iter(damaged))} does not describe its images; give --remove and run the "
            "workflow to make it again."
        )
    for manifest in damaged:
        manifest.unlink()


if __name__ == "__main__":
    command.run(check_shards)
