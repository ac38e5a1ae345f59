"""Sheets of real and of generated images, as the official training shows them."""

from collections.abc import Iterator

import numpy as np
import torch

from facetds.gan.classes import distinct_labels
from facetds.gan.sampling import to_uint8, z_of_seeds
from facetds.images import tile
from facetds.randomness import generator as random_generator

SHOWN = 60
COLUMNS = 10
CLASSES = 12
"""Rows of a sheet of classes, at most."""


def draw_reals(images: np.ndarray, seed: int, labels: np.ndarray | None = None) -> np.ndarray:
    """Return up to 60 images (uint8 N x R x R x 3), drawn from `seed`, as one sheet.

    labels: N x c_dim; with them, a row has 10 images of one label, or less and white.
    """
    drawn = random_generator(seed, "gan.reals").permutation(len(images))
    if labels is None:
        return tile(images[drawn[:SHOWN]], COLUMNS)
    rows = []
    for label in distinct_labels(labels, CLASSES):
        row = images[drawn[(labels[drawn] == label).all(axis=1)][:COLUMNS]]
        rows += [row, np.full((COLUMNS - len(row), *images.shape[1:]), 255, np.uint8)]
    return tile(np.concatenate(rows), COLUMNS)


def draw_fakes(generator: torch.nn.Module, labels: np.ndarray | None = None) -> np.ndarray:
    """Return the images of seeds 0 to 59 without truncation, with constant noise, as one sheet.

    labels: N x c_dim, of the data set; with them, a row has the seeds 0 to 9 with one label, in
    the order of `draw_reals`.
    """
    seeds = np.arange(SHOWN)
    if labels is not None:
        distinct = distinct_labels(labels, CLASSES)
        seeds = np.tile(seeds[:COLUMNS], len(distinct))
        labels = distinct.repeat(COLUMNS, axis=0)
    return tile(np.concatenate(list(render_seeds(generator, seeds, "const", labels))), COLUMNS)


def render_seeds(
    generator: torch.nn.Module,
    seeds: np.ndarray,
    noise_mode: str,
    labels: np.ndarray | None = None,
    chunk: int = 16,
) -> Iterator[np.ndarray]:
    """Yield the images of seeds (N), and labels (N x c_dim), as uint8 arrays of chunk x R x R x 3.

    They are not truncated.
    """
    device = next(generator.parameters()).device
    for first in range(0, len(seeds), chunk):
        part = slice(first, first + chunk)
        with torch.inference_mode():
            z = torch.from_numpy(z_of_seeds(seeds[part], generator.z_dim)).float().to(device)
            c = None if labels is None else torch.from_numpy(labels[part]).to(device)
            made = generator(z, c, noise_mode=noise_mode)
        yield to_uint8(made)
