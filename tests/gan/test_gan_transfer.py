"""Transfer: what a training takes over from the file of another, and what is said otherwise."""

import copy

import pytest
import torch

from facetds.errors import FacetdsError
from facetds.gan.checkpoint import save_network
from facetds.gan.network_files import export_safetensors, read_networks
from facetds.gan.state import new_state, write_state
from facetds.gan.training import train
from facetds.gan.transfer import resumed_state


@pytest.fixture(scope="module")
def trained(toy, pictures, tmp_path_factory):
    """Return a state after 32 images, and its snapshot."""
    state = new_state(toy(seed=5))
    list(train(state, pictures(), 32))
    state.p = 0.3
    path = tmp_path_factory.mktemp("old") / "network-snapshot-000000.pkl"
    write_state(path, state)
    return state, path


def assert_equal(network, other):
    for name, value in network.state_dict().items():
        assert torch.equal(value, other.state_dict()[name]), name


def test_a_snapshot_gives_all_it_holds(trained, toy):
    old, path = trained
    new = resumed_state(toy(seed=9), path)
    for name in ("g", "d", "g_ema"):
        assert_equal(getattr(new, name), getattr(old, name))
    assert not torch.equal(old.g.mapping.fc0.weight, old.g_ema.mapping.fc0.weight)
    for adam, network, theirs, network_of in (
        (new.adam_g, new.g, old.adam_g, old.g),
        (new.adam_d, new.d, old.adam_d, old.d),
    ):
        wanted = dict(network_of.named_parameters())
        for name, parameter in network.named_parameters():
            moments = theirs.state[wanted[name]]
            assert moments["exp_avg_sq"].abs().sum() > 0 or name.endswith("noise_strength")
            for kind, value in moments.items():
                assert torch.equal(adam.state[parameter][kind], value), name
    assert new.p == 0.3
    assert torch.equal(new.pl_mean, old.pl_mean)
    assert resumed_state(toy(ada_max=0.2), path).p == 0.2


@pytest.mark.parametrize("kind", ["pytorch", "stylegan3", "tensorflow", "safetensors", "chosen"])
def test_other_files_give_their_weights(kind, trained, toy, pictures, official, tmp_path):
    old, path = trained
    networks = {"G": old.g, "D": old.d, "G_ema": old.g_ema}
    file = tmp_path / "other"
    if kind in ("pytorch", "stylegan3"):
        official.pickle_torch(file, networks, flat=kind == "stylegan3")
    elif kind == "tensorflow":
        official.pickle_tensorflow(file, old.g, old.d, old.g_ema)
    elif kind == "safetensors":
        export_safetensors(file, read_networks(path))
    else:
        save_network(file, old.g_ema, old.d, {})
    new = resumed_state(toy(), file)
    g = old.g_ema if kind == "chosen" else old.g
    for ours, theirs in ((new.g, g), (new.d, old.d), (new.g_ema, old.g_ema)):
        for name, value in theirs.state_dict().items():
            close = 1e-6 if kind == "tensorflow" and name.endswith("affine.bias") else 0
            assert (ours.state_dict()[name] - value).abs().max() <= close, name
    assert (new.p, new.shown, len(new.adam_g.state)) == (0, 0, 0)
    list(train(new, pictures(), 8))
    assert new.shown == 8


def test_frozen_layers_keep_what_they_were_resumed_with(trained, toy, pictures):
    old, path = trained
    new = resumed_state(toy(freezed=4), path)
    list(train(new, pictures(), 16))
    before, after = old.d.state_dict(), new.d.state_dict()
    frozen = {name for name in before if name.startswith("b16.")}
    assert {"b16.fromrgb.weight", "b16.conv0.bias", "b16.conv1.weight", "b16.skip.weight"} <= frozen
    assert all(torch.equal(before[name], after[name]) for name in frozen)
    assert not torch.equal(before["b8.conv0.weight"], after["b8.conv0.weight"])
    partly = resumed_state(toy(freezed=2), path)
    list(train(partly, pictures(), 16))
    after = partly.d.state_dict()
    assert torch.equal(before["b16.conv0.weight"], after["b16.conv0.weight"])
    assert not torch.equal(before["b16.conv1.weight"], after["b16.conv1.weight"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mapping_layers": 3}, "set gan.mapping_layers: 2 (it is 3)."),
        ({"w_dim": 16}, "set gan.w_dim: 32 (it is 16)."),
        ({"resolution": 32}, "set gan.resolution: 16 (it is 32)."),
        (
            {"channel_max": 8, "d_architecture": "orig"},
            "set gan.channel_max: 16 (it is 8); gan.d_architecture: resnet (it is orig).",
        ),
    ],
)
@pytest.mark.parametrize("kind", ["ours", "official"])
def test_what_does_not_fit_is_told_by_keys_and_in_a_table(
    kind, change, words, trained, toy, official, tmp_path
):
    old, path = trained
    if kind == "official":
        path = official.pickle_torch(
            tmp_path / "o.pkl", {"G": old.g, "D": old.d, "G_ema": old.g_ema}
        )
    with pytest.raises(FacetdsError) as error:
        resumed_state(toy(**change), path)
    text = str(error.value)
    assert text.startswith("gan.resume: ")
    assert words in text
    assert "tensors differ:\n  " in text
    assert ": the network has " in text


def test_nothing_partial_is_ever_loaded(trained, toy, official, tmp_path):
    old, _ = trained
    g_ema = copy.deepcopy(old.g_ema)
    del g_ema.mapping.w_avg
    path = official.pickle_torch(tmp_path / "o.pkl", {"D": old.d, "G_ema": g_ema})
    with pytest.raises(FacetdsError, match=r"mapping\.w_avg: the network has 32, the file nothing"):
        resumed_state(toy(), path)
    path = official.pickle_torch(tmp_path / "o.pkl", {"G_ema": old.g_ema})
    with pytest.raises(FacetdsError, match="holds no discriminator"):
        resumed_state(toy(), path)
