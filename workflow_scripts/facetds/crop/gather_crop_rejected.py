"""Gather what the crop stage set aside."""

from pathlib import Path
from typing import Annotated

import typer

from facetds import command, rejects
from facetds.progress import say
from facetds.tables import write_table


def gather_crop_rejected(
    tables: Annotated[list[Path], typer.Argument(help="Tables of what was set aside.")], out: Path
) -> None:
    """Write all tables as one, and count the codes in the log."""
    table = rejects.gather_rejected(tables)
    for (source, code), count in table.value_counts(["source", "code"]).items():
        say(f"{source}: {count} x {code}")
    say(f"{len(table)} images were set aside.")
    write_table(out, table)


if __name__ == "__main__":
    command.run(gather_crop_rejected)
