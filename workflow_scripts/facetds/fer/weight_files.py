"""Weights files of others, before Keras reads them: what HDF5 can claim, follow and exhaust."""

import zipfile
from pathlib import Path
from typing import Any

import h5py

from facetds.archives import check_members

INNER = "model.weights.h5"
"""Member of a .keras file with its weights."""

MAX_RATIO = 100
"""How many times larger than its file the arrays of an HDF5 file may be; weights hardly shrink."""


def check_weights_file(path: Path) -> None:
    """Raise `ValueError` for a file whose arrays are too large, or lie in other files.

    path: HDF5, or a .keras file, whose members must be harmless (`archives.check_members`). Keras
    reads arrays of any size as a whole, before it compares their shapes; TensorFlow does not
    survive the largest.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            check_members(archive, path)
            with archive.open(INNER) as inner, h5py.File(inner, "r") as file:
                _check_arrays(file, archive.getinfo(INNER).file_size)
        return
    with h5py.File(path, "r") as file:
        _check_arrays(file, path.stat().st_size)


def _check_arrays(file: h5py.File, size: int) -> None:
    todo: list[Any] = [file]
    seen, claimed = set(), 0
    while todo:
        group = todo.pop()
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ValueError(f"{group.name}/{name} leads to another place")
            item = group[name]
            address = h5py.h5o.get_info(item.id).addr
            if address in seen:
                continue
            seen.add(address)
            if isinstance(item, h5py.Group):
                todo.append(item)
            elif isinstance(item, h5py.Dataset):
                if item.external or item.is_virtual:
                    raise ValueError(f"{item.name} lies in another file")
                claimed += item.nbytes
    if claimed > MAX_RATIO * size:
        raise ValueError(f"its arrays of {claimed:,} bytes are too large for {size:,} bytes")
