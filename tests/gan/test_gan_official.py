"""Official pickles: weights and images come back exactly, settings too, and nothing is run."""

import io
import json
import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors import safe_open

from facetds.errors import FacetdsError
from facetds.gan.checkpoint import build_networks, load_networks, save_network
from facetds.gan.choose_network import choose_network
from facetds.gan.inspect import digest_weights
from facetds.gan.network_files import export_safetensors, read_networks
from facetds.gan.networks import Discriminator, Generator
from facetds.gan.pickle_machine import read_pickle

KINDS = {
    "pytorch": ({}, "stylegan2-ada-pytorch pickle (PyTorch)"),
    "protocol3": ({"protocol": 3}, "stylegan2-ada-pytorch pickle (PyTorch)"),
    "stylegan3": ({"flat": True}, "stylegan3 pickle (PyTorch)"),
    "tensorflow": (None, "stylegan2-ada pickle (TensorFlow)"),
}


@pytest.fixture(scope="session")
def known(reference):
    """known(name) -> arrays, {"G", "D", "G_ema"} with the reference's weights."""

    def load(name):
        arrays, config = reference(name)
        networks = {}
        for part, make in (("G", Generator), ("D", Discriminator)):
            network = make(**config[f"{part}_kwargs"])
            start = f"{part}/"
            state = {k[2:]: torch.from_numpy(v) for k, v in arrays.items() if k.startswith(start)}
            network.load_state_dict(state)
            networks[part] = network.eval()
        return arrays, {**networks, "G_ema": networks["G"]}

    return load


@pytest.fixture
def write(official, tmp_path):
    """write(kind, networks, **more) -> path of an official file; its source makes `canary`."""

    def make(kind, networks, **more):
        source = official.source_that_marks(tmp_path / "canary")
        options = KINDS[kind][0]
        if options is None:
            parts = (networks["G"], networks["D"], networks["G_ema"])
            return official.pickle_tensorflow(tmp_path / "f.pkl", *parts, source, **more)
        return official.pickle_torch(tmp_path / "f.pkl", networks, source, **{**options, **more})

    return make


@pytest.mark.hostile("H044")
@pytest.mark.parametrize("kind", KINDS)
def test_weights_and_images_of_the_reference_come_back(kind, known, write, tmp_path, assert_near):
    arrays, networks = known("net_skip32")
    networks["G"] = Generator(**networks["G_ema"].init_kwargs)
    path = write(kind, networks)
    read = read_networks(path)
    assert read.kind == KINDS[kind][1]
    assert set(read.parts) == {"G", "D", "G_ema"}
    for name, part in read.parts.items():
        wanted = networks[name].state_dict()
        assert set(part["state"]) == set(wanted)
        for key, value in wanted.items():
            got = part["state"][key]
            assert got.dtype == torch.float32
            if kind == "tensorflow" and key.endswith("affine.bias"):
                # Stored as one less, which rounds.
                assert_near(got, value, 1e-6, key)
            else:
                assert torch.equal(got, value), key
    g, d = build_networks(read.parts, path)
    z, c = torch.from_numpy(arrays["in/z"]), torch.from_numpy(arrays["in/c"])
    with torch.inference_mode():
        assert_near(g(z, c, noise_mode="const"), arrays["out/img_const"], 1e-5)
        logits = d(torch.from_numpy(arrays["in/real"]), torch.from_numpy(arrays["in/real_c"]))
    assert_near(logits, arrays["out/D_logits"], 1e-5)
    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize("kind", ["pytorch", "stylegan3"])
@pytest.mark.parametrize("name", ["net_cond16", "net_arch_resnet16", "net_arch_orig16"])
def test_labels_and_other_architectures_come_back(kind, name, known, write, assert_near):
    arrays, networks = known(name)
    g, _ = build_networks(read_networks(write(kind, networks)).parts, "f.pkl")
    z, c = torch.from_numpy(arrays["in/z"]), torch.from_numpy(arrays["in/c"])
    with torch.inference_mode():
        assert_near(g(z, c, noise_mode="const"), arrays["out/img_const"], 1e-5)


def test_what_stylegan3_leaves_out_is_what_it_takes_by_default(known, write):
    networks = known("net_skip32")[1]
    g = Generator(
        **{**networks["G"].init_kwargs, "synthesis_kwargs": {
            "channel_base": 512, "channel_max": 48, "num_fp16_res": 4, "conv_clamp": 256}}
    )  # fmt: skip
    parts = read_networks(write("stylegan3", {**networks, "G_ema": g})).parts
    synthesis = parts["G_ema"]["init_kwargs"]["synthesis_kwargs"]
    assert (synthesis["num_fp16_res"], synthesis["conv_clamp"]) == (4, 256)
    assert parts["G_ema"]["init_kwargs"]["mapping_kwargs"]["w_avg_beta"] == 0.998
    assert parts["G"]["init_kwargs"]["synthesis_kwargs"]["conv_clamp"] is None


