"""Hostile checkpoints: whatever they try, nothing of theirs runs, and the refusal says what it was.

The numbers H001 and so on are those of the project's list of hostile inputs.
"""

import importlib.util
import io
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch

from facetds.errors import FacetdsError
from facetds.gan.checkpoint import save_network
from facetds.gan.network_files import read_networks
from facetds.gan.networks import Generator

PLACE = Path(__file__).with_name("hostile_pickles.py")
SPEC = importlib.util.spec_from_file_location("hostile_pickles", PLACE)
hostile = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(hostile)


@pytest.mark.hostile("H053")
@pytest.mark.parametrize("suffix", [".pkl", ".bin"])
@pytest.mark.parametrize("trick", hostile.tricks("canary"))
def test_a_trick_is_refused_by_name_and_does_nothing(trick, suffix, tmp_path):
    canary, path = tmp_path / "canary", tmp_path / f"network{suffix}"
    content, words = hostile.tricks(str(canary))[trick]
    path.write_bytes(content)
    loaded = set(sys.modules)
    with pytest.raises(FacetdsError) as error:
        read_networks(path)
    assert "nothing in it was run" in str(error.value)
    assert words in str(error.value)
    assert list(tmp_path.iterdir()) == [path]
    assert not set(sys.modules) - loaded


def test_the_tricks_work_on_who_is_careless(tmp_path):
    """Without this, the refusals above could be of pickles that do nothing anyway."""
    script = (
        "import sys, pickle, runpy, os, contextlib, io\n"
        "made = runpy.run_path(sys.argv[1])['tricks']\n"
        "for number, trick in enumerate(made('x')):\n"
        "    if trick in sys.argv[3:]: continue\n"
        "    canary = os.path.join(sys.argv[2], str(number))\n"
        "    try: pickle.loads(made(canary)[trick][0])\n"
        "    except BaseException: pass\n"
    )
    # Slow, loud, or without a canary.
    left_out = ["H008 pip", "H019 cloudpickle", "H031 tensorflow", "H028 socket", "H022 sympy",
                "deep key", "H050 legacy torch"]  # fmt: skip
    subprocess.run(
        [sys.executable, "-c", script, PLACE, tmp_path, *left_out],
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert len(list(tmp_path.iterdir())) >= 24


def nested(depth):
    return b"]" * depth + b"a" * (depth - 1)


def bomb():
    """Ten twice repeated thirty times: some hundred bytes that are 10 to the power of 10 values."""
    made = hostile.constant(tuple(range(10)))
    for _ in range(30):
        made += b"q\x00h\x00\x86"
    return made


def module_of(class_name):
    """A module whose class has the name that instructions leave on the stack."""
    persistence = hostile.name("torch_utils.persistence", "_reconstruct_persistent_obj")
    meta = b"}(" + hostile.constant("type") + hostile.constant("class")
    meta += hostile.constant("state") + b"}" + hostile.constant("class_name") + class_name + b"u"
    return hostile.call(persistence, meta)


def numbers_of(code):
    """A number of the kind that instructions leave on the stack."""
    kind = hostile.call(hostile.name("numpy", "dtype"), code)
    return hostile.call(hostile.name("numpy.core.multiarray", "scalar"), kind, "x")


def circle():
    return b"]q\x00h\x00a"


@pytest.mark.parametrize(
    ("made", "words"),
    [
        pytest.param(nested(100_000), "without end", id="H046 lists"),
        pytest.param(b")" + b"\x85" * 100_000, "without end", id="H046 tuples"),
        pytest.param(bomb(), "without end", id="H047"),
        pytest.param(bomb() + hostile.constant("x") + b"\x93", "has no name", id="H047 module"),
        pytest.param(hostile.constant("x") + bomb() + b"\x93", "has no name", id="H047 name"),
        pytest.param(b")" + b"\x85" * 5000 + b"N\x93", "has no name", id="H046 name"),
        pytest.param(module_of(bomb()), "it holds a tuple, which", id="H047 class"),
        pytest.param(numbers_of(bomb()), "numbers of the kind tuple", id="H047 kind"),
        (circle(), "contains itself"),
        (hostile.constant({"G_ema": None}), "no G_ema"),
        (b"X\xff\xff\xff\x7fabc", "damaged pickle"),
        (b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7fabc", "damaged pickle"),
        (b"h\x07", "damaged pickle"),
        (b"", "damaged pickle"),
        (b"(", "damaged pickle"),
        (b"NN", "left over"),
        (b"Na", "damaged pickle"),
        (b"}(Nu", "damaged pickle"),
    ],
)
def test_what_has_no_end_or_no_sense_is_refused(made, words, tmp_path):
    (tmp_path / "n.pkl").write_bytes(hostile.whole(made, 4))
    with pytest.raises(FacetdsError, match=words):
        read_networks(tmp_path / "n.pkl")


def storage(numbers):
    return torch.arange(numbers, dtype=torch.float32).untyped_storage()


def tensor(offset, size, stride, numbers=10, data=None):
    """Instructions that rebuild a tensor out of a storage of `numbers`."""
    stored = torch.storage.TypedStorage(
        wrap_storage=storage(numbers), dtype=torch.float32, _internal=True
    )
    data = data or hostile.legacy_torch(stored)
    loaded = hostile.call(
        hostile.name("torch.storage", "_load_from_bytes"), pickle.dumps(data, protocol=3)[2:-1]
    )
    return hostile.call(
        hostile.name("torch._utils", "_rebuild_tensor_v2"), loaded, offset, size, stride, False,
        hostile.call(hostile.name("collections", "OrderedDict")),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((0, (10**12,), (1,)), "1,000,000,000,000 numbers in a storage of 10"),
        ((0, (10**12,), (0,)), "1,000,000,000,000 numbers in a storage of 10"),
        ((5, (6,), (1,)), "6 numbers in a storage of 10"),
        ((0, (2, 2), (9, 1)), "4 numbers in a storage of 10"),
        ((-1, (2,), (1,)), "impossible shape"),
        ((0, (2,), (-1,)), "impossible shape"),
        ((0, (2, 2), (1,)), "impossible shape"),
        ((0, (2.0,), (1,)), "impossible shape"),
    ],
)
@pytest.mark.hostile("H048", "H049")
def test_tensors_stay_inside_their_storage(arguments, words, tmp_path):
    (tmp_path / "n.pkl").write_bytes(hostile.whole(tensor(*arguments), 3))
    with pytest.raises(FacetdsError, match=words):
        read_networks(tmp_path / "n.pkl")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"K\x0a", b"\x8a\x06\x00\x10\xa5\xd4\xe8\x00", "storage of|damaged pickle|in an unknown"),
        (b"torch\nFloatStorage", b"builtins\nexec", "asks for builtins.exec"),
        (b"torch\nFloatStorage", b"torch\nQInt8Storage", "asks for torch.QInt8Storage"),
        (b"\x0a\x00\x00\x00\x00\x00\x00\x00", b"\x0b\x00\x00\x00\x00\x00\x00\x00", "storage of 11"),
        (b"little_endianq\x02\x88", b"little_endianq\x02\x89", "unknown format"),
        (b"storage", b"stologe", "unknown format"),
    ],
)
def test_storages_must_be_what_they_say(old, new, words, tmp_path):
    stored = torch.storage.TypedStorage(
        wrap_storage=storage(10), dtype=torch.float32, _internal=True
    )
    data = hostile.legacy_torch(stored)
    assert old in data
    made = tensor(0, (10,), (1,), data=data.replace(old, new, 1))
    (tmp_path / "n.pkl").write_bytes(hostile.whole(made, 3))
    with pytest.raises(FacetdsError, match=words):
        read_networks(tmp_path / "n.pkl")


