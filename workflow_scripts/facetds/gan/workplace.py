"""Where long work is done: on which device, and stopped between steps only."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from facetds.errors import FacetdsError


def check_device(device: str) -> None:
    """Raise `FacetdsError` if `device` is a GPU and there is none."""
    if device == "cuda" and not torch.cuda.is_available():
        raise FacetdsError("gan.device is cuda, but there is no such GPU here; set it to cpu.")


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
