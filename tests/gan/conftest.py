"""Reference values of the official StyleGAN2-ADA, and how close to them is close enough."""

import functools
import json
from pathlib import Path

import numpy as np
import pytest
import torch

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def reference():
    """reference(name) -> (arrays by name, config) of a file in fixtures."""

    @functools.cache
    def load(name):
        with np.load(FIXTURES / f"{name}.npz", allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        return arrays, json.loads(str(arrays.pop("config_json")))

    return load


@pytest.fixture(scope="session")
def assert_near():
    """assert_near(actual, expected, t): shapes agree and max |a - b| <= t max(floor, max |b|)."""

    def check(actual, expected, tolerance, what="", floor=1.0):
        actual = torch.as_tensor(actual).detach().double()
        expected = torch.as_tensor(expected).double()
        assert actual.shape == expected.shape, what
        if expected.numel():
            limit = tolerance * max(floor, float(expected.abs().max()))
            assert float((actual - expected).abs().max()) <= limit, what

    return check
