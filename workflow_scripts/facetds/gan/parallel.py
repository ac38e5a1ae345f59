"""Several processes that train one network together, each on its share of every batch.

torchrun starts one process per GPU (or, on CPUs, per `gan.gpus`). Every process holds all weights
and takes its turn of the rounds of a batch; what they compute is summed before it is used, so that
all keep the same weights: distributed data parallel training. The sums are taken here and not by
torch's `DistributedDataParallel`, which averages once per backward pass and does not know of
second derivatives (R1, path lengths) or of passes that are added up first.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor

from facetds.errors import FacetdsError
from facetds.gan.workplace import STOPPED, stopping_signals

STOP_SECONDS = 600
"""Time that the processes have to save their state after a signal."""


@dataclass(frozen=True)
class Team:
    """The processes of a training: this one's number from 0, and how many they are.

    All members must call the same methods in the same order.
    """

    rank: int = 0
    size: int = 1

    def share(self, count: int) -> range:
        """Return which of `count` rounds are this process's: every `size`-th."""
        return range(self.rank, count, self.size)

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors of one dtype and device by their sums over all processes, in place."""
        if self.size == 1 or not tensors:
            return
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        _exchange(dist.all_reduce, flat)
        for tensor, total in zip(tensors, flat.split([t.numel() for t in tensors]), strict=True):
            tensor.copy_(total.view_as(tensor))

    def gather(self, tensor: Tensor) -> Tensor:
        """Return the tensors of all processes, in their order: size x the shape of `tensor`."""
        if self.size == 1:
            return tensor[None]
        found = [torch.empty_like(tensor) for _ in range(self.size)]
        _exchange(dist.all_gather, found, tensor.contiguous())
        return torch.stack(found)

    def agree(self, number: int) -> int:
        """Return the largest `number` that any process brings."""
        if self.size == 1:
            return number
        # On the CPU, so that a GPU's queue of work goes on.
        largest = torch.tensor(number)
        _exchange(dist.all_reduce, largest, dist.ReduceOp.MAX)
        return int(largest)

    def check_equal(self, tensors: Sequence[Tensor]) -> None:
        """Raise `FacetdsError` unless all processes hold the same values."""
        if self.size == 1:
            return
        sums = self.gather(torch.stack([tensor.double().sum() for tensor in tensors]))
        if not torch.equal(sums, sums[:1].expand_as(sums)):
            raise FacetdsError(
                "The processes of the training hold different weights, so a GPU or the connection "
                "of two computed wrongly. Run again; what was saved before is good."
            )


ALONE = Team()


def in_team() -> bool:
    """Say whether torchrun started this process."""
    return "RANK" in os.environ and "WORLD_SIZE" in os.environ


@contextmanager
def joined(device: str) -> Iterator[tuple[Team, str]]:
    """Join the other processes that torchrun started; yield the team and this one's device."""
    if device == "cuda":
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    backend = "cpu:gloo,cuda:nccl" if device.startswith("cuda") else "gloo"
    dist.init_process_group(backend, timeout=timedelta(minutes=30))
    try:
        yield Team(dist.get_rank(), dist.get_world_size()), device
    finally:
        dist.destroy_process_group()


def launch(module: str, count: int, logs: Path) -> None:
    """Run `python -m module` with this command's options in `count` processes by torchrun.

    `stopping_signals` reach all of them, and all may save before this returns by `SystemExit`:
    with the status `STOPPED` after a signal, with that of the first that failed after a failure.
    logs: a folder for what they print, which is also shown here.
    """
    from torch.distributed import run as torchrun
    from torch.distributed.elastic.multiprocessing import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    # Bars of several processes would run into each other; the lines of the ticks stay.
    os.environ |= {"TQDM_DISABLE": "1", "TORCHELASTIC_LOG_LINE_PREFIX_TEMPLATE": "[${rank}] "}
    shutil.rmtree(logs, ignore_errors=True)
    options = {
        "nproc-per-node": count,
        "tee": 3,
        "log-dir": logs,
        "signals-to-handle": ",".join(number.name for number in stopping_signals()),
        "shutdown-timeout": STOP_SECONDS,
    }
    words = [f"--{name}={value}" for name, value in options.items()]
    try:
        torchrun.main(["--standalone", *words, "-m", module, *_without_log(sys.argv[1:])])
    except SignalException:
        raise SystemExit(STOPPED) from None
    except ChildFailedError as error:
        _, failure = error.get_first_failure()
        raise SystemExit(failure.exitcode if failure.exitcode > 0 else 1) from None


def _exchange(call: Callable[..., object], *arguments: object) -> None:
    """Make a call that all processes of the team make."""
    try:
        call(*arguments)
    except RuntimeError as error:
        raise FacetdsError(
            "Another process of the training ended, so this one cannot go on. Its own error is in "
            "this log, if it had the time; else it was killed, perhaps for too much memory. Run "
            f"again to go on from the last saved state. ({str(error).splitlines()[0]})"
        ) from error


def _without_log(words: list[str]) -> list[str]:
    """Return command-line words without `--log FILE`, which this process writes."""
    if "--log" not in words:
        return words
    place = words.index("--log")
    return words[:place] + words[place + 2 :]
