"""The data set of the GAN: layout, bytes, bad input."""

import io
import json
import re
import stat
import warnings
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from facetds import archives
from facetds.errors import FacetdsError
from facetds.gan.dataset import prepare_images, read_dataset, write_dataset
from facetds.gan.import_dataset import import_images, parse_labels
from facetds.gan.make_dataset import make_dataset
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


def encode(image, form="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def quarters(size=8):
    """Four colours, so that every turn and flip is another image."""
    image = np.zeros((size, size, 3), np.uint8)
    half = size // 2
    image[:half, :half], image[:half, half:], image[half:, :half] = (250, 0, 0), (0, 250, 0), 120
    return Image.fromarray(image)


@pytest.fixture
def mixed(tmp_path):
    """A folder of usable images of all kinds, and of what cannot be used."""
    rgb, folder = quarters(), tmp_path / "mixed"
    (folder / "deep").mkdir(parents=True)
    turned = Image.Exif()
    turned[0x0112] = 6
    alpha = rgb.copy()
    alpha.putalpha(100)
    files = {
        "00-rgb.png": encode(rgb),
        "01-grey.png": encode(rgb.convert("L")),
        "02-palette.png": encode(rgb.convert("P", palette=Image.Palette.ADAPTIVE)),
        "03-alpha.png": encode(alpha),
        "04-cmyk.jpg": encode(rgb.convert("CMYK"), "JPEG", quality=100),
        "05-16bit.png": encode(Image.fromarray(np.full((8, 8), 40000, np.uint16))),
        "06-turned.png": encode(rgb.rotate(90), exif=turned.tobytes()),
        "07-large.png": encode(quarters(32)),
        "08-one-bit.png": encode(rgb.convert("1")),
        "deep/09-bmp.bmp": encode(rgb, "BMP"),
        "a-wide.png": encode(rgb.resize((16, 8))),
        "b-small.png": encode(quarters(4)),
        "c-cut.png": encode(rgb)[:-40],
        "d-page.jpg": b"<html>",
        "e-empty.png": b"",
        "f-notes.txt": b"hello",
        "g-moving.png": encode(rgb, save_all=True, append_images=[quarters()]),
        "h.gif": encode(rgb, "GIF"),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def zipped(folder, path, extra=None):
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*.*")):
            archive.write(file, file.relative_to(folder).as_posix())
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("packed", [True, False])
def test_all_kinds_are_converted_and_counted_and_the_rest_listed(mixed, tmp_path, packed):
    source = zipped(mixed, tmp_path / "mixed.zip") if packed else mixed
    found = import_images(source, 8)
    assert found.images.shape == (10, 8, 8, 3)
    assert found.changed == {
        "grey": 2, "palette": 1, "alpha": 1, "CMYK": 1, "16-bit": 1, "turned": 1, "resized": 1,
    }  # fmt: skip
    rgb = np.asarray(quarters())
    for number in (0, 2, 3, 6, 7, 9):
        np.testing.assert_array_equal(found.images[number], rgb, str(number))
    assert np.abs(found.images[4].astype(int) - rgb).max() < 12
    assert (found.images[5] == 40000 >> 8).all()
    assert (np.ptp(found.images[[1, 8]], axis=3) == 0).all()
    reasons = {reject.item: reject.reason for reject in found.rejects}
    expected = {
        "a-wide.png": "16 x 8 pixels, not square",
        "b-small.png": "has 4 pixels, less than",
        "c-cut.png": "cannot be decoded",
        "d-page.jpg": "is not a JPEG, PNG or BMP image",
        "e-empty.png": "empty|not a JPEG",
        "f-notes.txt": "is not a JPEG, PNG or BMP image",
        "g-moving.png": "is animated",
        "h.gif": "is not a JPEG, PNG or BMP image",
    }
    assert reasons.keys() == expected.keys()
    for name, words in expected.items():
        assert re.search(words, reasons[name]), reasons[name]


@pytest.mark.parametrize(
    "labels", [[3, 0, 1, 3], [[0.5, 1.0], [0.0, 0.25], [1.0, 2.0], [3.0, 4.0]], None]
)
def test_labels_of_an_official_zip_are_kept(tmp_path, labels):
    images = pictures(4, 8)
    write_dataset(tmp_path / "official.zip", images, labels)
    make_dataset(
        tmp_path / "d.zip", tmp_path / "s.png", tmp_path / "r.csv", tmp_path / "s.json", 8,
        source=tmp_path / "official.zip",
    )  # fmt: skip
    assert (tmp_path / "d.zip").read_bytes() == (tmp_path / "official.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "d.zip") as archive:
        listed = json.loads(archive.read("dataset.json"))["labels"]
    assert (listed and [label for _, label in listed]) == labels
    note = json.loads((tmp_path / "s.json").read_text())["labels"]
    assert note == ("labels of 4 of 4 images" if labels else "no labels")
    assert len((tmp_path / "r.csv").read_text().splitlines()) == 1


def test_labels_follow_their_images_and_need_all_of_them(mixed, tmp_path):
    names = [f.relative_to(mixed).as_posix() for f in sorted(mixed.rglob("*.*"))]
    usable = [*names[:9], "deep/09-bmp.bmp"]
    listed = [[name, usable.index(name) if name in usable else 99] for name in names]
    text = json.dumps({"labels": [*reversed(listed), ["gone.png", 1]]})
    found = import_images(zipped(mixed, tmp_path / "a.zip", {"dataset.json": text}), 8)
    assert found.labels == list(range(10))
    assert found.note == "labels of 10 of 10 images, 1 labels of images that are not there"
    text = json.dumps({"labels": listed[1:]})
    found = import_images(zipped(mixed, tmp_path / "b.zip", {"dataset.json": text}), 8)
    assert found.labels is None
    assert found.note.startswith("labels of 9 of 10 images; left out")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"labels": [["a.png", 1],]}', "is not JSON: .* in line 1, column 26"),
        ('{"labels": {"a.png": 1}}', "needs the form"),
        ("[]", "needs the form"),
        ('{"labels": [["a.png", 1], ["b.png"]]}', "entry 1 of labels is"),
        ('{"labels": [["a.png", -1]]}', "the label of 'a.png' is -1"),
        ('{"labels": [["a.png", true]]}', "the label of 'a.png' is True"),
        ('{"labels": [["a.png", "yes"]]}', "the label of 'a.png' is yes"),
        ('{"labels": [["a.png", [NaN]]]}', "the label of 'a.png' is"),
        ('{"labels": [["a.png", []]]}', "the label of 'a.png' is"),
        ('{"labels": [["a.png", 1], ["a.png", 2]]}', "'a.png' comes twice"),
        ('{"labels": [["a.png", 1], ["b.png", [2.0]]]}', "of another kind"),
        ('{"labels": ' + "[" * 100_000, "is not what a label file holds|is not JSON"),
        ('{"labels": [["a.png", ' + "9" * 5000 + "]]}", "is not what a label file holds"),
    ],
)
@pytest.mark.hostile("H202")
def test_malformed_labels_are_located(text, words):
    with pytest.raises(FacetdsError, match=words):
        parse_labels(text, "d.zip, dataset.json")


