"""Reading a directory of images through the manifest beside it (DESIGN section 2: shards)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from facetds.errors import BadInput, FacetdsError
from facetds.files import digest
from facetds.foreign import read_image

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("image", "seed", "sha256")


@dataclass(frozen=True)
class Entry:
    """One image of a shard: its pixels (uint8 H x W x 3), or None and the problem in words."""

    image: str
    pixels: np.ndarray | None
    problem: str = ""


def read_manifest(path: Path | str) -> "pd.DataFrame":
    """Return a manifest: one row per image, the image's file name in column `image`.

    Raises `FacetdsError` for a missing column, a name twice, or one that leaves the directory.
    """
    from facetds.tables import read_table

    table = read_table(path, COLUMNS)
    if table[["image", "sha256"]].isna().any(axis=None):
        raise FacetdsError(f"{path} has a row without an image or its sha256; make it again.")
    table = table.astype({"image": str, "sha256": str})
    for name in table["image"]:
        if name != Path(name).name or name in ("", ".", ".."):
            raise FacetdsError(f"{path} names {name!r}, which is not a plain file name; remove it.")
    if table["image"].duplicated().any():
        name = table["image"][table["image"].duplicated()].iloc[0]
        raise FacetdsError(f"{path} names {name} twice; make the manifest again.")
    return table


def shard_directory(manifest: Path | str) -> Path:
    """Return the directory of a manifest's images: its own name without `.csv`."""
    return Path(manifest).with_suffix("")


def preview_directory(manifest: Path) -> Path:
    """Return where the seed previews of shard-000.csv lie: previews/shard-000 beside it."""
    return manifest.parent / "previews" / manifest.stem


def read_entry(
    manifest: Path | str, image: str, sha256: str, directory: Path | None = None
) -> Entry:
    """Return one image of a shard; one that is broken or not the promised one has a problem.

    `directory` is where the images lie, None for beside the manifest (`shard_directory`).
    """
    path = (directory or shard_directory(manifest)) / image
    try:
        pixels = read_image(path)
    except BadInput as error:
        return Entry(image, None, str(error))
    if digest(path) != sha256:
        return Entry(image, None, f"{path} is not the file that {manifest} describes")
    return Entry(image, pixels)


def read_shard(manifest: Path | str, directory: Path | None = None) -> Iterator[Entry]:
    """Yield all images of a shard in the order of its manifest, one in memory at a time."""
    for row in read_manifest(manifest).itertuples():
        yield read_entry(manifest, row.image, row.sha256, directory)


def find_damage(manifest: Path | str, directory: Path | None = None) -> list[str]:
    """Return, in words, which images of a shard are missing, changed or not in its manifest.

    `directory` as for `read_entry`. An unreadable manifest is damage, too.
    """
    directory = directory or shard_directory(manifest)
    try:
        table = read_manifest(manifest)
    except FacetdsError as error:
        return [str(error)]
    damage = []
    for row in table.itertuples():
        path = directory / row.image
        if not path.is_file():
            damage.append(f"{row.image} is missing")
        elif digest(path) != row.sha256:
            damage.append(f"{row.image} is changed")
    strays = sorted({path.name for path in directory.glob("*")} - set(table["image"]))
    return damage + [f"{name} is not in the manifest" for name in strays]
