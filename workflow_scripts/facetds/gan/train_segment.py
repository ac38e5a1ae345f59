"""Train from one snapshot to the next (thesis 2.7, 3.7)."""

from pathlib import Path

import torch

from facetds import command
from facetds.gan.segments import run_segment
from facetds.gan.workplace import check_device


def train_segment(
    previous: Path,
    dataset: Path,
    out: Path,
    work: Path,
    kimg: int,
    threads: int = 1,
    device: str = "cpu",
    save_seconds: float = 120.0,
) -> None:
    """Train the snapshot `previous` until `kimg` thousand images were shown; write `out`.

    Every `save_seconds`, what a stopped run goes on from is kept in the folder `work`.
    """
    check_device(device)
    torch.set_num_threads(threads)
    run_segment(previous, dataset, out, work, kimg, save_seconds, device)


if __name__ == "__main__":
    command.run(train_segment)
