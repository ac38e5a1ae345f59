"""From seeds to latents, and from network output to pixels, as the official tools do it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from facetds.errors import FacetdsError

if TYPE_CHECKING:
    import torch


def z_of_seeds(seeds: Iterable[int], z_dim: int) -> np.ndarray:
    """Return the latents of the seeds: float64 N x z_dim, standard normal.

    Each seed starts a legacy Mersenne Twister of its own (`RandomState`), which NumPy keeps frozen,
    so that a published seed is the same face everywhere.
    """
    return np.array([_z_of_seed(int(seed), z_dim) for seed in seeds]).reshape(-1, z_dim)


def to_uint8(images: "torch.Tensor") -> np.ndarray:
    """Return float images (N x C x R x R, nominally in -1..1) as uint8 N x R x R x 3.

    Values are truncated, not rounded. One channel is repeated.
    """
    pixels = (images.detach() * 127.5 + 128).clamp(0, 255)
    array = pixels.permute(0, 2, 3, 1).cpu().numpy().astype(np.uint8)
    return np.repeat(array, 3, axis=3) if array.shape[3] == 1 else array


def _z_of_seed(seed: int, z_dim: int) -> np.ndarray:
    if not 0 <= seed < 2**32:
        raise FacetdsError(f"{seed} is not a seed; seeds are whole numbers from 0 to 4294967295.")
    return np.random.RandomState(seed).randn(z_dim)
