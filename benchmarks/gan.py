"""Images per second of training and of synthesis, beside the official StyleGAN2-ADA's.

export OMP_NUM_THREADS=1 MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=17179869184
PYTHONPATH=workflow_scripts python benchmarks/gan.py --device cpu --seconds 20

On a CPU, seconds are CPU seconds (user and system), which other jobs hardly change. One cycle of 16
iterations is estimated from one with both regularisations, one with that of G and one with none.
"""

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from facetds import command
from facetds.gan import training
from facetds.gan.acceleration import Acceleration, accelerate
from facetds.gan.networks import Generator, freeze, set_conv_type
from facetds.gan.state import Settings, TrainingState, new_state
from facetds.progress import say

AUTO = {"z_dim": 512, "w_dim": 512, "channel_base": 16384, "channel_max": 512}
TINY = {"z_dim": 64, "w_dim": 64, "channel_base": 1024, "channel_max": 64}
SMALL = {"z_dim": 128, "w_dim": 128, "channel_base": 2048, "channel_max": 128}
MEDIUM = {"z_dim": 256, "w_dim": 256, "channel_base": 4096, "channel_max": 256}
CYCLE = {0: 1, 4: 3, 1: 12}
"""Iteration of each kind: how many such there are in 16."""


@dataclass(frozen=True)
class Case:
    """One network: its sizes, batch, augmentation probability (None: none), official img/s.

    The official figures are images per second of one core on the CPU (NVlabs/stylegan2-ada-pytorch
    d72cc7d without its CUDA operations, torch 2.15, AMD EPYC with AVX-512, memory settings as
    above), None where none was measured; on a GPU those that are published for one A100
    (NVlabs/stylegan3, docs/configs.md, 'StyleGAN2-ADA', with its CUDA operations, float16).
    """

    name: str
    resolution: int
    sizes: dict[str, int]
    batch: int
    p: float | None = None
    layers: int = 2
    cpu: float | None = None
    a100: float | None = None


TRAINING = (
    Case("tiny", 64, TINY, 16, cpu=42.0),
    Case("tiny, ADA", 64, TINY, 16, p=0.2, cpu=23.6),
    Case("small", 64, SMALL, 16, cpu=17.0),
    Case("small, ADA", 64, SMALL, 16, p=0.2, cpu=10.5),
    Case("medium", 64, MEDIUM, 16, cpu=5.2),
    Case("auto", 64, AUTO, 8, cpu=0.73),
    Case("auto, ADA", 64, AUTO, 8, p=0.2, cpu=0.6),
    Case("auto, ADA", 128, AUTO, 4, p=0.2),
    Case("auto, ADA", 256, AUTO, 4, p=0.2),
)
GPU_TRAINING = (
    Case("auto, ADA", 64, AUTO, 32, p=0.2),
    Case("auto, ADA", 128, AUTO, 32, p=0.2, a100=1000 / 6.79),
    Case("auto, ADA", 256, AUTO, 16, p=0.2, a100=1000 / 12.53),
    Case("paper256, ADA", 256, AUTO, 64, p=0.2, layers=8),
)
SYNTHESIS = (
    Case("auto", 64, AUTO, 1, cpu=7.9),
    Case("auto", 64, AUTO, 8, cpu=9.0),
    Case("auto", 128, AUTO, 1, cpu=5.4),
    Case("auto", 128, AUTO, 8, cpu=5.6),
    Case("auto", 256, AUTO, 1, cpu=3.6),
    Case("auto", 256, AUTO, 8, cpu=3.9),
    Case("paper256", 256, AUTO, 1, layers=8, cpu=3.2),
    Case("paper256", 256, AUTO, 8, layers=8, cpu=2.98),
)


def time_training(case: Case, device: str, seconds: float, half: int, conv_type: str) -> float:
    """Return the seconds per image of training, the mean over a cycle."""
    state = new_state(_settings(case, half), device)
    accelerate(state.g, state.d, Acceleration(conv_type=conv_type), device)
    shape = (4 * case.batch, case.resolution, case.resolution, 3)
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    total = 0.0
    for iteration, count in CYCLE.items():
        total += count * _time(
            lambda at=iteration: _train(state, images, at, case), seconds / 3, device
        )
    return total / sum(CYCLE.values()) / case.batch


