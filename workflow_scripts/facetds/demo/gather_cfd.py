"""Complete the CFD stand-in: norming workbook, the usual stray file, and one truth table."""

from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.demo.folders import README, remove_others, write_notice
from facetds.demo.truth import DECIMALS, gather
from facetds.demo.workbook import norming_workbook
from facetds.files import replacing, write_text
from facetds.progress import say
from facetds.tables import write_table

STRAY = "Images/CFD/.DS_Store"


def gather_cfd(
    shards: Annotated[list[Path], typer.Argument(help="The truth tables of all shards.")],
    workbook: Path,
    out: Path,
    seed: int,
) -> None:
    """Write `workbook` beside the photos and `out` (.csv), and remove photos of other settings."""
    photos = gather(shards)
    root = workbook.parent
    with replacing(workbook) as temporary:
        temporary.write_bytes(norming_workbook(photos, seed))
    write_text(root / STRAY, "")
    write_notice(root, "CFD 3.0", out.name, key="data.cfd")
    kept = [root / name for name in (*photos["path"], workbook.name, STRAY, README)]
    for path in remove_others(root, kept):
        say(f"Removed {path}, which these settings do not draw")
    write_table(out, photos, DECIMALS)


if __name__ == "__main__":
    command.run(gather_cfd)
