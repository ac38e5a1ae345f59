"""Measure one snapshot against the data set, and show its images."""

from pathlib import Path

import torch

from facetds import command
from facetds.files import write_json
from facetds.gan.checkpoint import load_networks
from facetds.gan.dataset import read_dataset
from facetds.gan.measurement import measure_fakes
from facetds.gan.sheets import draw_fakes, render_seeds
from facetds.images import write_image
from facetds.randomness import seed_for


def measure_snapshot(
    snapshot: Path,
    dataset: Path,
    sheet: Path,
    out: Path,
    fid_images: int,
    extractor: str,
    seed: int,
    threads: int = 1,
) -> None:
    """Write a sheet of fakes to `sheet` (.png) and the measures of `fid_images` fakes to `out`.

    The fakes are those of the seeds from 0, without truncation, with random noise.
    """
    torch.set_num_threads(threads)
    generator, _, meta = load_networks(snapshot)
    write_image(sheet, draw_fakes(generator))
    torch.manual_seed(seed_for(seed, "gan.measure"))
    fakes = render_seeds(generator, range(fid_images), "random")
    reals = read_dataset(dataset)
    measures = measure_fakes(fakes, reals, extractor)
    numbers = {"kimg": meta["kimg"], "n_fakes": len(fakes), "n_reals": len(reals)}
    write_json(out, {**numbers, "extractor": extractor, **measures})


if __name__ == "__main__":
    command.run(measure_snapshot)
