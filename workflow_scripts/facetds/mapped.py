"""Archives of arrays (.npz) that are larger than the memory: joined and read piece by piece."""

import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from facetds.errors import BadInput, FacetdsError
from facetds.files import replacing

LOCAL_HEADER_BYTES = 30
"""Of a member of a zip, before its name and extra field, whose lengths are its last two numbers."""


def map_arrays(path: Path | str) -> dict[str, np.ndarray]:
    """Return the arrays of an uncompressed `.npz`, read-only, read from disk where they are used.

    Raises `FacetdsError` if there is no such file, `BadInput` for what is not such an archive.
    """
    try:
        with open(path, "rb") as handle, zipfile.ZipFile(handle) as archive:
            return {
                info.filename.removesuffix(".npy"): _map_member(path, handle, info)
                for info in archive.infolist()
            }
    except FileNotFoundError:
        raise FacetdsError(f"{path} does not exist.") from None
    except Exception as error:
        # Damaged lists of members and headers raise whatever their readers stumble over.
        raise BadInput(f"{path} is not an uncompressed .npz of plain arrays: {error}") from None


def _map_member(path: Path | str, handle, info: zipfile.ZipInfo) -> np.ndarray:
    if info.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{info.filename} is compressed")
    handle.seek(info.header_offset)
    header = handle.read(LOCAL_HEADER_BYTES)
    lengths = (int.from_bytes(header[26:28], "little"), int.from_bytes(header[28:30], "little"))
    handle.seek(sum(lengths), 1)
    start = handle.tell()
    version = np.lib.format.read_magic(handle)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in read:
        raise ValueError(f"{info.filename} has the unknown format {version}")
    shape, fortran, dtype = read[version](handle)
    offset = handle.tell()
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    if dtype.hasobject or offset - start + size != info.file_size:
        raise ValueError(f"{info.filename} holds objects or has another length than it says")
    if not size:
        return np.empty(shape, dtype)
    order = "F" if fortran else "C"
    return np.memmap(path, dtype, "r", offset, shape, order).view(np.ndarray)


def write_joined(
    path: Path | str,
    name: str,
    parts: Iterable[np.ndarray],
    shape: tuple[int, ...],
    /,
    **arrays: np.ndarray,
) -> None:
    """Write `arrays` and, before them, uint8 `parts` one after the other as one array `name`.

    `shape` is that of the joined parts, of which one at a time is in memory. The bytes are those of
    `files.write_arrays`. Raises `ValueError` if the parts are not of that shape in total.
    """
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
            layout = {"descr": "|u1", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(member, layout)
            count = 0
            for part in parts:
                if part.shape[1:] != shape[1:] or part.dtype != np.uint8:
                    raise ValueError(f"a part is {part.dtype} {part.shape}, not uint8 {shape}")
                count += len(part)
                member.write(np.ascontiguousarray(part).data)
            if count != shape[0]:
                raise ValueError(f"the parts have {count} rows, not {shape[0]}")
        for other, values in arrays.items():
            with archive.open(f"{other}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(values), allow_pickle=False)
