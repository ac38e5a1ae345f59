"""Networks as files: what comes back, equal bytes, and what is refused."""

import io
import pickle
import re

import numpy as np
import pytest
import torch

from facetds.errors import FacetdsError
from facetds.gan.checkpoint import (
    load_generator,
    load_networks,
    restore,
    save_network,
    write_checkpoint,
)
from facetds.gan.networks import Discriminator, Generator

META = {"kimg": np.float64(2.0), "from": "resume.pkl", "fids": [31.5, np.float32(30)], "p": None}


def make_generator(resolution=16):
    return Generator(
        z_dim=8,
        c_dim=0,
        w_dim=8,
        img_resolution=resolution,
        img_channels=3,
        mapping_kwargs={"num_layers": 2},
        synthesis_kwargs={"channel_base": 64, "channel_max": 8},
    )


@pytest.fixture
def networks():
    torch.manual_seed(0)
    d = Discriminator(0, 16, 3, channel_base=64, channel_max=8, block_kwargs={"freeze_layers": 4})
    return make_generator(), d


@pytest.fixture
def saved(networks, tmp_path):
    save_network(tmp_path / "network.pkl", *networks, META)
    return tmp_path / "network.pkl"


def tampered(path, change):
    """Write the content of a file, changed by `change`, beside it."""
    content = torch.load(path, weights_only=True)
    change(content)
    write_checkpoint(path.with_name("tampered.pkl"), content)
    return path.with_name("tampered.pkl")


def test_round_trip(networks, saved):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    g, d, meta = load_networks(saved)
    assert torch.equal(torch.get_rng_state(), before)
    assert meta == {"kimg": 2.0, "from": "resume.pkl", "fids": [31.5, 30.0], "p": None}
    for ours, theirs in zip((g, d), networks, strict=True):
        assert ours.init_kwargs == theirs.init_kwargs
        assert not ours.training
        assert not any(parameter.requires_grad for parameter in ours.parameters())
        state = ours.state_dict()
        for name, value in theirs.state_dict().items():
            assert state[name].dtype == torch.float32
            assert torch.equal(state[name], value), name
    assert {n for n, _ in d.named_parameters()} == {n for n, _ in networks[1].named_parameters()}
    z = torch.randn(2, 8)
    expected = networks[0].eval()(z, None, noise_mode="const")
    assert torch.equal(g(z, None, noise_mode="const"), expected)
    # Frozen weights lie otherwise in memory, and sums round otherwise.
    frozen = load_generator(saved)(z, None, noise_mode="const")
    torch.testing.assert_close(frozen, expected, rtol=0, atol=1e-5)


def test_same_content_same_bytes(networks, saved, tmp_path):
    other = tmp_path / "elsewhere" / "network-snapshot-000002.pkl"
    save_network(other, *networks, dict(META))
    assert other.read_bytes() == saved.read_bytes()
    # Views, shared storage and objects that went through a file make no difference.
    g, d, meta = load_networks(saved)
    weight = g.synthesis.b8.conv1.weight
    weight.data = torch.stack([weight.data, weight.data], dim=-1)[..., 0]
    save_network(other, g, d, meta)
    assert other.read_bytes() == saved.read_bytes()
    with torch.no_grad():
        weight[0, 0, 0, 0] += 1
    save_network(other, g, d, meta)
    assert other.read_bytes() != saved.read_bytes()


def test_without_discriminator(networks, tmp_path):
    save_network(tmp_path / "g.pkl", networks[0], None, {})
    g, d, meta = load_networks(tmp_path / "g.pkl")
    assert (d, meta) == (None, {})
    assert g.num_ws == 6


def test_only_plain_values_are_written(networks, tmp_path):
    with pytest.raises(TypeError, match="not PosixPath"):
        save_network(tmp_path / "network.pkl", *networks, {"from": tmp_path})
    assert not list(tmp_path.iterdir())


