"""Where long work is done: on which device, one worker per folder, stopped between steps only."""

import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from facetds.errors import FacetdsError


def check_device(device: str) -> None:
    """Raise `FacetdsError` if `device` is a GPU and there is none."""
    if device == "cuda" and not torch.cuda.is_available():
        raise FacetdsError("gan.device is cuda, but there is no such GPU here; set it to cpu.")


@contextmanager
def locked(folder: Path | str) -> Iterator[Path]:
    """Make `folder`, and hold it for this process alone; yields its path.

    The system drops the lock when the process ends, however it ends. Raises `FacetdsError` while
    another process, such as the orphan of a killed run, holds it.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as handle:
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


@contextmanager
def signals_held() -> Iterator[list[int]]:
    """Collect TERM, USR1 and INT (Ctrl-C) in the yielded list instead of acting on them.

    So a step is never left half done; whoever holds the signals must leave soon after one came.
    """
    received: list[int] = []
    numbers = (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)
    before = [signal.signal(number, lambda got, _frame: received.append(got)) for number in numbers]
    try:
        yield received
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
