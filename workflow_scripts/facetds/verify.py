"""The command that finds files which were damaged after they had been written."""

import os
from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.errors import FacetdsError
from facetds.files import DIGEST, check_whole
from facetds.progress import say, track


def verify(
    folder: Annotated[Path, typer.Argument()] = Path("results"), remove: bool = False
) -> None:
    """Say which files of a run were cut off or changed after they had been written.

    \b
    Example: python -m facetds.verify results --remove

    Each file is compared with the digest that is kept with it; images of shards are compared with
    their manifests by facetds.generate.check_shards. With --remove the damaged files are removed,
    so that the next run makes them again. The exit status is 1 if there is damage and nothing was
    removed.
    """  # noqa: D301 - the backspace keeps the line of the example apart
    if not folder.is_dir():
        raise FacetdsError(f"{folder} is not a folder; name that of a run's results.")
    kept = [path for path in sorted(folder.rglob("*")) if path.is_file() and _has_digest(path)]
    damaged = []
    for path in track(kept, what="verify", unit="file"):
        try:
            check_whole(path)
        except FacetdsError as error:
            say(str(error))
            damaged.append(path)
    say(f"{len(kept) - len(damaged):,} of {len(kept):,} files with a kept digest are whole")
    if damaged and not remove:
        raise FacetdsError(
            f"{damaged[0]} is damaged; give --remove and run the workflow to make it again."
        )
    for path in damaged:
        path.unlink()


def _has_digest(path: Path) -> bool:
    try:
        return DIGEST in os.listxattr(path)
    except OSError:
        return False


if __name__ == "__main__":
    command.run(verify)
