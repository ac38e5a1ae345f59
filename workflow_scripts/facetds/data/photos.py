"""The photos of the Chicago Face Database 3.0: which there are, and what their names say.

Layout: Images/<set>/<model>/CFD-<race><sex>-<model>-<photo>[-<signifier>]-<expression>.jpg, with
the sets CFD, CFD-MR (multiracial) and CFD-INDIA (Ma, Correll and Wittenbrink 2015; Ma, Kantner
and Wittenbrink 2021; Lakshmi et al. 2021).
"""

import re
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from facetds.data.sources import find_entry
from facetds.errors import BadInput, FacetdsError
from facetds.files import digest
from facetds.rejects import Reject, printable

SETS = ("CFD", "CFD-MR", "CFD-INDIA")
NAME = re.compile(
    r"CFD-(?P<race>[ABCIJLMW])(?P<sex>[FM])-(?P<model>[0-9]+)-(?P<photo>[0-9]+)"
    r"(?:-(?P<signifier>[0-9]))?-(?P<expression>N|A|F|HC|HO)\.jpe?g",
    re.IGNORECASE | re.ASCII,
)
# What operating systems leave behind in folders.
LITTER = re.compile(r"\..*|Icon.?|Thumbs\.db|desktop\.ini", re.IGNORECASE | re.DOTALL)


class PhotoName(NamedTuple):
    """What a photo's name says; `signifier` is "" where there is none.

    race: A Asian, B Black, I Indian, L Latino, M multiracial, W White (C and J are reserved);
    sex: F, M; expression: N neutral, A angry, F fearful, HC and HO happy with closed and open
    mouth; signifier: 1 for an ethnic signifier removed, 2 for one left in (India set).
    """

    race: str
    sex: str
    model: str
    photo: str
    signifier: str
    expression: str


def parse_name(name: str) -> PhotoName:
    """Return what a photo's file name says; raises `BadInput` for another name."""
    match = NAME.fullmatch(name)
    if match is None:
        raise BadInput("the name is not like CFD-WM-012-034-N.jpg")
    return PhotoName(*((match[part] or "").upper() for part in PhotoName._fields))


def find_base(root: Path) -> Path:
    """Return the folder that holds Images: `root`, or a folder directly in it.

    Raises `FacetdsError` if there is none.
    """
    for base in (root, *sorted(child for child in root.iterdir() if child.is_dir())):
        if find_entry(base, "Images"):
            return base
    raise FacetdsError(
        f"config.yaml, key data.cfd: {root} holds no folder Images. Give the folder that does; "
        'as distributed it is named "CFD Version 3.0".'
    )


def list_photos(root: Path) -> tuple[pd.DataFrame, list[Reject]]:
    """Return the photos below `root` as a table, and the files that were set aside.

    Columns: number (from 0), path (relative to `root`), set, model (such as "WM-012"), the fields
    race, sex, photo, signifier and expression of `PhotoName`, and sha256. Files that operating
    systems leave behind are passed over.

    Raises `FacetdsError` if there is no photo at all.
    """
    images = find_entry(find_base(root), "Images")
    rows, rejects = [], []
    for name in SETS:
        folder = find_entry(images, name)
        for file in _walk(folder) if folder else []:
            path = file.relative_to(root).as_posix()
            try:
                rows.append(_describe(file, path, name))
            except (BadInput, OSError) as error:
                code = error.code if isinstance(error, BadInput) else "unreadable"
                rejects.append(Reject("cfd", file.stem, path, _reason(error), code))
    if not rows:
        raise FacetdsError(
            f"config.yaml, key data.cfd: {root} holds no photo named like "
            f"Images/CFD/WM-012/CFD-WM-012-034-N.jpg. Give the folder of CFD 3.0 as distributed."
        )
    table = pd.DataFrame(rows)
    twice = table.duplicated(["set", "name"])
    rejects += [
        Reject("cfd", Path(path).stem, path, "the photo stands in two folders of its set", "twice")
        for path in table.loc[twice, "path"]
    ]
    table = table[~twice].drop(columns="name").reset_index(drop=True)
    table.insert(0, "number", table.index)
    return table, rejects


def _walk(folder: Path) -> list[Path]:
    """Return all files below a folder in the order of their paths, without litter."""
    files = (file for file in folder.rglob("*") if not file.is_dir())
    return sorted(file for file in files if not LITTER.fullmatch(file.name))


def _describe(file: Path, path: str, name: str) -> dict:
    parsed = parse_name(file.name)._asdict()
    parsed["model"] = f"{parsed['race']}{parsed['sex']}-{parsed['model']}"
    if path != printable(path):
        raise BadInput("a folder's name has characters that cannot be printed")
    if not file.is_file():
        raise BadInput("it is not a regular file")
    row = {"path": path, "name": file.name.upper(), "set": name}
    return row | parsed | {"sha256": digest(file)}


def _reason(error: Exception) -> str:
    return f"it cannot be read: {error.strerror}" if isinstance(error, OSError) else str(error)
