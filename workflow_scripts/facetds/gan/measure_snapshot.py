"""Measure one snapshot against the data set, and show its images."""

from pathlib import Path

import numpy as np
import torch

from facetds import command
from facetds.files import write_json
from facetds.frechet import extract_features
from facetds.gan.checkpoint import load_networks
from facetds.gan.classes import check_labels
from facetds.gan.dataset import read_labelled
from facetds.gan.measurement import measure_features
from facetds.gan.sheets import draw_fakes, render_seeds
from facetds.gan.workplace import check_device
from facetds.images import write_image
from facetds.progress import track
from facetds.randomness import generator as random_generator
from facetds.randomness import seed_for

CHUNK = 32


def measure_snapshot(
    snapshot: Path,
    dataset: Path,
    sheet: Path,
    out: Path,
    fid_images: int,
    extractor: str,
    seed: int,
    device: str = "cpu",
) -> None:
    """Write a sheet of fakes to `sheet` (.png) and the measures of `fid_images` fakes to `out`.

    The fakes are those of the seeds from 0, without truncation, with random noise; those of a
    network of classes have labels of images of the data set drawn at random.
    """
    check_device(device)
    torch.set_num_threads(1)
    generator, _, meta = load_networks(snapshot)
    generator.to(device)
    images, labels = read_labelled(dataset, generator.c_dim > 0)
    check_labels(labels, generator.c_dim)
    drawn = None
    if generator.c_dim:
        rng = random_generator(seed, "gan.measure.labels")
        drawn = labels[rng.integers(len(labels), size=fid_images)]
    write_image(sheet, draw_fakes(generator, labels if generator.c_dim else None))
    torch.manual_seed(seed_for(seed, "gan.measure"))
    chunks = track(
        render_seeds(generator, np.arange(fid_images), "random", drawn, CHUNK),
        what="measure",
        unit="chunk",
        total=-(-fid_images // CHUNK),
    )
    fakes = np.concatenate([extract_features(chunk, extractor) for chunk in chunks])
    reals = extract_features(images, extractor)
    numbers = {"kimg": meta["kimg"], "n_fakes": len(fakes), "n_reals": len(reals)}
    write_json(out, {**numbers, "extractor": extractor, **measure_features(fakes, reals)})


if __name__ == "__main__":
    command.run(measure_snapshot)
