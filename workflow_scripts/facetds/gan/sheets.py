"""Sheets of real and of generated images, as the official training shows them."""

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
    return tile(render_seeds(generator, range(SHOWN), "const"), COLUMNS)


def render_seeds(
    generator: torch.nn.Module, seeds: range, noise_mode: str, chunk: int = 16
) -> np.ndarray:
    """Return the images of `seeds` as uint8 N x R x R x 3, made `chunk` at a time, psi 1."""
    device = next(generator.parameters()).device
    images = []
    with torch.inference_mode():
        for start in range(0, len(seeds), chunk):
            z = torch.from_numpy(z_of_seeds(seeds[start : start + chunk], generator.z_dim))
            made = generator(z.to(device), None, noise_mode=noise_mode)
            images.append(to_uint8(made))
    return np.concatenate(images)
