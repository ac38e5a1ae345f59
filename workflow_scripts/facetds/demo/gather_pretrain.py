"""Gather the tables of the faces for pre-training."""

from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.demo.folders import README, remove_others, write_notice
from facetds.demo.truth import DECIMALS, gather
from facetds.progress import say
from facetds.tables import write_table


def gather_pretrain(
    shards: Annotated[list[Path], typer.Argument(help="The tables of all shards.")], out: Path
) -> None:
    """Write all `shards` as one table, `out` (.csv), and remove pictures of other settings."""
    table = gather(shards)
    root = shards[0].parent
    write_notice(root, "the faces that pre-train the AU classifier", out.name)
    kept = [*shards, root / README, *(root.parent.parent.parent / path for path in table["path"])]
    for path in remove_others(root, kept):
        say(f"Removed {path}, which these settings do not draw")
    write_table(out, table, DECIMALS)


if __name__ == "__main__":
    command.run(gather_pretrain)
