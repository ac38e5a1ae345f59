"""Feature spaces that rest on weights: InceptionV3 from a local file, one's own discriminator."""

import numpy as np
import pytest
import torch

from facetds.errors import BadInput, FacetdsError
from facetds.files import digest
from facetds.gan.checkpoint import save_network
from facetds.gan.networks import Discriminator, Generator
from facetds.iqa import inception
from facetds.iqa.extractors import make_extractor

NAME = "pt_inception-2015-12-05-6726825d.pth"
IMAGES = np.random.default_rng(0).integers(0, 256, (3, 40, 40, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def network():
    """Return InceptionV3 with random weights."""
    torch.manual_seed(0)
    return inception.Inception(tensorflow=True).eval()


def test_inception_has_the_published_size(network):
    # 21,785,568 numbers without the classifier and the auxiliary one (Szegedy et al. 2015).
    assert sum(p.numel() for p in network.parameters()) == 21_785_568
    features = inception.pooled_features(network, IMAGES)
    assert features.shape == (3, 2048)
    assert np.allclose(features[1:2], inception.pooled_features(network, IMAGES[1:2]), atol=1e-6)


def test_the_network_of_2015_is_not_torchvisions(network):
    other = inception.Inception(tensorflow=False).eval()
    other.load_state_dict(network.state_dict())
    features = [inception.pooled_features(n, IMAGES[:1]) for n in (network, other)]
    assert not np.allclose(*features, rtol=1e-3)


def test_known_weights_are_loaded_and_name_the_space(network, tmp_path, monkeypatch):
    path = tmp_path / NAME
    torch.save({**network.state_dict(), "fc.weight": torch.zeros(1008, 2048)}, path)
    with pytest.raises(FacetdsError, match="begin with 6726825d"):
        make_extractor("inception", np.zeros(0), path)
    weights = inception.KNOWN[NAME]._replace(sha256=digest(path)[:8])
    monkeypatch.setitem(inception.KNOWN, NAME, weights)
    space = make_extractor("inception", np.zeros(0), path)
    assert space.label == "inception-2015-12-05"
    assert digest(path)[:12] in space.key
    assert np.allclose(
        space.extract(IMAGES, None), inception.pooled_features(network, IMAGES), atol=1e-6
    )


def test_other_files_of_weights_are_refused(network, tmp_path, monkeypatch):
    with pytest.raises(FacetdsError, match="not a known file"):
        make_extractor("inception", np.zeros(0), tmp_path / "best.pth")
    with pytest.raises(FacetdsError, match="nothing is downloaded"):
        make_extractor("inception", np.zeros(0), tmp_path / NAME)
    path = tmp_path / NAME
    tensors = network.state_dict()
    del tensors["Mixed_7c.branch1x1.conv.weight"]
    for content, message in ((tensors, "lacks the tensor"), (network, NAME)):
        torch.save(content, path)
        weights = inception.KNOWN[NAME]._replace(sha256=digest(path)[:8])
        monkeypatch.setitem(inception.KNOWN, NAME, weights)
        with pytest.raises((FacetdsError, BadInput), match=message):
            make_extractor("inception", np.zeros(0), path)


def test_features_of_ones_own_discriminator(tmp_path):
    torch.manual_seed(0)
    sizes = {"img_resolution": 32, "img_channels": 3}
    channels = {"channel_base": 256, "channel_max": 16}
    generator = Generator(8, 0, 8, **sizes, synthesis_kwargs=channels)
    path = tmp_path / "network.pkl"
    save_network(path, generator, Discriminator(0, **sizes, **channels), {"kimg": 0})
    space = make_extractor("discriminator", np.zeros(0), path)
    images = np.random.default_rng(1).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
    features = space.extract(images, None)
    assert features.shape == (5, 16)
    assert np.allclose(features[2:3], space.extract(images[2:3], None), atol=1e-6)
    with pytest.raises(FacetdsError, match=r"gan\.resolution"):
        space.extract(IMAGES, None)
    save_network(path, generator, None, {"kimg": 0})
    with pytest.raises(FacetdsError, match="no discriminator"):
        make_extractor("discriminator", np.zeros(0), path)
