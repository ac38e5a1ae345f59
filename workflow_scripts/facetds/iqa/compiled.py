"""Compiling loops with Numba, and keeping the machine code between processes.

Numba's own place for it, beside the source, fails in an installation that is read-only, and mixes
up what different processors write if they share a disk. Here every processor type has a folder of
its own under the user's cache. The files are pickles, so a folder that others may write to is
never used. `NUMBA_CACHE_DIR` overrides the choice.
"""

import hashlib
import os
import stat
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import llvmlite.binding as llvm
import numba


def find_cache() -> Path | None:
    """Return the folder for machine code, made if need be; None if there is no safe place.

    It is `$XDG_CACHE_HOME/facetds` (by default `~/.cache/facetds`) or, where that cannot be
    written, a private folder in the system's temporary one.
    """
    processor = llvm.get_host_cpu_name() + llvm.get_host_cpu_features().flatten()
    key = hashlib.sha256(f"{numba.__version__} {processor}".encode()).hexdigest()[:16]
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    for base in (Path(home, "facetds"), Path(tempfile.gettempdir(), f"facetds-{os.getuid()}")):
        folder = base / f"numba-{key}"
        try:
            for path in (base, folder):
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
                found = path.lstat()
                shared = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
                if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or shared:
                    raise PermissionError(f"{path} is not private")
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    return None


CACHE = Path(numba.config.CACHE_DIR) if numba.config.CACHE_DIR else find_cache()
if CACHE is not None:
    numba.config.CACHE_DIR = str(CACHE)

compiled: Callable = partial(
    numba.njit, cache=CACHE is not None, fastmath=True, error_model="numpy", nogil=True
)
"""Decorator `@compiled()` of a function of arrays: one thread, sums in any order, no checks.

Give it arguments of the same types at every call: then processes that compile it at the same time
write the same files.
"""