def test_frozen_layers_are_found_among_the_buffers(known, write):
    networks = known("net_skip32")[1]
    d = Discriminator(**{**networks["D"].init_kwargs, "block_kwargs": {"freeze_layers": 4}})
    d.load_state_dict(networks["D"].state_dict())
    path = write("pytorch", {**networks, "D": d})
    read = build_networks(read_networks(path).parts, path)[1]
    assert {n for n, _ in read.named_parameters()} == {n for n, _ in d.named_parameters()}
    for key, value in networks["D"].state_dict().items():
        assert torch.equal(read.state_dict()[key], value), key


def test_the_augmentation_is_told(known, write):
    assert read_networks(write("pytorch", known("net_skip32")[1], p=0.25)).meta == {
        "augment_p": 0.25
    }


def test_parts_of_shared_storages_come_back(known, write):
    networks = known("net_skip32")[1]
    g = Generator(**networks["G"].init_kwargs)
    g.load_state_dict(networks["G"].state_dict())
    fc = g.mapping.fc0
    fc.weight.data = torch.stack([fc.weight.data, fc.weight.data * 2], dim=-1)[..., 0]
    assert not fc.weight.is_contiguous()
    state = read_networks(write("pytorch", {**networks, "G_ema": g})).parts["G_ema"]["state"]
    assert torch.equal(state["mapping.fc0.weight"], networks["G"].mapping.fc0.weight)


@pytest.mark.parametrize("kind", ["pytorch", "tensorflow"])
def test_safetensors_hold_the_same(kind, known, write, tmp_path):
    networks = read_networks(write(kind, known("net_skip32")[1]))
    for name in ("a.safetensors", "b.safetensors"):
        export_safetensors(tmp_path / name, networks)
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    again = read_networks(tmp_path / "a.safetensors")
    assert again.kind == "safetensors of facetds"
    for name, part in networks.parts.items():
        assert json.dumps(again.parts[name]["init_kwargs"]) == json.dumps(
            dict(sorted(part["init_kwargs"].items())), sort_keys=True
        )
        assert digest_weights(again.parts[name]["state"]) == digest_weights(part["state"])


def test_inspect_prints_and_exports(known, write, tmp_path):
    path = write("pytorch", known("net_skip32")[1])
    done = subprocess.run(
        [sys.executable, "-m", "facetds.gan.inspect", path, "--export", tmp_path / "w.safetensors"],
        capture_output=True, text=True, env={"PYTHONPATH": "workflow_scripts", "PATH": ""},
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for words in (
        "stylegan2-ada-pytorch pickle (PyTorch)",
        '"num_layers": 8',
        "G_ema: Generator, 153,939 learned numbers, 87 tensors",
        "synthesis.b8.conv0.weight",
        "48 x 48 x 3 x 3",
    ):
        assert words in done.stdout
    with safe_open(tmp_path / "w.safetensors", framework="np") as file:
        value = file.get_tensor("G_ema.synthesis.b4.const")
    np.testing.assert_array_equal(value, known("net_skip32")[0]["G/synthesis.b4.const"])
    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_an_official_file_can_be_the_network(kind, known, write, tmp_path, assert_near):
    arrays, networks = known("net_skip32")
    path = write(kind, networks)
    choose_network([path], tmp_path / "network.pkl", tmp_path / "network.json", resolution=32)
    g, d, _ = load_networks(tmp_path / "network.pkl")
    with torch.inference_mode():
        images = g(torch.from_numpy(arrays["in/z"]), None, noise_mode="const")
    assert_near(images, arrays["out/img_const"], 1e-5)
    assert d is not None
    facts = json.loads((tmp_path / "network.json").read_text())
    assert facts["kind"] == KINDS[kind][1]
    with pytest.raises(FacetdsError, match=r"gan\.resolution is 64"):
        choose_network([path], tmp_path / "n.pkl", tmp_path / "n.json", resolution=64)


@pytest.mark.hostile("H045")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.pop("G_ema"), "no G_ema"),
        (lambda c: c.update(D=c["G"]), "its D is no Discriminator"),
        (lambda c: c["G_ema"].meta.update(class_name="__class__"), "'__class__', which is no part"),
        (lambda c: c["G_ema"].meta.update(class_name="SynthesisInput"), "'SynthesisInput'"),
        (lambda c: c["G_ema"].meta["state"].update(_init_args=(512,)), "made in another way"),
        (lambda c: c["G_ema"].meta["state"].update(_buffers=[1]), "_buffers is no dict"),
        (lambda c: c["G_ema"].meta["state"]["_buffers"].update(x=1), "x in its Generator is no"),
        (lambda c: c["G_ema"].meta["state"]["_modules"].update(x=1), "x in its Generator is no"),
    ],
)
def test_what_is_no_network_is_refused(change, words, known, write):
    path = write("pytorch", known("net_skip32")[1], change=change)
    with pytest.raises(FacetdsError, match="nothing in it was run") as error:
        read_networks(path)
    assert words in str(error.value)


