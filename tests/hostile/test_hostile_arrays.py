"""Hostile arrays and model files of NumPy, joblib and safetensors: no byte of them is run."""

import contextlib
import io
import json
import os
import pickle
import zipfile

import joblib
import numpy as np
import pytest
from cases import outcome_of

from facetds.data.pretraining import list_affectnet
from facetds.errors import BadInput, FacetdsError
from facetds.foreign import load_array, load_arrays, load_checkpoint
from facetds.gan.network_files import read_networks
from facetds.images import encode_jpeg


class Payload:
    """An object whose unpickling makes a file."""

    def __init__(self, canary):
        self.canary = canary

    def __reduce__(self):
        return os.mkdir, (str(self.canary),)


def npy(header, body=b"", version=(1, 0)):
    """Return an `.npy` of a header and a body that need not fit."""
    width = 2 if version == (1, 0) else 4
    text = header.encode() + b"\n"
    return b"\x93NUMPY" + bytes(version) + len(text).to_bytes(width, "little") + text + body


def header(shape, kind="<i8"):
    return f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"


def saved(save, value):
    buffer = io.BytesIO()
    save(buffer, value)
    return buffer.getvalue()


def objects(canary):
    return np.array([Payload(canary)], dtype=object)


def joblib_file(canary, compress, folder):
    joblib.dump(Payload(canary), folder / "made", compress=compress)
    content = (folder / "made").read_bytes()
    (folder / "made").unlink()
    return content


ARRAYS = {
    "H054 object": lambda canary, _: saved(np.save, objects(canary)),
    "H054 pickle alone": lambda canary, _: pickle.dumps(Payload(canary)),
    "H054 object in a record": lambda *_: npy(
        "{'descr': [('a', '|O')], 'fortran_order': False, 'shape': (1,), }", bytes(8)
    ),
    "H055 object in npz": lambda canary, _: saved(lambda f, a: np.savez(f, a=a), objects(canary)),
    "H056 8 TB": lambda *_: npy(header((10**12,))),
    "H056 overflow": lambda *_: npy(header((2**62, 2**62))),
    "H057 negative": lambda *_: npy(header((-1,)), bytes(8)),
    "H058 cut": lambda *_: npy(header((4,)), bytes(24)),
    "H059 20 kB header": lambda *_: npy(header((1,)) + " " * 20_000, bytes(8), (2, 0)),
    "H059 4 GB header": lambda *_: b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + bytes(100),
    "H059 source": lambda *_: npy("__import__('os').mkdir('canary')", bytes(8)),
    "H059 deep": lambda *_: npy("(" * 5000, bytes(8)),
    "H060 trailing": lambda *_: npy(header((1,)), bytes(9)),
    "H061 zlib": lambda canary, folder: joblib_file(canary, ("zlib", 3), folder),
    "H062 lzma": lambda canary, folder: joblib_file(canary, ("lzma", 3), folder),
    "H062 plain joblib": lambda canary, folder: joblib_file(canary, 0, folder),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_an_array_is_refused_by_name_and_nothing_runs(case, tmp_path):
    canary, path = tmp_path / "canary", tmp_path / "labels.npy"
    path.write_bytes(ARRAYS[case](canary, tmp_path))
    for read in (load_array, load_arrays, load_checkpoint, read_networks):
        if read is load_arrays and case[:4] == "H060":
            continue  # Of an .npz, all bytes are accounted for by its list of members.
        with pytest.raises(FacetdsError, match=r"labels\.npy"):
            read(path)
    assert list(tmp_path.iterdir()) == [path]
    assert outcome_of(case) in ("refused", "set aside")


def test_careless_readers_of_arrays_are_taken_in(tmp_path):
    """Without this, the refusals could be of files that do nothing anyway."""
    ran = set()
    for case, make in ARRAYS.items():
        canary, path = tmp_path / "canary", tmp_path / "a"
        path.write_bytes(make(canary, tmp_path))
        for read in (lambda p: np.load(p, allow_pickle=True)["a"], joblib.load):
            with contextlib.suppress(Exception):
                read(path)
        if canary.exists():
            ran.add(case[:4])
            canary.rmdir()
    assert ran == {"H054", "H055", "H061", "H062"}


@pytest.mark.hostile("H060")
def test_an_annotation_of_another_size_is_set_aside(tmp_path):
    for folder in ("images", "annotations"):
        (tmp_path / "train_set" / folder).mkdir(parents=True)
    picture = encode_jpeg(np.zeros((8, 8, 3), np.uint8))
    labels = {"0": np.array("1"), "1": np.array(1), "2": np.array([1, 2]), "3": np.array(0.5),
              "4": objects(tmp_path / "canary")}  # fmt: skip
    for name, label in labels.items():
        (tmp_path / f"train_set/images/{name}.jpg").write_bytes(picture)
        np.save(tmp_path / f"train_set/annotations/{name}_exp.npy", label, allow_pickle=True)
    path = tmp_path / "train_set/annotations/1_exp.npy"
    path.write_bytes(path.read_bytes() + b"\0")
    found, rejects = list_affectnet(tmp_path)
    assert found["path"].tolist() == ["train_set/images/0.jpg"]
    assert [reject.item for reject in rejects] == ["1", "2", "3", "4"]
    assert "there are bytes after its end" in rejects[0].reason
    assert not (tmp_path / "canary").exists()


def safetensors(settings, body=b""):
    text = settings if isinstance(settings, bytes) else json.dumps(settings).encode()
    return len(text).to_bytes(8, "little") + text + body


@pytest.mark.hostile("H048")
@pytest.mark.parametrize(
    "content",
    [
        safetensors({"a": {"dtype": "F32", "shape": [10**12], "data_offsets": [0, 4 * 10**12]}}),
        safetensors({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}, bytes(4)),
        safetensors({"a": {"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]}}, bytes(4)),
        (2**63).to_bytes(8, "little") + b"{" + bytes(90),
        safetensors(b"{" + b'"a":{' * 50_000),
        safetensors({"__metadata__": {"facetds": "[" * 90_000}}),
        safetensors({"__metadata__": {"facetds": '{"format": "facetds network 1"}'}}),
    ],
    ids=["4 TB", "shape", "negative", "header", "deep", "deep metadata", "no networks"],
)
def test_safetensors_that_are_none_are_refused(content, tmp_path):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)
    with pytest.raises(FacetdsError, match=r"weights\.safetensors"):
        read_networks(path)


@pytest.mark.hostile("H055")
def test_a_damaged_npz_is_refused(tmp_path):
    path = tmp_path / "crops.npz"
    np.savez_compressed(path, images=np.zeros((2, 4, 4, 3), np.uint8))
    whole = path.read_bytes()
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("labels.npy", b"not an array")
    broken = path.read_bytes()
    for content in (whole[:-30], whole[:60] + b"\xff" + whole[61:], b"", b"PK\3\4", broken):
        path.write_bytes(content)
        with pytest.raises(BadInput, match=r"crops\.npz is not an \.npz of plain arrays"):
            {name: array.sum() for name, array in load_arrays(path).items()}
