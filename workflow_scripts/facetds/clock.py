"""Files dated in the future: Snakemake refuses what is made from them, when it is made."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

SKEW = 60
"""Seconds that the clocks of two machines may differ by."""


def is_future(path: Path | str) -> bool:
    """Return whether a file is dated in the future."""
    return os.stat(path).st_mtime > time.time() + SKEW


def mend_dates(folder: Path) -> int:
    """Date the files below a folder that are dated in the future now; return how many.

    They keep their order, so that nothing becomes older than what it was made from.
    """
    limit = time.time_ns() + SKEW * 10**9
    dated = [(path, date) for path, date in _list_dates(folder) if date > limit]
    dates = sorted({date for _, date in dated})
    now = time.time_ns()
    new = {date: now - 1000 * (len(dates) - place) for place, date in enumerate(dates)}
    for path, date in dated:
        os.utime(path, ns=(new[date], new[date]), follow_symlinks=False)
    return len(dated)


def _list_dates(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield path and date in ns of every file below a folder; no links are followed."""
    for top, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(top, name)
            yield path, os.stat(path, follow_symlinks=False).st_mtime_ns
