"""Map many seeds to w, the space that directions and t-SNE look at (thesis 2.4.2.1)."""

from pathlib import Path

import numpy as np

from facetds import command
from facetds.files import replacing
from facetds.gan.checkpoint import load_generator
from facetds.latents import w_of_seed
from facetds.progress import track


def sample_w(network: Path, out: Path, samples: int) -> None:
    """Write the seeds 0 to samples - 1 (int64) and their untruncated w (float32 N x w_dim)."""
    generator = load_generator(network)
    seeds = np.arange(samples, dtype=np.int64)
    w = np.stack([w_of_seed(generator, seed) for seed in track(seeds, what="map", unit="seed")])
    with replacing(out) as temporary, temporary.open("wb") as handle:
        np.savez(handle, seeds=seeds, w=w)


if __name__ == "__main__":
    command.run(sample_w)
