"""Hostile weights of Keras: their weights alone are read, and nothing they describe is made."""

import json
import zipfile

import h5py
import numpy as np
import pytest

from facetds.errors import BadInput
from facetds.fer.runtime import start_keras


@pytest.fixture(scope="module")
def keras():
    start_keras("tensorflow", threads=1, seed=1)
    import keras

    return keras


@pytest.fixture
def model(keras):
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="dense")])


@pytest.fixture
def load(model):
    from facetds.fer.networks import load_weights

    return lambda path: load_weights(model, path)


@pytest.fixture
def saved(keras, model, tmp_path):
    """saved(suffix) -> a whole file of the model's weights, set to ones, in a folder of its own."""

    def save(suffix):
        folder = tmp_path / "files"
        folder.mkdir(exist_ok=True)
        path = folder / f"weights{suffix}"
        kept = model.get_weights()
        model.set_weights([np.ones_like(weight) for weight in kept])
        model.save_weights(path) if suffix == ".weights.h5" else model.save(path)
        model.set_weights(kept)
        return path

    return save


def layer(class_name, config, module="keras.layers"):
    return {"module": module, "class_name": class_name, "config": config, "registered_name": None}


def described(inner):
    """Return the description of a model of one hostile layer."""
    layers = [layer("InputLayer", {"batch_shape": [None, 4], "dtype": "float32"}), inner]
    return layer("Sequential", {"name": "s", "layers": layers}, "keras")


def call(module, name):
    """Return a Lambda layer that calls a function by name."""
    function = {"module": module, "class_name": "function", "config": name,
                "registered_name": name}  # fmt: skip
    return layer("Lambda", {"name": "l", "function": function, "arguments": {}})


CODE = {"class_name": "__lambda__", "config": {"code": "4wEA", "defaults": None, "closure": None}}
CONFIGS = {
    "H064 Lambda": layer("Lambda", {"name": "l", "function": CODE, "arguments": {}}),
    "H066 os.system": layer("system", {"command": "touch canary"}, "os"),
    "H066 Popen": layer("Popen", {"args": ["touch", "canary"]}, "subprocess"),
    "H067 exec": call("builtins", "exec"),
    "H068 get_file": call("keras.utils", "get_file"),
    "H069 unsafe": call("keras.config", "enable_unsafe_deserialization"),
    "H070 TFSMLayer": layer("TFSMLayer", {"filepath": "canary"}),
    "H071 TorchModuleWrapper": layer("TorchModuleWrapper", {"module": "gASV"}, "keras.utils"),
    "H072 StringLookup": layer("StringLookup", {"vocabulary": "/etc/passwd"}),
}


