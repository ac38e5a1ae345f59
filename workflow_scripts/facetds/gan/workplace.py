"""Where long work is done: on which device, and stopped between steps only."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from facetds.errors import FacetdsError

STOPPED = 85
"""Exit status of work that was stopped by a signal, kept its state and goes on when run again."""


def check_device(device: str, count: int = 1) -> None:
    """Raise `FacetdsError` if `device` is a GPU and there are less than `count`."""
    if device != "cuda":
        return
    if not torch.cuda.is_available():
        raise FacetdsError("gan.device is cuda, but there is no such GPU here; set it to cpu.")
    if torch.cuda.device_count() < count:
        raise FacetdsError(
            f"gan.gpus is {count}, but there are only {torch.cuda.device_count()} GPUs here; "
            "lower it."
        )


def send(values: torch.Tensor, device: torch.device | str) -> torch.Tensor:
    """Return `values` on `device`; a GPU need not be waited for, it takes them when it comes to it.

    Only of memory that is pinned a GPU can take a copy by itself.
    """
    if values.device.type == "cpu" and torch.device(device).type == "cuda":
        return values.pin_memory().to(device, non_blocking=True)
    return values.to(device)


def stopping_signals() -> list[signal.Signals]:
    """Return the signals that ask work to stop: TERM, USR1, INT (Ctrl-C), HUP (lost terminal).

    HUP is none of them under nohup, which has it ignored.
    """
    heard = signal.getsignal(signal.SIGHUP) != signal.SIG_IGN
    always = [signal.SIGTERM, signal.SIGUSR1, signal.SIGINT]
    return [*always, signal.SIGHUP] if heard else always


@contextmanager
def signals_held() -> Iterator[list[int]]:
    """Collect the `stopping_signals` in the yielded list instead of acting on them.

    So a step is never left half done; whoever holds the signals must leave soon after one came.
    """
    received: list[int] = []
    numbers = stopping_signals()
    before = [signal.signal(number, lambda got, _frame: received.append(got)) for number in numbers]
    try:
        yield received
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
