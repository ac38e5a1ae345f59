"""Train from one snapshot to the next (thesis 2.7, 3.7)."""

from pathlib import Path

import torch

from facetds import command
from facetds.gan import parallel
from facetds.gan.acceleration import Acceleration
from facetds.gan.segments import Segment, run_segment
from facetds.gan.workplace import check_device


def train_segment(
    previous: Path,
    dataset: Path,
    out: Path,
    speed: Path,
    work: Path,
    kimg: int,
    gpus: int = 1,
    threads: int = 1,
    device: str = "cpu",
    half_type: str = "float16",
    tf32: bool = False,
    compile: bool = False,
    conv_type: str = "float32",
    save_seconds: float = 120.0,
) -> None:
    """Train the snapshot `previous` until `kimg` thousand images were shown; write `out`.

    speed: a table of how long ticks took. Every `save_seconds`, what a stopped run goes on from is
    kept in the folder `work`. gpus: processes that share each batch, with `threads` in all.
    half_type, tf32, compile, conv_type: see `Acceleration`.
    """
    check_device(device, gpus)
    if gpus > 1 and not parallel.in_team():
        parallel.launch("facetds.gan.train_segment", gpus, work / "torchrun")
        return
    torch.set_num_threads(max(threads // gpus, 1))
    segment = Segment(previous, dataset, out, speed, work, kimg)
    acceleration = Acceleration(half_type, tf32, compile, conv_type)
    if gpus == 1:
        run_segment(segment, save_seconds, device, acceleration=acceleration)
        return
    with parallel.joined(device) as (team, own_device):
        run_segment(segment, save_seconds, own_device, team, acceleration)


if __name__ == "__main__":
    command.run(train_segment)
