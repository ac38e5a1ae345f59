"""Gather the truth of all subjects of the DISFA stand-in, and remove other subjects' files."""

from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.demo.disfa import label_paths, video_path
from facetds.demo.folders import README, remove_others, write_notice
from facetds.demo.truth import DECIMALS, gather
from facetds.progress import say
from facetds.tables import write_table


def gather_disfa(
    subjects: Annotated[list[Path], typer.Argument(help="The truth tables of all subjects.")],
    out: Path,
) -> None:
    """Write the truth of all `subjects` as one table, `out` (.csv)."""
    truth = gather(subjects)
    root = subjects[0].parent
    write_notice(root, "DISFA", out.name, key="data.disfa")
    kept = [*subjects, root / README]
    for path in subjects:
        kept += [video_path(root, path.stem), *label_paths(root, path.stem).values()]
    for path in remove_others(root, kept):
        say(f"Removed {path}, which these settings do not draw")
    write_table(out, truth, DECIMALS)


if __name__ == "__main__":
    command.run(gather_disfa)
