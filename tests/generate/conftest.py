"""A small random network, its directions and labelled seeds."""

import pandas as pd
import pytest
import torch

from facetds.aus import AU_NAMES
from facetds.files import digest
from facetds.gan.checkpoint import save_network
from facetds.gan.networks import Generator
from facetds.latent.find_directions import find_directions


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("generate")
    torch.manual_seed(5)
    generator = Generator(
        32, 0, 32, 16, 3,
        mapping_kwargs={"num_layers": 2},
        synthesis_kwargs={"channel_base": 256, "channel_max": 16},
    )  # fmt: skip
    torch.nn.init.normal_(generator.mapping.w_avg)
    save_network(root / "network.pkl", generator, None, {})
    find_directions(root / "network.pkl", root / "directions.npz", "rosinality")
    labels = pd.DataFrame({"seed": [9, 91, 4]})
    labels[list(AU_NAMES)] = [[1, 0, 0, 0, 0, 0], [0, 0, 0, 1, 1, 0], [0, 0, 0, 0, 0, 0]]
    labels = labels.assign(neutral=[0, 0, 1], network=digest(root / "network.pkl"), psi=0.8)
    labels.to_csv(root / "seed_labels.csv", index=False)
    return root
