"""One process at a time in a folder of resumable work."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from facetds.errors import FacetdsError


@contextmanager
def locked(folder: Path | str) -> Iterator[Path]:
    """Make `folder` and hold it for this process until the block, or the process, ends.

    The system drops the lock when the process ends, however it ends. Raises `FacetdsError` while
    another process, such as the orphan of a killed run, holds it.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            raise FacetdsError(
                f"{folder} is in use by process {handle.read().strip() or '(unknown)'}, perhaps "
                "left over from a killed run; wait for it or end it, then run again."
            ) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield folder
