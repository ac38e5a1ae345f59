"""Full disks, read-only folders, wrong clocks and damaged files."""

import errno
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import chaos
import numpy as np
import pandas as pd
import pytest
import yaml

from facetds import files, images, tables
from facetds.errors import FacetdsError
from facetds.shards import find_damage


@pytest.fixture
def disk():
    """Return a function that makes a folder a disk with options, or changes these; root alone."""
    mounted = []

    def mount(folder: Path, options: str) -> None:
        folder.mkdir(exist_ok=True)
        again = "remount," if folder in mounted else ""
        command = ["mount", "-t", "tmpfs", "-o", again + options, "tmpfs", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"a small disk can be mounted by root alone: {done.stderr.strip()}")
        if not again:
            mounted.append(folder)

    yield mount
    for folder in mounted:
        subprocess.run(["umount", str(folder)], capture_output=True, check=False)


@pytest.fixture(scope="module")
def survivor(finished, tmp_path_factory):
    """Return a copy of the full run, dates and all, to be damaged."""
    folder = tmp_path_factory.mktemp("survivor") / "run"
    shutil.copytree(finished.folder, folder, symlinks=True)
    return type(finished)(folder)


NOISE = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.txt", lambda path: files.write_text(path, "0" * 120_000)),
        ("a.json", lambda path: files.write_json(path, ["0" * 120_000])),
        ("a.npz", lambda path: files.write_arrays(path, a=NOISE)),
        ("a.csv", lambda path: tables.write_table(path, pd.DataFrame({"a": NOISE.ravel()}))),
        ("a.png", lambda path: images.write_image(path, NOISE)),
        ("a", lambda path: write_shard(path)),
    ],
)
def test_a_full_disk_is_named_and_no_file_is_half(tmp_path, disk, name, write):
    target = tmp_path / "disk" / name
    for size in (8_192, 40_960, 98_304):
        disk(target.parent, f"size={size}")
        with pytest.raises(OSError, match="No space left") as caught:
            write(target)
        assert caught.value.errno == errno.ENOSPC
        assert caught.value.filename == str(target)
        assert list(target.parent.iterdir()) == []
    disk(target.parent, "size=2000000")
    write(target)
    assert list(target.parent.iterdir()) == [target]


def write_shard(path):
    with files.replacing_directory(path) as folder:
        for number in range(12):
            (folder / f"{number}.jpg").write_bytes(bytes(10_000))


@pytest.fixture
def remade(survivor):
    """Return a function that removes a rule's outputs; afterwards they are what they were again."""
    jobs = {job.rule: job for job in chaos.list_jobs(survivor.folder)}
    expected = chaos.digests(survivor.folder)
    dates = {name: (survivor.folder / name).stat().st_mtime_ns for name in expected}

    def remove(rule: str) -> chaos.Job:
        for output in jobs[rule].outputs:
            (survivor.folder / output).unlink()
        return jobs[rule]

    yield remove
    assert chaos.digests(survivor.folder) == expected
    assert chaos.find_leftovers(survivor.folder) == []
    for name, date in dates.items():
        os.utime(survivor.folder / name, ns=(date, date))


def test_a_job_on_a_full_disk_says_so_and_goes_on_when_there_is_room(survivor, remade, disk):
    folder = survivor.folder / "results/crop"
    job = remade("gather_pretrain_crops")
    target = next(output for output in job.outputs if output.endswith(".npz"))
    folder.rename(folder.with_name("crop.kept"))
    size = sum(p.stat().st_size + 8192 for p in folder.with_name("crop.kept").rglob("*"))
    disk(folder, f"size={size + 500_000}")
    shutil.copytree(folder.with_name("crop.kept"), folder, dirs_exist_ok=True)
    done = survivor.snakemake(*chaos.PROFILE, target, check=False)
    assert done.returncode == 1
    assert f"Error: {target}: No space left on device; make room" in done.stderr
    assert not any((survivor.folder / output).exists() for output in job.outputs)

    disk(folder, f"size={size + 50_000_000}")
    survivor.snakemake(*chaos.PROFILE, target)
    for output in job.outputs:
        shutil.copy2(survivor.folder / output, folder.with_name("crop.kept"))
    subprocess.run(["umount", str(folder)], check=True)
    folder.rmdir()
    folder.with_name("crop.kept").rename(folder)