def test_names_and_shapes_must_agree(saved):
    def change(content):
        state = content["G_ema"]["state"]
        del state["mapping.fc0.bias"]
        state["mapping.fc9.bias"] = torch.zeros(3)
        state["synthesis.b8.conv0.weight"] = torch.zeros(8, 4, 3, 3)
        state["synthesis.b8.conv0.noise_strength"] = torch.zeros(1)

    with pytest.raises(FacetdsError) as error:
        load_generator(tampered(saved, change))
    lines = str(error.value).splitlines()
    assert "tampered.pkl: G_ema does not fit" in lines[0]
    assert [line.strip() for line in lines[1:]] == [
        "synthesis.b8.conv0.weight: the network has 8 x 8 x 3 x 3, the file 8 x 4 x 3 x 3",
        "synthesis.b8.conv0.noise_strength: the network has one number, the file 1",
        "mapping.fc0.bias: the network has 8, the file nothing",
        "mapping.fc9.bias: the network has nothing, the file 3",
    ]


def test_another_size_is_refused_with_a_short_table(networks):
    with pytest.raises(FacetdsError, match=r"and \d+ more$") as error:
        restore(make_generator(64), networks[0].state_dict(), "gan.resume")
    assert len(str(error.value).splitlines()) == 22


def test_restoring_copies(networks):
    g = make_generator()
    restore(g, networks[0].state_dict(), "G")
    with torch.no_grad():
        networks[0].synthesis.b4.const.add_(1)
    assert not torch.equal(g.synthesis.b4.const, networks[0].synthesis.b4.const)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_must_be_finite(saved, value):
    def change(content):
        content["D"]["state"]["b4.fc.weight"][0, 0] = value

    path = tampered(saved, change)
    load_generator(path)
    with pytest.raises(FacetdsError, match=r"D: b4\.fc\.weight is not finite"):
        load_networks(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["G_ema"]["init_kwargs"].update(style="new"),
        lambda content: content["G_ema"]["init_kwargs"].pop("z_dim"),
        lambda content: content["G_ema"]["init_kwargs"].update(z_dim="8"),
        lambda content: content["G_ema"].pop("state"),
        lambda content: content["G_ema"].update(state=[1]),
        lambda content: content.update(G_ema=None),
    ],
)
def test_what_describes_no_network_is_refused(saved, change):
    with pytest.raises(FacetdsError, match="G_ema does not describe a network"):
        load_generator(tampered(saved, change))


class Trap:
    """Unpickling this would raise the alarm."""

    def __reduce__(self):
        return (pytest.fail, ("a foreign file was executed",))


def as_torch(value):
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(pickle.dumps({"G": 1, "D": 2, "G_ema": Trap()}, protocol=4), id="pickle"),
        pytest.param(as_torch({"G_ema": Trap()}), id="torch-object"),
        pytest.param(as_torch({"G_ema": {}, "meta": {}}), id="torch-other"),
        pytest.param(as_torch([1, 2]), id="torch-list"),
        pytest.param(as_torch({"format": "facetds network 1", "meta": {}}), id="no-network"),
        pytest.param(b"", id="empty"),
        pytest.param(b"PK\x03\x04 broken", id="broken-zip"),
        pytest.param(bytes(range(256)), id="noise"),
    ],
)
@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_foreign_files_are_refused_and_not_run(tmp_path, content):
    path = tmp_path / "ffhq.pkl"
    path.write_bytes(content)
    with pytest.raises(FacetdsError, match=re.escape(f"{path} is not a network of facetds")):
        load_generator(path)


def test_a_truncated_file_is_refused(saved):
    whole = saved.read_bytes()
    for length in (10, len(whole) // 2, len(whole) - 1):
        saved.write_bytes(whole[:length])
        with pytest.raises(FacetdsError, match="is not a network of facetds"):
            load_generator(saved)


def test_damaged_bytes_are_refused_or_harmless(saved):
    whole = saved.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(whole)
        # The records that describe the tensors lie in front.
        for position in rng.integers(0, 6000, size=3):
            damaged[position] = rng.integers(0, 256)
        saved.write_bytes(damaged)
        try:
            load_networks(saved)
        except FacetdsError:
            continue


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FacetdsError, match="does not exist"):
        load_generator(tmp_path / "none.pkl")
