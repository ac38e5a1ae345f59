"""Reference values of the official StyleGAN2-ADA, and how close to them is close enough."""

import collections
import functools
import importlib.util
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch

TOY = {
    "seed": 1, "resolution": 16, "z_dim": 32, "w_dim": 32, "mapping_layers": 2,
    "channel_base": 256, "channel_max": 16, "half_resolutions": 0, "d_architecture": "resnet",
    "freezed": 0, "batch": 8, "micro_batch": 8, "mbstd_group": 4, "gamma": 1.0, "pl_weight": 2.0,
    "style_mixing": 0.9, "lr_g": 0.0025, "lr_d": 0.0025, "ema_kimg": 0.05, "ema_rampup": None,
    "mirror": True, "subset": None, "augment": "bgc", "ada_target": 0.0, "ada_kimg": 0.2,
    "ada_max": 0.8, "tick_kimg": 0.06,
}  # fmt: skip
FIXTURES = Path(__file__).parent / "fixtures"
EXPECTED = re.compile(r"(out|act|loss|after|mat|const)/|rand/\w+(\.\d)?/out|grad/(?!\w+/_names)")
names = collections.defaultdict(list)  # content of a reference array: its files and keys
compared = {}  # file, key, precision: largest error, tolerance


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def reference():
    """reference(name) -> (arrays by name, config) of a file in fixtures."""
    return read_reference


@functools.cache
def read_reference(name):
    with np.load(FIXTURES / f"{name}.npz", allow_pickle=False) as archive:
        arrays = {key: archive[key] for key in archive.files}
    config = json.loads(str(arrays.pop("config_json")))
    for key, array in arrays.items():
        if EXPECTED.match(key):
            names[content_of(array)].append((name, key))
    return arrays, config


@pytest.fixture(scope="session")
def assert_near():
    """assert_near(actual, expected, t): shapes agree and max |a - b| <= t max(floor, max |b|)."""

    def check(actual, expected, tolerance, what="", floor=1.0):
        actual = torch.as_tensor(actual).detach()
        expected = torch.as_tensor(expected).double()
        assert actual.shape == expected.shape, what
        if not expected.numel():
            return
        error = float((actual.double() - expected).abs().max())
        limit = tolerance * max(floor, float(expected.abs().max()))
        precision = str(actual.dtype).removeprefix("torch.")
        for file, key in names.get(content_of(expected), ()):
            kept = compared.get((file, key, precision))
            if kept is None or share(error, limit) > share(*kept):
                compared[file, key, precision] = error, limit
        assert error <= limit, what

    return check


def content_of(array):
    """Return what an array is known by, whatever its precision: reference values are float32."""
    return np.asarray(array, np.float32).tobytes()


def share(error, limit):
    """Return how much of its tolerance an error takes up; what is 0 may have none."""
    return error / max(limit, 1e-300)


def pytest_terminal_summary(terminalreporter, config):
    """With -s, print how far each reference array was missed, by how much it may, and the rest."""
    if config.getoption("capture") != "no" or not compared:
        return
    terminalreporter.section("reference values: largest error, tolerance")
    for (file, key, precision), (error, limit) in sorted(compared.items()):
        terminalreporter.line(f"{file} {key} {precision}: {error:.2e} of {limit:.2e}")
    terminalreporter.section("reference values: the nearest to its tolerance")
    groups = collections.defaultdict(list)
    for (file, key, precision), (error, limit) in compared.items():
        groups[file, precision, key.split("/")[0]].append((share(error, limit), error, limit, key))
    for (file, precision, kind), rows in sorted(groups.items()):
        _, error, limit, key = max(rows)
        what = f"{file:15s} {kind:5s} {precision:8s}{len(rows):4d} arrays"
        terminalreporter.line(f"{what}, {error:.1e} of {limit:.1e}: {key}")
    known = {name for found in names.values() for name in found}
    for file, key in sorted(known - {(file, key) for file, key, _ in compared}):
        terminalreporter.line(f"not compared: {file} {key}")


@pytest.fixture(scope="session")
def toy():
    """toy(**changes) -> settings of a training that is small and does all there is."""
    from facetds.gan.state import Settings

    return lambda **changes: Settings(**TOY | changes)


@pytest.fixture(scope="session")
def pictures():
    """pictures(count) -> uint8 count x 16 x 16 x 3, each of one colour with some noise."""

    def draw(count=20):
        random = np.random.default_rng(0)
        colours = random.integers(0, 256, (count, 1, 1, 3))
        return np.clip(colours + random.integers(-20, 20, (count, 16, 16, 3)), 0, 255).astype(
            np.uint8
        )

    return draw


@pytest.fixture(scope="session")
def official():
    """Return the module `official_files`, which writes files in the official structure."""
    place = Path(__file__).with_name("official_files.py")
    spec = importlib.util.spec_from_file_location("official_files", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
