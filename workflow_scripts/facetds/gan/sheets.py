"""Sheets of real and of generated images, as the official training shows them."""

from collections.abc import Iterator

import numpy as np
import torch

from facetds.gan.sampling import to_uint8, z_of_seeds
from facetds.images import tile
from facetds.randomness import generator as random_generator

SHOWN = 60
COLUMNS = 10


def draw_reals(images: np.ndarray, seed: int) -> np.ndarray:
    """Return up to 60 images (uint8 N x R x R x 3), drawn from `seed`, as one sheet."""
    drawn = random_generator(seed, "gan.reals").permutation(len(images))[:SHOWN]
    return tile(images[drawn], COLUMNS)


def draw_fakes(generator: torch.nn.Module) -> np.ndarray:
    """Return the images of seeds 0 to 59 without truncation, with constant noise, as one sheet."""
    return tile(np.concatenate(list(render_seeds(generator, SHOWN, "const"))), COLUMNS)


def render_seeds(
    generator: torch.nn.Module, count: int, noise_mode: str, chunk: int = 16
) -> Iterator[np.ndarray]:
    """Yield the images of seeds 0 to `count` - 1, psi 1, as uint8 arrays of `chunk` x R x R x 3."""
    device = next(generator.parameters()).device
    for first in range(0, count, chunk):
        seeds = range(first, min(first + chunk, count))
        with torch.inference_mode():
            z = torch.from_numpy(z_of_seeds(seeds, generator.z_dim)).float().to(device)
            made = generator(z, None, noise_mode=noise_mode)
        yield to_uint8(made)