def test_originals_may_be_read_only(survivor, disk, tmp_path):
    originals = tmp_path / "my CFD"
    disk(originals, "size=200000000")
    shutil.copytree(survivor.folder / "results/demo/cfd", originals, dirs_exist_ok=True)
    disk(originals, "ro")
    sizes = survivor.sizes()
    sizes["data"]["cfd"] = str(originals)
    (tmp_path / "sizes.yaml").write_text(yaml.safe_dump(sizes))
    survivor.snakemake(
        "results/data/cfd.csv", "--directory", str(tmp_path / "own"),
        "--configfile", str(tmp_path / "sizes.yaml"),
    )  # fmt: skip
    assert len(tables.read_table(tmp_path / "own/results/data/cfd.csv")) > 10


def test_every_damaged_file_is_found(survivor):
    """A byte of each file is flipped, or its end is cut off; dates stay."""
    chance = random.Random(0)
    whole = [
        path
        for path in sorted((survivor.folder / "results").rglob("*"))
        if path.is_file() and path.stat().st_size and files.DIGEST in os.listxattr(path)
    ]
    if not whole:
        pytest.skip("this file system keeps no extended attributes")
    found = 0
    for path in chance.sample(whole, 100):
        data, status = path.read_bytes(), path.stat()
        place = chance.randrange(len(data))
        flipped = data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]
        files.check_whole(path)
        overwrite(path, chance.choice([flipped, data[:place]]))
        with pytest.raises(FacetdsError, match=r"is damaged.*Remove it and run again"):
            files.check_whole(path)
        found += 1
        overwrite(path, data)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert found == 100


def overwrite(path: Path, data: bytes) -> None:
    with path.open("r+b") as handle:
        handle.truncate(0)
        handle.write(data)


def test_a_damaged_input_is_refused_by_name_and_the_remedy_works(survivor, remade):
    source = survivor.folder / "results/data/cfd.csv"
    if files.DIGEST not in os.listxattr(source):
        pytest.skip("this file system keeps no extended attributes")
    status = source.stat()
    job = remade("describe_cfd")
    overwrite(source, source.read_bytes().replace(b"CFD", b"CFE", 1))
    os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns))
    done = survivor.snakemake(*chaos.PROFILE, job.outputs[0], check=False)
    assert done.returncode == 1
    assert "Error: results/data/cfd.csv is damaged" in done.stderr
    assert "Remove it and run again" in done.stderr

    command = [sys.executable, "-m", "facetds.verify", "results", "--remove"]
    env = os.environ | {"PYTHONPATH": str(survivor.folder / "workflow_scripts")}
    said = subprocess.run(command, cwd=survivor.folder, env=env, check=True, capture_output=True)
    assert said.stderr.decode().count("is damaged") == 1
    assert not source.exists()
    survivor.snakemake(*chaos.PROFILE, job.outputs[0])


def shift_dates(workflow, date_of):
    for path in (workflow.folder / "results").rglob("*"):
        if path.is_file():
            date = date_of(path.stat().st_mtime_ns)
            os.utime(path, ns=(date, date))


def test_results_dated_in_the_future_are_dated_now_in_their_order(survivor, remade):
    job = remade("describe_cfd")
    day = 86_400 * 10**9
    shift_dates(survivor, lambda date: date + day)
    done = survivor.snakemake(*chaos.PROFILE, job.outputs[0])
    assert "The clock was moved back" in done.stderr
    assert survivor.planned() == {}


def test_a_copy_with_new_dates_makes_nothing_stale(survivor):
    chance, now = random.Random(0), time.time_ns()
    shift_dates(survivor, lambda date: now - chance.randrange(10**12))
    for path in (survivor.folder / "resources").iterdir():
        os.utime(path)
    assert survivor.planned() == {}


def test_a_shard_that_lost_gained_or_changed_an_image_is_made_again(survivor, remade):
    manifest = next((survivor.folder / "results/generate").glob("batch-00000.csv"))
    shard = sorted(manifest.with_suffix("").iterdir())
    shard[0].unlink()
    overwrite(shard[1], shard[2].read_bytes())
    (manifest.with_suffix("") / "1_999999.jpg").write_bytes(b"stray")
    command = [sys.executable, "-m", "facetds.generate.check_shards", str(manifest)]
    env = os.environ | {"PYTHONPATH": str(survivor.folder / "workflow_scripts")}
    done = subprocess.run(command, env=env, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    for said in (
        f"{shard[0].name} is missing",
        f"{shard[1].name} is changed",
        "1_999999.jpg is not in the manifest",
    ):
        assert said in done.stderr

    subprocess.run([*command, "--remove"], env=env, check=True, capture_output=True)
    survivor.snakemake(*chaos.PROFILE, str(manifest.relative_to(survivor.folder)))
    assert not find_damage(manifest)