def time_synthesis(case: Case, device: str, seconds: float, half: int, conv_type: str) -> float:
    """Return the seconds per image of mapping and synthesis with constant noise, weights frozen."""
    torch.manual_seed(0)
    synthesis = {name: case.sizes[name] for name in ("channel_base", "channel_max")}
    generator = Generator(
        case.sizes["z_dim"],
        0,
        case.sizes["w_dim"],
        case.resolution,
        3,
        {"num_layers": case.layers},
        {**synthesis, "num_fp16_res": half, "conv_clamp": 256 if half else None},
    )
    generator = generator.to(device).eval().requires_grad_(False)
    set_conv_type(generator, getattr(torch, conv_type))
    freeze(generator)
    z = torch.randn(case.batch, case.sizes["z_dim"], device=device)
    with torch.inference_mode():
        return _time(lambda: generator(z, None, noise_mode="const"), seconds, device) / case.batch


def _settings(case: Case, half: int) -> Settings:
    return Settings(
        seed=0,
        resolution=case.resolution,
        **case.sizes,
        mapping_layers=case.layers,
        half_resolutions=half,
        d_architecture="resnet",
        freezed=0,
        batch=case.batch,
        mbstd_group=4,
        micro_batch=min(case.batch, 32),
        gamma=1.0,
        pl_weight=2.0,
        style_mixing=0.9,
        lr_g=0.0025,
        lr_d=0.0025,
        ema_kimg=10,
        ema_rampup=None,
        mirror=False,
        subset=None,
        augment=None if case.p is None else "bgc",
        ada_target=0.6,
        ada_kimg=1e9,
        ada_max=1.0,
        tick_kimg=1e9,
    )


def _train(state: TrainingState, images: np.ndarray, iteration: int, case: Case) -> None:
    """Train for one iteration of the kind of number `iteration`."""
    state.iteration = iteration
    state.p = case.p or 0.0
    for _ in training.train(state, images, state.shown + case.batch):
        pass


def _time(function: Callable[[], object], seconds: float, device: str) -> float:
    """Return the mean seconds of a call: CPU seconds, or on a GPU those that pass."""
    function()
    spent = []
    while not spent or sum(spent) < seconds:
        start = _now(device)
        function()
        spent.append(_now(device) - start)
    return float(np.mean(spent))


def _now(device: str) -> float:
    if device == "cuda":
        torch.cuda.synchronize()
        return time.perf_counter()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main(
    device: str = "cpu",
    seconds: float = 20.0,
    half: int = 0,
    threads: int = 1,
    only: str = "",
    conv_type: str = "float32",
) -> None:
    """Print a line per network; `only` takes those whose line contains it.

    half and conv_type: gan.half_resolutions and gan.conv_type of the config.
    """
    torch.set_num_threads(threads)
    about = f"half resolutions: {half}" if device == "cuda" else f"convolutions in {conv_type}"
    say(f"{device}, torch {torch.__version__}, {threads} threads, {about}")
    say(f"{'':10s}{'network':16s}{'px':>4s}{'batch':>6s}{'s/img':>9s}{'img/s':>9s}  official")
    kinds = (
        ("training", time_training, TRAINING if device == "cpu" else GPU_TRAINING),
        ("synthesis", time_synthesis, SYNTHESIS),
    )
    for kind, function, cases in kinds:
        for case in cases:
            line = f"{kind:10s}{case.name:16s}{case.resolution:4d}{case.batch:6d}"
            if only not in line:
                continue
            spent = function(case, device, seconds, half, conv_type)
            official = case.cpu if device == "cpu" else case.a100
            beside = f"{official:9.1f}  x {1 / spent / official:.2f}" if official else ""
            say(f"{line}{spent:9.4f}{1 / spent:9.2f}{beside}")


if __name__ == "__main__":
    command.run(main)
