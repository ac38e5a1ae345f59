"""A network of the user's own must fit the run."""

import json

import pytest
import torch

from facetds.errors import FacetdsError
from facetds.gan.checkpoint import save_network
from facetds.gan.choose_network import choose_network
from facetds.gan.networks import Generator


def test_a_network_of_another_resolution_is_refused(tmp_path):
    torch.manual_seed(1)
    generator = Generator(
        8, 0, 8, 16, 3,
        mapping_kwargs={"num_layers": 1},
        synthesis_kwargs={"channel_base": 64, "channel_max": 4},
    )  # fmt: skip
    save_network(tmp_path / "mine.pkl", generator, None, {})
    outs = tmp_path / "network.pkl", tmp_path / "network.json"
    with pytest.raises(FacetdsError, match=r"mine\.pkl makes images of 16 pixels, but gan\.resolu"):
        choose_network([tmp_path / "mine.pkl"], *outs, resolution=64)
    assert not outs[0].exists()
    choose_network([tmp_path / "mine.pkl"], *outs, resolution=16)
    assert json.loads(outs[1].read_text())["resolution"] == 16
