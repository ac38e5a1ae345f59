"""What every folder of drawn data says of itself, and what must not stay in it."""

from collections.abc import Collection
from pathlib import Path

from facetds.files import write_text

README = "README.txt"

NOTICE = """\
Drawn faces: the stand-in for {what}
{rule}

facetds draws these pictures itself, so that the workflow runs from end to end without data that
may not be passed on. They show no real person. File names and layouts follow the data set's;
every figure computed from them, and every number in their tables, tells something about the
program and nothing about real faces, real people or real data.

What was drawn stands in {truth}.
"""
REMEDY = "To use the data set itself, get it from its owners and set {key} in config.yaml.\n"


def write_notice(folder: Path, what: str, truth: str, key: str | None = None) -> None:
    """Write a README into `folder` that says what the drawn data are.

    `truth` is the name of the table of what was drawn, `key` the config key that replaces the data.
    """
    rule = "=" * len(f"Drawn faces: the stand-in for {what}")
    text = NOTICE.format(what=what, rule=rule, truth=truth)
    write_text(folder / README, text + (REMEDY.format(key=key) if key else ""))


def remove_others(folder: Path, kept: Collection[Path]) -> list[Path]:
    """Remove the files below `folder` that are not in `kept`, and folders that become empty.

    A reader of a data set lists its folders; what an earlier configuration drew must not be there.
    Returns what was removed, sorted.
    """
    wanted = {path.resolve() for path in kept}
    removed = []
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.resolve() not in wanted:
            path.unlink()
            removed.append(path)
    return removed[::-1]
