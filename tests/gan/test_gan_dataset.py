"""The data set of the GAN: layout, bytes, bad input."""

import json
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facetds.errors import FacetdsError
from facetds.gan.dataset import prepare_images, read_dataset, write_dataset
from facetds.gan.sheets import draw_reals
from facetds.images import encode_png


def pictures(count, size=16, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, 3), np.uint8)


def test_the_layout_is_that_of_the_official_tool(tmp_path):
    write_dataset(tmp_path / "d.zip", pictures(1002, 8))
    with zipfile.ZipFile(tmp_path / "d.zip") as archive:
        members = archive.infolist()
        assert json.loads(archive.read("dataset.json")) == {"labels": None}
    names = [member.filename for member in members]
    assert names[0] == "00000/img00000000.png"
    assert names[1001] == "00001/img00001001.png"
    assert len(names) == 1003
    assert all(member.compress_type == zipfile.ZIP_STORED for member in members)


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 4), st.sampled_from([4, 8, 16]), st.integers(0, 99))
def test_images_return_and_bytes_repeat(tmp_path_factory, count, size, seed):
    folder, images = tmp_path_factory.mktemp("zip"), pictures(count, size, seed)
    for name in ("a.zip", "b.zip"):
        write_dataset(folder / name, images)
    assert (folder / "a.zip").read_bytes() == (folder / "b.zip").read_bytes()
    np.testing.assert_array_equal(read_dataset(folder / "a.zip"), images)


def test_crops_are_resized_and_never_enlarged():
    assert prepare_images(pictures(3, 32), 16).shape == (3, 16, 16, 3)
    with pytest.raises(FacetdsError, match=r"gan\.resolution is 64.*crop\.size"):
        prepare_images(pictures(3, 32), 64)
    with pytest.raises(FacetdsError, match=r"rejected\.csv"):
        prepare_images(pictures(0, 32), 16)


def write_zip(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"readme.txt": "hello"}, "holds no images"),
        ({"a.png": encode_png(pictures(1, 8)[0]), "b.png": encode_png(pictures(1)[0])}, "b.png is"),
        ({"a.png": encode_png(pictures(1, 8)[0][:4])}, "a.png is 8 x 4 pixels"),
        ({"a.png": encode_png(pictures(1)[0])[:-30]}, "a.png cannot be decoded"),
        ({"a.png": "<html>"}, "a.png is not a JPEG, PNG or BMP image"),
    ],
)
def test_what_is_not_a_data_set_is_refused(tmp_path, members, words):
    write_zip(tmp_path / "d.zip", members)
    with pytest.raises(FacetdsError, match=words):
        read_dataset(tmp_path / "d.zip")


def test_a_missing_or_cut_zip_is_named(tmp_path):
    with pytest.raises(FacetdsError, match=r"none\.zip does not exist"):
        read_dataset(tmp_path / "none.zip")
    write_dataset(tmp_path / "d.zip", pictures(2))
    (tmp_path / "cut.zip").write_bytes((tmp_path / "d.zip").read_bytes()[:300])
    with pytest.raises(FacetdsError, match=r"cut\.zip is not a whole zip"):
        read_dataset(tmp_path / "cut.zip")


def test_the_sheet_shows_each_image_once():
    images = np.stack([np.full((4, 4, 3), 2 * n, np.uint8) for n in range(100)])
    sheet = draw_reals(images, seed=3)
    assert sheet.shape == (24, 40, 3)
    assert len(np.unique(sheet)) == 60
    assert draw_reals(images[:7], seed=3).shape == (4, 40, 3)
