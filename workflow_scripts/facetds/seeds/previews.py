"""Previews of seeds: the numbered images that a reviewer looks at (thesis 3.10)."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from facetds.files import replacing_directory
from facetds.images import encode_jpeg
from facetds.latents import render, ws_of_seed

if TYPE_CHECKING:
    import torch


def seeds_of_shard(shard: int, shard_size: int, previews: int) -> range:
    """Return the seeds of a shard: `shard_size` of 0 .. previews - 1, in the last one the rest."""
    return range(shard * shard_size, min((shard + 1) * shard_size, previews))


def write_previews(
    directory: Path, seeds: Iterable[int], generator: "torch.nn.Module", psi: float
) -> tuple[pd.DataFrame, np.ndarray]:
    """Render seeds into `directory` as 000042.jpg, in one step.

    Returns the manifest (seed, image, sha256) and the images (uint8 N x R x R x 3).
    """
    manifest, images = [], []
    with replacing_directory(directory) as folder:
        for seed in seeds:
            images.append(render(generator, ws_of_seed(generator, seed, psi)))
            data = encode_jpeg(images[-1])
            name = f"{seed:06d}.jpg"
            (folder / name).write_bytes(data)
            row = {"seed": seed, "image": name, "sha256": hashlib.sha256(data).hexdigest()}
            manifest.append(row)
    return pd.DataFrame(manifest), np.array(images)
