"""The images of a batch, from a small random network."""

import re
import shutil

import numpy as np
import pandas as pd
import pytest
import torch

from facetds.errors import FacetdsError
from facetds.files import digest
from facetds.foreign import read_image
from facetds.gan.checkpoint import load_generator
from facetds.gan.sampling import to_uint8, z_of_seeds
from facetds.generate import batches
from facetds.generate.check_shards import check_shards
from facetds.generate.generate_batch import generate_batch
from facetds.latents import Directions, read_directions, render, w_of_seed, ws_of_seed
from facetds.shards import read_shard


@pytest.fixture
def make(folder, tmp_path):
    """Return a function that generates a batch of a small plan."""
    rows = [(b, 4 * b + i + 1, s, 1, d, 0.8) for b in (0, 1) for i, (s, d) in
            enumerate([(9, 0.0), (9, 2.0), (91, -2.0), (4, 1.0)])]  # fmt: skip
    plan = pd.DataFrame(rows, columns=["batch", "order", "seed", "index", "degree", "psi"])
    plan.to_csv(tmp_path / "plan.csv", index=False)

    def generate(batch, out):
        out.parent.mkdir(exist_ok=True)
        network, directions = folder / "network.pkl", folder / "directions.npz"
        generate_batch(
            tmp_path / "plan.csv", network, directions, batch, [out], tmp_path / "work" / out.stem
        )
        return out

    return generate


def test_the_manifest_describes_what_was_planned(make, tmp_path):
    manifest = make(1, tmp_path / "batch-00001.csv")
    table = pd.read_csv(manifest)
    names = ["9_000005.jpg", "9_000006.jpg", "91_000007.jpg", "4_000008.jpg"]
    assert table["image"].tolist() == names
    assert list(table) == ["image", "seed", "order", "index", "degree", "psi", "sha256"]
    assert table["degree"].tolist() == [0, 2, -2, 1]
    entries = list(read_shard(manifest))
    assert all(entry.pixels.shape == (16, 16, 3) for entry in entries)
    assert len(set(table["sha256"])) == 4


def test_same_bytes_in_any_order_of_batches(make, tmp_path):
    there = [make(batch, tmp_path / f"there/batch-{batch:05d}.csv") for batch in (0, 1)]
    shutil.rmtree(tmp_path / "work")
    back = [make(batch, tmp_path / f"back/batch-{batch:05d}.csv") for batch in (1, 0)][::-1]
    for one, other in zip(there, back, strict=True):
        assert one.read_bytes() == other.read_bytes()
        for row in pd.read_csv(one).itertuples():
            assert digest(other.with_suffix("") / row.image) == row.sha256


def test_a_rebuilt_batch_leaves_no_stale_files(make, tmp_path):
    manifest = make(0, tmp_path / "batch-00000.csv")
    first = manifest.read_bytes()
    (tmp_path / "batch-00000" / "7_000099.jpg").write_bytes(b"stale")
    # What a killed process leaves.
    (tmp_path / "batch-00000.tmp.999999").mkdir()
    (tmp_path / "batch-00000.tmp.999999" / "9_000001.jpg").write_bytes(b"half")
    make(0, manifest)
    assert manifest.read_bytes() == first
    names = {path.name for path in (tmp_path / "batch-00000").iterdir()}
    assert names == set(pd.read_csv(manifest)["image"])
    assert not (tmp_path / "batch-00000.tmp.999999").exists()


def test_a_broken_run_leaves_the_old_batch_alone(make, tmp_path, monkeypatch):
    manifest = make(0, tmp_path / "batch-00000.csv")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    before = {path: data for path, data in before.items() if "work" not in path.parts}
    shutil.rmtree(tmp_path / "work")
    calls = []

    def fail(*_):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return np.zeros((16, 16, 3), np.uint8)

    monkeypatch.setattr(batches, "render", fail)
    with pytest.raises(KeyboardInterrupt):
        make(0, manifest)
    after = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    assert after == before


def test_a_batch_beyond_the_plan_is_refused(make, tmp_path):
    with pytest.raises(FacetdsError, match="no batch 2"):
        make(2, tmp_path / "batch-00002.csv")


