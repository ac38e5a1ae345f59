"""The shared modules: whole writes, strict reads, code digests, readable commands."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from facetds import code, files, foreign, images, randomness, tables
from facetds.errors import BadInput, FacetdsError


def test_failed_write_leaves_the_old_file_and_no_rest(tmp_path):
    target = tmp_path / "a.txt"
    files.write_text(target, "old")

    def write_half():
        with files.replacing(target) as temporary:
            temporary.write_text("half")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        write_half()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_failed_directory_leaves_the_old_one(tmp_path):
    target = tmp_path / "shard"
    with files.replacing_directory(target) as temporary:
        (temporary / "old").touch()

    def write_half():
        with files.replacing_directory(target) as temporary:
            (temporary / "new").touch()
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        write_half()
    assert [path.name for path in target.iterdir()] == ["old"]
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    "writing",
    [
        "with files.replacing('a.csv') as temporary: temporary.write_text('half'); die()",
        "with files.replacing_directory('a') as temporary: (temporary / 'b').touch(); die()",
    ],
)
def test_what_a_killed_writer_left_goes_with_the_next_write(tmp_path, writing):
    program = (
        "import os, signal; from facetds import files\n"
        f"def die(): os.kill(os.getpid(), signal.SIGKILL)\n{writing}"
    )
    env = {"PYTHONPATH": str(Path(code.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=env, check=False)
    assert done.returncode == -signal.SIGKILL
    assert [path.name.split(".")[1] for path in tmp_path.iterdir()] == ["tmp"]
    (tmp_path / "b.tmp.1.csv").touch()  # of another target
    with files.replacing_directory(tmp_path / "a"):
        pass
    files.write_text(tmp_path / "a.csv", "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "a.csv", "b.tmp.1.csv"]


def test_a_damaged_file_is_refused_before_use(tmp_path):
    target = tmp_path / "a.npz"
    files.write_arrays(target, a=np.arange(1000))
    files.check_whole(target)
    if files.DIGEST not in os.listxattr(target):
        pytest.skip("this file system keeps no extended attributes")
    data = bytearray(target.read_bytes())
    data[500] ^= 1
    for damaged in (bytes(data), bytes(data[:-1]), b""):
        with target.open("r+b") as handle:
            handle.truncate()
            handle.write(damaged)
        with pytest.raises(FacetdsError, match=r"a\.npz is damaged.*Remove it and run again"):
            files.check_whole(target)
    files.write_arrays(target, a=np.arange(9))
    files.check_whole(target)


@given(
    st.integers(0, 2**40), st.lists(st.integers(0, 9), max_size=2), st.sampled_from(["iqa", "gan"])
)
def test_seed_depends_on_all_its_parts(root, numbers, stage):
    seed = randomness.seed_for(root, stage, *numbers)
    assert 0 <= seed < 2**63
    assert seed == randomness.seed_for(root, stage, *numbers)
    assert seed != randomness.seed_for(root + 1, stage, *numbers)
    assert seed != randomness.seed_for(root, stage + "x", *numbers)
    assert seed != randomness.seed_for(root, stage, *numbers, 0)


@pytest.fixture
def picture():
    return np.random.default_rng(0).integers(0, 256, (32, 24, 3), dtype=np.uint8)


def test_png_reads_back_exactly(tmp_path, picture):
    images.write_image(tmp_path / "a.png", picture)
    np.testing.assert_array_equal(foreign.read_image(tmp_path / "a.png"), picture)


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "folder", "missing", "animated"])
def test_unusable_image_is_refused_by_name(tmp_path, picture, damage):
    path = tmp_path / "a.jpg"
    data = images.encode_jpeg(picture)
    if damage == "folder":
        path.mkdir()
    elif damage == "animated":
        path = tmp_path / "a.png"
        frame = Image.fromarray(picture)
        frame.save(path, save_all=True, append_images=[Image.fromarray(255 - picture)])
    elif damage != "missing":
        path.write_bytes({"cut": data[: len(data) // 2], "empty": b"", "text": b"<html>"}[damage])
    with pytest.raises(BadInput, match=path.name):
        foreign.read_image(path)


def test_orientation_is_applied(tmp_path, picture):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(picture).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(foreign.read_image(tmp_path / "a.png"), np.rot90(picture, -1))


def test_sixteen_bit_grey_is_scaled(tmp_path):
    Image.fromarray(np.full((4, 4), 76 * 256 + 5, np.uint16)).save(tmp_path / "a.png")
    assert (foreign.read_image(tmp_path / "a.png") == 76).all()


def test_pickled_objects_are_never_loaded(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.array([{}], dtype=object))
    with pytest.raises(BadInput, match=r"a\.npz"):
        foreign.load_arrays(tmp_path / "a.npz")


def test_table_names_missing_column_and_file(tmp_path):
    tables.write_table(tmp_path / "a.csv", pd.DataFrame({"x": [0.1 + 0.2]}))
    assert tables.read_table(tmp_path / "a.csv", ["x"]).x[0] == 0.1 + 0.2
    with pytest.raises(FacetdsError, match=r"a\.csv lacks the column y"):
        tables.read_table(tmp_path / "a.csv", ["x", "y"])
    with pytest.raises(FacetdsError, match=r"b\.csv does not exist"):
        tables.read_table(tmp_path / "b.csv")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of two modules, the first importing the second inside a function."""
    root = tmp_path / "facetds"
    root.mkdir()
    (root / "__init__.py").write_text("")
    (root / "a.py").write_text("def f():\n    from facetds import b\n    return b.x\n")
    (root / "b.py").write_text("x = 1\n")
    (root / "c.py").write_text("y = 1\n")
    monkeypatch.setattr(code, "ROOT", tmp_path)
    return root


def digest_of(module):
    for cached in (code._tree, code._imports, code._digest):
        cached.cache_clear()
    return code.code_digest(module)


@pytest.mark.parametrize(
    ("name", "text", "changed"),
    [
        ("b.py", "x = 2\n", True),
        ("b.py", '"""Docs."""\n\n# Why.\nx    =  1\n', False),
        ("c.py", "y = 2\n", False),
    ],
)
def test_digest_follows_imports_and_meaning_only(package, name, text, changed):
    before = digest_of("facetds.a")
    (package / name).write_text(text)
    assert (digest_of("facetds.a") != before) == changed
    for cached in (code._tree, code._imports, code._digest):
        cached.cache_clear()


def test_command_shows_the_message_alone_and_logs_it(tmp_path):
    script = tmp_path / "fail.py"
    script.write_text(
        "from pathlib import Path\n"
        "from facetds import command\n"
        "from facetds.errors import FacetdsError\n"
        "def fail(in_file: Path, times: int = 1):\n"
        "    raise FacetdsError(f'{in_file} is missing {times}; bring it.')\n"
        "command.run(fail)\n"
    )
    done = subprocess.run(
        [sys.executable, str(script), "--in-file", "a b", "--log", str(tmp_path / "log")],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(Path(code.__file__).parents[1]), "PATH": ""},
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "Error: a b is missing 1; bring it.\n"
    assert (tmp_path / "log").read_text() == done.stderr