@pytest.mark.parametrize("case", CONFIGS)
def test_what_a_keras_file_describes_is_not_made(
    case, keras, model, load, saved, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    path = saved(".keras")
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    parts["config.json"] = json.dumps(described(CONFIGS[case])).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    load(path)
    assert all((weight == 1).all() for weight in model.get_weights())
    assert not list(tmp_path.rglob("canary"))
    # What they describe would be an attempt: Keras's own reader of models refuses it.
    with pytest.raises((ValueError, TypeError)):
        keras.models.load_model(path)


@pytest.mark.hostile("H065")
def test_what_an_old_file_describes_is_not_made(model, load, saved, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = saved(".h5")
    with h5py.File(path, "a") as file:
        file.attrs["model_config"] = json.dumps(described(CONFIGS["H064 Lambda"]))
    load(path)
    assert all((weight == 1).all() for weight in model.get_weights())
    assert not list(tmp_path.rglob("canary"))


@pytest.mark.hostile("H073")
def test_a_keras_file_with_names_that_lead_out_is_refused(load, saved, tmp_path):
    path = saved(".keras")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../canary", b"evil")
        archive.writestr("assets/../../../canary", b"evil")
    before = set(tmp_path.parent.rglob("*"))
    with pytest.raises(BadInput, match=r"weights\.keras is refused: '\.\./canary' leads out"):
        load(path)
    assert set(tmp_path.parent.rglob("*")) == before


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".weights.h5"])
@pytest.mark.parametrize("damage", ["cut", "empty", "text", "scratched"])
@pytest.mark.hostile("H074", "H075")
def test_a_damaged_file_is_refused_by_name(damage, suffix, load, saved):
    path = saved(suffix)
    whole = path.read_bytes()
    start = whole.index(b"\x89HDF") + 8
    path.write_bytes({
        "cut": whole[: len(whole) // 2], "empty": b"", "text": b"<html>",
        "scratched": whole[:start] + b"\xff" * 60 + whole[start + 60 :],
    }[damage])  # fmt: skip
    with pytest.raises(BadInput, match=rf"weights\{suffix} does not hold"):
        load(path)


def external(file, name, secret):
    del file[name]
    file.create_dataset(name, (4, 3), "<f4", external=[(str(secret), 0, 48)])


def linked(file, name, secret):
    with h5py.File(secret.with_suffix(".h5"), "w") as other:
        other["x"] = np.full((4, 3), 7, np.float32)
    del file[name]
    file[name] = h5py.ExternalLink(str(secret.with_suffix(".h5")), "x")


def looped(file, name, _):
    del file[name]
    file[name] = h5py.SoftLink(f"/{name}")


def endless(file, name, _):
    del file[name]
    file.create_dataset(name, (10**6, 10**6), "<f4", chunks=(1000, 1000), compression="gzip")


def large(file, name, _):
    del file[name]
    file.create_dataset(name, (10**5, 10**4), "<f4", chunks=(1000, 1000), compression="gzip")


def texts(file, name, _):
    del file[name]
    file[name] = "not numbers"


def lost(file, name, _):
    del file[name]


TRICKS = {"H076 external storage": external, "H077 external link": linked, "H078 loop": looped,
          "H079 10^12": endless, "H079 10^9": large, "text": texts, "missing": lost}  # fmt: skip


# What Keras would not read either, but after it has looked.
REASONS = {
    "H076 external storage": "lies in another file",
    "H077 external link": "leads to another place",
    "H078 loop": "leads to another place",
    "H079 10^12": "are too large",
    "H079 10^9": "are too large",
}


SUFFIXES = [".keras", ".h5", ".weights.h5"]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("case", TRICKS)
def test_a_trick_of_hdf5_is_refused_by_name(case, suffix, model, load, saved, tmp_path):
    path, secret = saved(suffix), tmp_path / "secret"
    secret.write_bytes(np.full(12, 7, np.float32).tobytes())
    whole = path
    if suffix == ".keras":
        whole = tmp_path / "inner.h5"
        with zipfile.ZipFile(path) as archive:
            parts = {info.filename: archive.read(info) for info in archive.infolist()}
        whole.write_bytes(parts["model.weights.h5"])
    with h5py.File(whole, "a") as file:
        found = []
        file.visititems(lambda n, x: found.append(n) if getattr(x, "shape", 0) == (4, 3) else None)
        TRICKS[case](file, found[0], secret)
    if suffix == ".keras":
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in parts.items():
                new = whole.read_bytes() if name == "model.weights.h5" else content
                archive.writestr(name, new)
    words = rf"weights\{suffix} does not hold the weights.*{REASONS.get(case, '')}"
    with pytest.raises(BadInput, match=words):
        load(path)
    assert not any((weight == 7).any() for weight in model.get_weights())


@pytest.mark.hostile("H080")
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(value, model, load, saved, tmp_path):
    path = tmp_path / "nan.weights.h5"
    model.set_weights([np.full_like(weight, value) for weight in model.get_weights()])
    model.save_weights(path)
    with pytest.raises(BadInput, match=r"nan\.weights\.h5: .* not finite"):
        load(path)


@pytest.mark.hostile("H081")
def test_weights_of_another_network_are_refused(keras, load, tmp_path):
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5), keras.layers.Dense(3)])
    for suffix in (".keras", ".h5", ".weights.h5"):
        path = tmp_path / f"other{suffix}"
        other.save_weights(path) if suffix == ".weights.h5" else other.save(path)
        with pytest.raises(BadInput, match=rf"other\{suffix} does not hold"):
            load(path)