def test_a_seed_without_a_step_is_the_official_image(folder):
    generator = load_generator(folder / "network.pkl")
    with torch.inference_mode():
        ws = generator.mapping(torch.from_numpy(z_of_seeds([91], 32)), None, truncation_psi=0.6)
        expected = to_uint8(generator.synthesis(ws, noise_mode="const"))[0]
    np.testing.assert_allclose(ws_of_seed(generator, 91, 0.6), ws[0], atol=1e-6)
    got = render(generator, ws_of_seed(generator, 91, 0.6))
    assert np.abs(got.astype(int) - expected).max() <= 1


def test_conventions_step_where_they_say(folder):
    generator = load_generator(folder / "network.pkl")
    found = read_directions(folder / "directions.npz")
    w, mean = w_of_seed(generator, 9), generator.mapping.w_avg.numpy()
    step = 3 * found.vectors[1]

    def move(convention, layers=(0,)):
        other = Directions(found.vectors, found.eigenvalues, np.array(layers), convention, "")
        return ws_of_seed(generator, 9, 0.5, other, index=1, degree=3)

    still = ws_of_seed(generator, 9, 0.5)
    np.testing.assert_allclose(still[0], mean + 0.5 * (w - mean), atol=1e-5)
    np.testing.assert_allclose(move("rosinality"), still + 0.5 * step, atol=1e-5)
    moved = move("genforce", layers=(1, 2))
    np.testing.assert_allclose(moved[1:3], still[1:3] + step, atol=1e-5)
    np.testing.assert_array_equal(np.delete(moved, [1, 2], 0), np.delete(still, [1, 2], 0))
    z = torch.from_numpy(z_of_seeds([9], 32) + step)
    expected = generator.mapping(z, None, truncation_psi=0.5)[0]
    np.testing.assert_allclose(move("dvschultz"), expected, atol=1e-5)


def test_degree_zero_is_the_same_in_every_direction(folder):
    generator = load_generator(folder / "network.pkl")
    found = read_directions(folder / "directions.npz")
    for index in (0, 5):
        np.testing.assert_array_equal(
            ws_of_seed(generator, 4, 0.7, found, index, 0.0), ws_of_seed(generator, 4, 0.7)
        )


def test_images_on_disk_are_those_rendered(make, folder, tmp_path):
    manifest = make(0, tmp_path / "batch-00000.csv")
    generator = load_generator(folder / "network.pkl")
    found = read_directions(folder / "directions.npz")
    expected = render(generator, ws_of_seed(generator, 91, 0.8, found, 1, -2.0))
    saved = read_image(manifest.with_suffix("") / "91_000003.jpg")
    assert np.abs(saved.astype(int) - expected).mean() < 6


def test_the_throughput_is_said(make, tmp_path, capsys):
    make(0, tmp_path / "batch-00000.csv")
    assert re.search(r"4 images in \d+\.\d s, \d+\.\d per second", capsys.readouterr().err)


def test_damaged_batches_are_found_and_made_again(make, tmp_path, capsys):
    whole = make(0, tmp_path / "batch-00000.csv")
    manifest = make(1, tmp_path / "batch-00001.csv")
    check_shards([whole, manifest])
    assert "2 of 2 shards are whole" in capsys.readouterr().err

    before = manifest.read_bytes()
    folder = tmp_path / "batch-00001"
    (folder / "9_000005.jpg").unlink()
    (folder / "91_000007.jpg").write_bytes(b"other")
    (folder / "7_000099.jpg").write_bytes(b"stray")
    with pytest.raises(FacetdsError, match=r"batch-00001\.csv .* give --remove"):
        check_shards([whole, manifest])
    said = capsys.readouterr().err
    assert "9_000005.jpg is missing; 91_000007.jpg is changed; 7_000099.jpg is not in the" in said
    assert "1 of 2 shards are whole" in said
    assert manifest.exists()

    check_shards([whole, manifest], remove=True)
    assert whole.exists()
    assert not manifest.exists()
    make(1, manifest)
    assert manifest.read_bytes() == before
    check_shards([whole, manifest])

    manifest.write_text("image\n")
    check_shards([manifest], remove=True)
    assert not manifest.exists()