def write_link(archive):
    member = zipfile.ZipInfo("b.png")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(member, "/etc/passwd")


def write_overlap(archive):
    archive.writestr("b.png", b"")
    archive.filelist[1].header_offset = 0


TRICKS = {
    "twice": lambda a: a.writestr("a.png", b""),
    "case": lambda a: a.writestr("A.png", b""),
    "unicode": lambda a: (a.writestr("\u00e9.png", b""), a.writestr("e\u0301.png", b"")),
    "link": write_link,
    "bomb": lambda a: a.writestr("b.png", bytes(50_000_000), zipfile.ZIP_DEFLATED),
    "many": lambda a: [a.writestr(f"{number}", b"") for number in range(30)],
    "overlap": write_overlap,
    "total": lambda a: setattr(a.filelist[0], "file_size", 10**12),
}


def hostile_zip(path, case):
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("a.png", encode(quarters()))
        TRICKS.get(case, lambda a: a.writestr("0123456789", b""))(archive)
    if case.startswith("name:"):
        # Written into the bytes, as zipfile itself writes no such names.
        name = case[5:].encode().ljust(10, b"x")
        path.write_bytes(path.read_bytes().replace(b"0123456789", name))
    if case == "encrypted":
        whole = bytearray(path.read_bytes())
        whole[whole.rindex(b"PK\x01\x02") + 8] |= 1
        path.write_bytes(whole)
    return path


@pytest.mark.parametrize(
    ("case", "words"),
    [
        pytest.param("twice", "comes twice", id="H122 twice"),
        pytest.param("case", "comes twice", id="H111 case"),
        pytest.param("unicode", "comes twice", id="H110 unicode"),
        pytest.param("link", "is a link", id="H123 link"),
        pytest.param("bomb", "unpacks [0-9,]+ bytes to 50,000,000", id="H124 bomb"),
        pytest.param("many", "has 31 files; the limit is 20", id="H130 many"),
        pytest.param("overlap", "overlap", id="H125 overlap"),
        pytest.param("total", "unpacks to|unpacks [0-9,]+ bytes|not a whole zip", id="H124 total"),
        pytest.param("encrypted", "is encrypted", id="H129 encrypted"),
        pytest.param("name:../x", "leads out", id="H117 ../x"),
        pytest.param("name:a/../../b", "leads out", id="H117 a/../../b"),
        pytest.param("name:/etc/x", "leads out", id="H118 /etc/x"),
        pytest.param("name:C:/x", "leads out", id="H120 C:/x"),
        pytest.param("name:a\\b", "has no plain name", id="H119 abackslashb"),
        pytest.param("name:b.png\0", "has no plain name", id="H121 b.pngNUL"),
    ],
)
def test_zips_that_mislead_or_exhaust_are_refused(tmp_path, monkeypatch, case, words):
    monkeypatch.setattr(archives, "MAX_MEMBERS", 20)
    path = hostile_zip(tmp_path / "h.zip", case)
    with pytest.raises(FacetdsError, match=words):
        import_images(path, 8)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.hostile("H127", "H128")
def test_a_member_with_wrong_bytes_is_listed_and_a_cut_zip_refused(tmp_path):
    write_dataset(tmp_path / "d.zip", pictures(3))
    whole = bytearray((tmp_path / "d.zip").read_bytes())
    whole[400] ^= 255
    (tmp_path / "d.zip").write_bytes(whole)
    found = import_images(tmp_path / "d.zip", 16)
    assert len(found.images) == 2
    assert "CRC" in found.rejects[0].reason
    (tmp_path / "d.zip").write_bytes(whole[:900])
    with pytest.raises(FacetdsError, match="is not a whole zip"):
        import_images(tmp_path / "d.zip", 16)
    with pytest.raises(FacetdsError, match=r"none\.zip does not exist"):
        import_images(tmp_path / "none.zip", 16)


def test_without_one_usable_image_the_reasons_are_told(tmp_path):
    write_dataset(tmp_path / "d.zip", pictures(3, 8))
    with pytest.raises(FacetdsError, match=r"no image that can be used.*has 8 pixels, less than"):
        import_images(tmp_path / "d.zip", 16)
