"""A folder of previews as the workflow leaves it, servers of the page, and its pages."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from facetds.aus import AU_NAMES
from facetds.files import digest
from facetds.tables import write_table

SEEDS, SHARD = 75, 50
SOURCE = Path(__file__).parents[2] / "workflow_scripts"


def write_previews(folder, network, seeds, shard, side=48):
    """Write drawn previews of `seeds` seeds with their manifests, as render_previews does."""
    grid = np.indices((side, side)).transpose(1, 2, 0)
    for first in range(0, seeds, shard):
        name = f"shard-{first // shard:03d}"
        directory = folder / "previews" / name
        directory.mkdir(parents=True)
        rows = []
        for seed in range(first, min(first + shard, seeds)):
            rings = np.hypot(*np.moveaxis(grid - side / 2, -1, 0)) * (1 + seed % 7) / 4
            pixels = np.stack([rings * 9, rings * 5 + seed, 255 - rings * 9], -1) % 256
            path = directory / f"{seed:06d}.jpg"
            Image.fromarray(pixels.astype(np.uint8)).save(path)
            rows.append({"seed": seed, "image": path.name, "sha256": digest(path)})
        write_table(folder / f"{name}.csv", pd.DataFrame(rows).assign(network=network, psi=0.7))


def chance(seed, column):
    """Return the suggested probability of an AU: the same in every test."""
    return (seed * 37 + column * 11) % 100 / 100


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    """A working directory with a network, its directions, previews, estimates and a config."""
    from facetds.gan.checkpoint import save_network
    from facetds.gan.networks import Generator
    from facetds.latent.find_directions import find_directions

    root = tmp_path_factory.mktemp("review")
    generator = Generator(
        16, 0, 16, 8, 3, {"num_layers": 2}, {"channel_base": 128, "channel_max": 16}
    )
    network = root / "results/gan/network.pkl"
    network.parent.mkdir(parents=True)
    save_network(network, generator, None, {})
    find_directions(network, root / "results/latent/directions.npz", "rosinality")
    write_previews(root / "results/seeds", digest(network), SEEDS, SHARD)
    table = pd.DataFrame({"seed": range(SEEDS)})
    for column, au in enumerate(AU_NAMES):
        values = [chance(seed, column) for seed in range(SEEDS)]
        table[f"a_{au}"] = table[f"b_{au}"] = values
    write_table(root / "results/seeds/estimates-000.csv", table)
    (root / "config.yaml").write_text("seed: 1\ngenerate: {indexes: [0, 2], degrees: [-2, 0, 2]}\n")
    return root


@pytest.fixture
def start(place):
    """start(reviews, reviewer, *options) -> (process, address with key); ended after the test."""
    running = []

    def run(reviews, reviewer="anna", *options, port=0):
        command = [sys.executable, "-m", "facetds.review", "--reviews", str(reviews)]
        command += ["--reviewer", reviewer, "--port", str(port), *options]
        process = subprocess.Popen(
            command, cwd=place, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
        )  # fmt: skip
        running.append(process)
        return process, process.stdout.readline().strip()

    yield run
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def browse(chromium):
    """browse(address) -> a page of 1280 x 720 that has started; it must end without errors."""
    with contextlib.ExitStack() as stack:
        problems = []

        def visit(address, ready="body[data-started]", context=None, **options):
            if context is None:
                context = chromium.new_context(viewport={"width": 1280, "height": 720}, **options)
                stack.callback(context.close)
            page = context.new_page()
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
            page.goto(address)
            page.wait_for_selector(ready, state="attached")
            page.problems = problems
            return page

        yield visit
        assert problems == []


def wait_saved(page):
    """Wait until the page says that all is saved."""
    page.wait_for_function("() => document.querySelector('#saved').dataset.state === 'saved'")


@pytest.fixture
def saved():
    return wait_saved
