"""Writing files so that nothing half-written ever stands under a final name."""

import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from facetds.errors import FacetdsError

DIGEST = "user.facetds.sha256"
"""The extended attribute that keeps a file's SHA-256 with it, where the file system can."""
FULL = (errno.ENOSPC, errno.EDQUOT)
"""The errors of a full disk and of a used-up quota."""
SCARCE = 65_536
"""Bytes: a disk with less free space is full, for a writer that failed."""


@contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside `path`, and rename it into place when the block ends well.

    The temporary name keeps the suffix of `path`, so that libraries which choose a format by the
    suffix still do. If the block raises, the temporary file is removed and `path` is untouched.
    What killed processes left of earlier attempts is removed; no two may write the same file.
    The digest is kept with the file, for `check_whole`. A full disk raises an `OSError` that names
    `path`.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _start_beside(path)
    try:
        yield temporary
        with suppress(OSError):
            os.setxattr(temporary, DIGEST, digest(temporary).encode())
        with temporary.open("rb") as handle:
            os.fsync(handle.fileno())
        temporary.replace(path)
    except Exception as error:
        if full := _find_full_disk(error, path):
            raise full from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_directory(path: Path | str) -> Iterator[Path]:
    """Yield an empty directory beside `path`, and move it into place when the block ends well.

    What killed processes left of earlier attempts is removed; no two may write the same directory.
    A full disk raises an `OSError` that names `path`.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _start_beside(path)
    temporary.mkdir()
    try:
        yield temporary
        shutil.rmtree(path, ignore_errors=True)
        temporary.replace(path)
    except Exception as error:
        if full := _find_full_disk(error, path):
            raise full from error
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _start_beside(path: Path) -> Path:
    """Return the temporary name beside `path`, and remove what stands under such names."""
    name = re.compile(rf"{re.escape(path.stem)}\.tmp\.\d+{re.escape(path.suffix)}")
    for left in path.parent.iterdir():
        if not name.fullmatch(left.name):
            continue
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)
    return path.with_name(f"{path.stem}.tmp.{os.getpid()}{path.suffix}")


def _find_full_disk(error: Exception, path: Path) -> OSError | None:
    """Return the error of a full disk at `path` if that is what `error` is, None if it is not.

    Libraries report it in words of their own: NumPy counts the items that it could not write, HDF5
    and Pillow say that writing failed. So the free space is asked for, too.
    """
    number = getattr(error, "errno", None)
    if number in FULL:
        return OSError(number, os.strerror(number), str(path))
    if shutil.disk_usage(path.parent).free < SCARCE:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    return None


def check_whole(path: Path | str) -> None:
    """Raise `FacetdsError` if a file is no longer what `replacing` wrote: cut off or changed.

    A file without a kept digest, such as one of the user's, passes.
    """
    try:
        kept = os.getxattr(path, DIGEST).decode()
    except OSError:
        return
    if digest(path) != kept:
        raise FacetdsError(
            f"{path} is damaged: it was cut off or changed after facetds had written it (its "
            f"SHA-256 was {kept[:12]}...). Remove it and run again, and it is made again."
        )


def write_text(path: Path | str, text: str) -> None:
    """Write UTF-8 text in one step."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path | str, value: Any) -> None:
    """Write `value` as indented JSON with sorted keys; NaN and infinity are refused."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n")


def write_arrays(path: Path | str, **arrays: np.ndarray) -> None:
    """Write arrays as `.npz`, uncompressed, the same bytes on every run."""
    with replacing(path) as temporary, temporary.open("wb") as handle:
        np.savez(handle, allow_pickle=False, **arrays)


def digest(path: Path | str) -> str:
    """Return the SHA-256 of a file's bytes as 64 hexadecimal digits."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