def test_weights_that_are_missing_or_extra_are_listed(known, write):
    def change(content):
        mapping = content["G_ema"].meta["state"]["_modules"]["mapping"].meta["state"]
        mapping["_buffers"]["mean"] = mapping["_buffers"].pop("w_avg")

    path = write("pytorch", known("net_skip32")[1], change=change)
    with pytest.raises(FacetdsError) as error:
        build_networks(read_networks(path).parts, path)
    assert "2 of 87 tensors differ" in str(error.value)
    assert "mapping.w_avg: the network has 64, the file nothing" in str(error.value)
    assert "mapping.mean: the network has nothing, the file 64" in str(error.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"mapping_kwargs": {"num_layers": 10**9}}, "num_layers is 1000000000"),
        ({"z_dim": 10**12}, "z_dim is 1000000000000"),
        ({"synthesis_kwargs": {"resample_filter": [1] * 1000}}, "resample_filter has 1000 values"),
        ({"img_resolution": "32"}, "does not describe a network"),
    ],
)
def test_settings_without_end_are_refused_before_anything_is_made(settings, words, known, write):
    path = write("pytorch", known("net_skip32")[1], change=lambda content: content["G_ema"].meta[
        "state"]["_init_kwargs"].update(settings))  # fmt: skip
    with pytest.raises(FacetdsError, match=words):
        build_networks(read_networks(path).parts, path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c[0].__dict__.update(version=3), "version 3, older"),
        (lambda c: c[0].components["synthesis"].variables.append(("32x32/ToRGB_lod0/bias",
         np.zeros(3, np.float32))), "progressive growing"),
        (lambda c: c[1].variables.append(("secret", np.zeros(3))), "the variable secret"),
        (lambda c: c[0].__dict__.update(static_kwargs=None), "without settings"),
    ],
)  # fmt: skip
def test_other_tensorflow_networks_are_refused(change, words, known, write):
    path = write("tensorflow", known("net_skip32")[1], change=change)
    with pytest.raises(FacetdsError, match=words):
        read_networks(path)


def test_a_cut_or_extended_file_is_refused(known, write):
    path = write("pytorch", known("net_skip32")[1])
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], whole[:-1], whole + b".", whole + whole):
        path.write_bytes(content)
        with pytest.raises(FacetdsError, match="nothing in it was run"):
            read_networks(path)


def test_damaged_bytes_are_refused_or_harmless(known, write, tmp_path):
    path = write("pytorch", {"G_ema": known("net_arch_orig16")[1]["G"]})
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    refused = 0
    for _ in range(150):
        damaged = bytearray(whole)
        for position in rng.integers(0, len(whole), size=4):
            damaged[position] = rng.integers(0, 256)
        path.write_bytes(damaged)
        try:
            build_networks(read_networks(path).parts, path)
        except FacetdsError:
            refused += 1
    assert refused > 10
    assert not (tmp_path / "canary").exists()


def test_our_own_files_are_read_alike(known, tmp_path):
    networks = known("net_skip32")[1]
    save_network(tmp_path / "n.pkl", networks["G"], networks["D"], {"kimg": 3})
    read = read_networks(tmp_path / "n.pkl")
    assert (read.kind, read.meta) == ("network of facetds", {"kimg": 3})
    with pytest.raises(FacetdsError, match=r"none\.pkl"):
        read_networks(tmp_path / "none.pkl")
    (tmp_path / "x.pkl").write_bytes(b"<html>no pickle</html>")
    with pytest.raises(FacetdsError, match="neither a pickle nor a zip"):
        read_networks(tmp_path / "x.pkl")


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_the_machine_reads_plain_data_as_pickle_does(protocol):
    shared = ["x", 1.5, -7, 2**40, True, None, (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)]
    value = {"a": shared, "b": shared, 3: {"long" * 100: [shared, {}, []]}, "set": "é"}
    stream = io.BytesIO(pickle.dumps(value, protocol=protocol))
    read = read_pickle(stream, {})
    assert read == value
    assert read["a"] is read["b"]
