"""What makes training faster at the price of precision or of a slow start."""

from dataclasses import dataclass
from typing import Any

import torch

from facetds.gan.networks import Discriminator, Generator, set_conv_type, set_half_type


@dataclass(frozen=True)
class Acceleration:
    """The keys of the config section gan of the same names.

    On a GPU: half_type: float16 or bfloat16, of the half_resolutions highest resolutions; tf32: let
    full precision use tensor cores, with 10 bits of mantissa; compile: see `compile_networks`. On a
    CPU: conv_type: float32, or bfloat16, which the factors of convolutions are rounded to.
    """

    half_type: str = "float16"
    tf32: bool = False
    compile: bool = False
    conv_type: str = "float32"


AS_OFFICIAL = Acceleration()


def accelerate(g: Generator, d: Discriminator, chosen: Acceleration, device: str) -> None:
    """Prepare networks on `device` as `chosen`."""
    if torch.device(device).type != "cuda":
        for network in (g, d):
            set_conv_type(network, getattr(torch, chosen.conv_type))
        return
    torch.backends.cuda.matmul.allow_tf32 = chosen.tf32
    torch.backends.cudnn.allow_tf32 = chosen.tf32
    for network in (g, d):
        set_half_type(network, getattr(torch, chosen.half_type))
    if chosen.compile:
        compile_networks(g, d)


def compile_networks(g: Generator, d: Discriminator, **options: Any) -> None:
    """Let calls of G's synthesis and of D run compiled, from the first one on.

    Compiled graphs cannot be derived twice, so the regularisations call `forward`, which stays as
    it is. options: as torch.compile's.
    """
    g.synthesis.compile(**options)
    d.compile(**options)
