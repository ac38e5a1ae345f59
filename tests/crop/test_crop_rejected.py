"""Every kind of bad image has a code in rejected.csv, and the run goes on with the rest."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from completeness import PARTS, draw_face, paint_out
from PIL import Image
from skimage import data

from facetds.crop.crop_photos import crop_photos
from facetds.crop.gather_cfd_crops import gather_cfd_crops
from facetds.crop.gather_crop_rejected import gather_crop_rejected
from facetds.files import digest
from facetds.tables import read_table, write_table

READ = ["plain.jpg", "cmyk.jpg", "exif.jpg", "deep.png", "palette.png", "grey.jpg"]
CODES = {
    "zero.jpg": "empty",
    "cut.jpg": "broken",
    "page.jpg": "not_an_image",
    "text.png": "not_an_image",
    "moving.png": "animated",
    "moving.gif": "not_an_image",
    "huge.png": "too_large",
    "bomb.png": "too_large",
    "folder.jpg": "not_a_file",
    "gone.jpg": "missing",
    "scene.jpg": "no_face",
    "flat.jpg": "no_face",
    "half.jpg": "no_face",
    "upside.jpg": "no_face",
    "edge.jpg": "padded",
    "changed.jpg": "changed",
}
"""What becomes of each file that is not read."""


def claim_size(content, side):
    """Return a PNG whose header claims to be `side` x `side` pixels, with a right checksum."""
    header = b"IHDR" + struct.pack(">II", side, side) + content[24:29]
    return content[:12] + header + struct.pack(">I", zlib.crc32(header)) + content[33:]


def write_images(root, photo):
    """Write the photo in odd formats, and all files of `CODES` that are there."""
    image = Image.fromarray(photo)
    image.save(root / "plain.jpg", quality=95)
    image.convert("CMYK").save(root / "cmyk.jpg", quality=95)
    exif = Image.Exif()
    exif[0x0112] = 6
    image.transpose(Image.Transpose.ROTATE_90).save(root / "exif.jpg", quality=95, exif=exif)
    Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257).save(root / "deep.png")
    image.quantize(200).save(root / "palette.png")
    image.convert("L").save(root / "grey.jpg", quality=95)
    whole = (root / "plain.jpg").read_bytes()
    (root / "zero.jpg").touch()
    (root / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (root / "page.jpg").write_text("<html>")
    (root / "text.png").write_text("not a picture")
    for name in ("moving.png", "moving.gif"):
        image.save(root / name, save_all=True, append_images=[image.rotate(9)])
    small = (root / "deep.png").read_bytes()
    (root / "huge.png").write_bytes(claim_size(small, 12_000))
    (root / "bomb.png").write_bytes(claim_size(small, 60_000))
    (root / "folder.jpg").mkdir()
    pictures = {
        "scene": data.rocket(),
        "flat": np.full((240, 300, 3), 90, np.uint8),
        "half": photo[:, 150:],
        "upside": photo[::-1],
        "edge": photo[60:200, 90:190],
        "changed": photo,
    }
    for name, pixels in pictures.items():
        Image.fromarray(pixels).save(root / f"{name}.jpg", quality=95)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory, photo, options):
    """Return the rejects by file, the files that gave a crop, and what was said at the end."""
    root = tmp_path_factory.mktemp("photos")
    write_images(root, photo)
    names = [*READ[:3], *CODES, *READ[3:]]
    listed = [(root / name).is_file() for name in names]
    sums = [digest(root / n) if there else "0" for n, there in zip(names, listed, strict=True)]
    sums[names.index("changed.jpg")] = "0"
    table = {"number": range(len(names)), "path": names, "sha256": sums}
    write_table(root / "photos.csv", pd.DataFrame(table))
    files = {name: root / f"out-{name}.csv" for name in ("table", "rejected")}
    crop_photos(
        photos=root / "photos.csv", root=root, source="cfd", shard=0, shards=1,
        crops=root / "out.npz", **files, **options,
    )  # fmt: skip
    return read_table(files["rejected"]), read_table(files["table"]), files["rejected"]


def test_the_run_goes_on_after_each(outcome):
    assert outcome[1]["image_path"].tolist() == READ
    assert sorted(outcome[0]["file"]) == sorted(CODES)


@pytest.mark.parametrize("name", CODES)
def test_each_has_its_code_and_a_reason(outcome, name):
    row = outcome[0].set_index("file").loc[name]
    assert row["code"] == CODES[name]
    assert row["reason"].startswith(("is ", "has ", "cannot ", "no ", "too ", "the "))
    assert str(Path(outcome[2]).parent) not in row["reason"]


def test_the_count_of_each_code_is_printed_at_the_end(outcome, tmp_path, capsys):
    gather_crop_rejected([outcome[2]], tmp_path / "rejected.csv")
    said = capsys.readouterr().err
    assert f"{len(CODES)} images were set aside." in said
    assert "cfd: 2 x too_large" in said


def test_a_face_without_an_eye_is_not_whole(tmp_path, options, capsys):
    drawn = [draw_face(seed) for seed in range(30)]
    images = [pixels for pixels, _ in drawn]
    images[10] = paint_out(*drawn[10], PARTS["an eye"])
    names = [f"{number}.png" for number in range(len(images))]
    for name, pixels in zip(names, images, strict=True):
        Image.fromarray(pixels).save(tmp_path / name)
    known = pd.DataFrame({"number": range(len(names)), "path": names})
    known["sha256"] = [digest(tmp_path / name) for name in names]
    photos = tmp_path / "photos.csv"
    write_table(photos, known.assign(model="WM-1", race="W", sex="M", expression="N"))
    crops, table = tmp_path / "shard.npz", tmp_path / "shard.csv"
    crop_photos(
        photos=photos, root=tmp_path, source="cfd", shard=0, shards=1, crops=crops, table=table,
        rejected=tmp_path / "early.csv", **options,
    )  # fmt: skip
    assert len(read_table(table)) == 30, "a detector sees a face in each"
    out = {name: tmp_path / f"{name}.csv" for name in ("table", "rejected")}
    gather_cfd_crops(
        [crops, table], photos, tmp_path / "all.npz", gate=tmp_path / "gate.npz", **out,
        gate_percentile=5, gate_margin=0.8,
    )  # fmt: skip
    rejected = read_table(out["rejected"]).set_index("file")
    assert "10.png" in rejected.index
    assert set(rejected["code"]) == {"not_whole"}
    assert len(rejected) <= 2
    assert f"{len(rejected)} are not whole." in capsys.readouterr().err