@pytest.fixture
def ours(tmp_path):
    torch.manual_seed(0)
    g = Generator(8, 0, 8, 8, 3, {"num_layers": 1}, {"channel_base": 32, "channel_max": 4})
    save_network(tmp_path / "n.pkl", g, None, {})
    return tmp_path / "n.pkl"


def damage(path, which):
    """Change a zip of torch: "crc" a byte of a tensor, "flag" mark the record as encrypted."""
    whole = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        tensors = [m for m in archive.infolist() if "/data/" in m.filename]
        largest = max(tensors, key=lambda member: member.file_size)
    if which == "flag":
        whole[whole.index(b"PK\x01\x02") + 8] |= 1
    else:
        start = whole.index(b"PK\x03\x04", largest.header_offset + 4) - 60
        whole[start] ^= 255
    path.write_bytes(whole)


@pytest.mark.hostile("H051")
def test_a_zip_of_torch_with_other_bytes_gives_numbers_at_most(ours):
    """Torch does not look at the sums of a zip: what comes is weights, or refused."""
    whole = read_networks(ours).parts["G_ema"]["state"]
    damage(ours, "crc")
    try:
        state = read_networks(ours).parts["G_ema"]["state"]
    except FacetdsError as error:
        assert "nothing in it was run" in str(error)  # noqa: PT017
        return
    assert {key: value.shape for key, value in state.items()} == {
        key: value.shape for key, value in whole.items()
    }


@pytest.mark.hostile("H052")
def test_a_zip_of_torch_that_is_marked_as_encrypted_is_refused(ours):
    damage(ours, "flag")
    with pytest.raises(FacetdsError, match="nothing in it was run"):
        read_networks(ours)


@pytest.mark.hostile("H063")
@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_no_environment_unlocks_torch(tmp_path):
    canary = tmp_path / "canary"
    buffer = io.BytesIO()
    torch.save({"G_ema": hostile.Payload(f"touch {canary}")}, buffer)
    (tmp_path / "n.pkl").write_bytes(buffer.getvalue())
    code = (
        "import sys; from facetds.gan.network_files import read_networks;read_networks(sys.argv[1])"
    )
    environment = {"TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1", "PYTHONPATH": "workflow_scripts"}
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "n.pkl"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "nothing in it was run: its zip is not one that facetds wrote" in done.stderr
    assert not canary.exists()
