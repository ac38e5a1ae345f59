"""Previews of a small random network, and the sheet of labelled seeds."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from facetds.aus import AU_NAMES
from facetds.estimators import Estimators
from facetds.files import digest
from facetds.foreign import read_image
from facetds.gan.checkpoint import save_network
from facetds.gan.networks import Generator
from facetds.images import resize, write_image
from facetds.seeds.draw_gallery import draw_gallery
from facetds.seeds.estimate_shard import estimate_shard
from facetds.seeds.gallery import pick_seeds
from facetds.seeds.previews import NUMBER, draw_sprites, seeds_of_shard
from facetds.seeds.render_previews import render_previews
from facetds.shards import preview_directory, read_shard

SIZES = {"previews": 7, "psi": 0.7}


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    torch.manual_seed(2)
    generator = Generator(
        32, 0, 32, 16, 3,
        mapping_kwargs={"num_layers": 2},
        synthesis_kwargs={"channel_base": 256, "channel_max": 16},
    )  # fmt: skip
    path = tmp_path_factory.mktemp("seeds") / "network.pkl"
    save_network(path, generator, None, {})
    return path


@given(st.integers(1, 300), st.integers(1, 60))
def test_shards_divide_the_seeds(previews, size):
    shards = [seeds_of_shard(n, size, previews) for n in range(-(-previews // size))]
    assert [seed for shard in shards for seed in shard] == list(range(previews))
    assert all(len(shard) > 0 for shard in shards)


def test_previews_do_not_depend_on_the_shards(network, tmp_path):
    for size in (3, 7):
        for shard in range(-(-7 // size)):
            out = tmp_path / f"{size}/shard-{shard:03d}.csv"
            out.parent.mkdir(exist_ok=True)
            render_previews(network, out, out.with_suffix(".jpg"), shard, size, **SIZES)
    whole = pd.read_csv(tmp_path / "7/shard-000.csv")
    parts = pd.concat([pd.read_csv(tmp_path / f"3/shard-{n:03d}.csv") for n in range(3)])
    assert whole.equals(parts.reset_index(drop=True))
    assert whole["image"].tolist() == [f"{seed:06d}.jpg" for seed in range(7)]
    assert set(whole["network"]) == {digest(network)}
    assert set(whole["psi"]) == {0.7}
    manifest = tmp_path / "3/shard-001.csv"
    entries = list(read_shard(manifest, preview_directory(manifest)))
    assert [entry.image for entry in entries] == ["000003.jpg", "000004.jpg", "000005.jpg"]
    assert read_image(manifest.with_suffix(".jpg")).shape == (16 + 14, 20 * 16, 3)


def test_sprites_stand_above_their_numbers():
    thumbnails = [np.full((32, 32, 3), 5 * place, np.uint8) for place in range(23)]
    sheet = draw_sprites(thumbnails, range(100, 123))
    assert sheet.shape == (2 * (32 + NUMBER), 20 * 32, 3)
    for place in (0, 19, 20, 22):
        top, left = place // 20 * (32 + NUMBER), place % 20 * 32
        assert (sheet[top : top + 32, left : left + 32] == 5 * place).all()
        number = sheet[top + 32 : top + 32 + NUMBER, left : left + 32]
        assert 0.02 < (number < 128).all(axis=2).mean() < 0.5
    assert (sheet[32 + NUMBER :, 3 * 32 :] == 255).all()


@pytest.fixture
def shard(tmp_path):
    """Return the manifest of five previews: faces, a blank one, a broken one."""
    manifest = tmp_path / "shard-000.csv"
    face = resize(data.astronaut()[0:224, 110:334], 64)
    images = [face, np.fliplr(face), np.full_like(face, 128), face, face]
    rows = []
    for seed, image in enumerate(images):
        path = preview_directory(manifest) / f"{seed:06d}.jpg"
        write_image(path, image)
        rows.append({"seed": seed, "image": path.name, "sha256": digest(path)})
    (preview_directory(manifest) / "000003.jpg").write_bytes(b"not an image")
    pd.DataFrame(rows).to_csv(manifest, index=False)
    return manifest


def test_estimates_have_probabilities_or_a_reason(shard, tmp_path):
    width = 13 + 1764 + 1296 + 1008
    zeros, cuts = np.zeros((3, 6, width)), np.arange(18.0).reshape(3, 6) - 8
    arrays = Estimators(("a", "b", "audit"), np.zeros(width), np.full(width, 1e9), zeros, cuts, 64)
    np.savez(tmp_path / "reviewer.npz", **arrays.__dict__)
    estimate_shard(shard, tmp_path / "reviewer.npz", tmp_path / "out.csv", face_score=0.0)
    table = pd.read_csv(tmp_path / "out.csv", keep_default_na=False)
    assert table["seed"].tolist() == [0, 1, 2, 3, 4]
    assert table["reason"].tolist() == ["", "", "no_face", "unreadable", ""]
    expected = 1 / (1 + np.exp(-cuts[:2].ravel()))
    np.testing.assert_allclose(table.iloc[0, 5:].astype(float), expected, atol=1e-5)
    assert (table.iloc[2, 5:] == "").all()


def make_labels(seeds):
    table = pd.DataFrame({"seed": seeds, **dict.fromkeys(AU_NAMES, 0)})
    table.loc[:1, "AU1"] = 1
    table.loc[0, "AU12"] = 1
    table["neutral"] = (table[list(AU_NAMES)].sum(axis=1) == 0).astype(int)
    return table


def test_the_purest_seeds_are_shown_first():
    picked = pick_seeds(make_labels([0, 1, 2, 3]), columns=1)
    assert picked["AU1"] == [1]
    assert picked["AU12"] == [0]
    assert picked["AU4"] == []
    assert picked["neutral"] == [2]


def test_the_gallery_shows_faces_and_leaves_out_what_is_broken(shard, tmp_path):
    table = make_labels([0, 1, 3, 4, 99]).assign(network="ab", source="simulated")
    table.to_csv(tmp_path / "labels.csv", index=False)
    draw_gallery([shard], tmp_path / "labels.csv", tmp_path / "gallery.png")
    sheet = read_image(tmp_path / "gallery.png")
    rows = [sheet[40 + 100 * n + 10 : 40 + 100 * n + 90, 170:] for n in range(7)]
    shown = [int((row[:, ::100].std(axis=(0, 2)) > 5).sum()) for row in rows]
    assert shown == [2, 0, 0, 0, 1, 0, 1]
