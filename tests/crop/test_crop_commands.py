"""The commands of the stage on files: odd, broken and missing ones are listed, the rest is kept."""

import cv2
import numpy as np
import pytest
from PIL import Image

from facetds.aus import AU_NAMES
from facetds.crop.crop_photos import crop_photos
from facetds.crop.crop_subject import crop_subject
from facetds.crop.draw_crops import draw_crops
from facetds.crop.gather_cfd_crops import gather_cfd_crops
from facetds.crop.gather_crop_rejected import gather_crop_rejected
from facetds.crop.gather_pretrain_crops import gather_pretrain_crops
from facetds.errors import FacetdsError
from facetds.files import write_arrays
from facetds.foreign import load_arrays, read_image
from facetds.tables import read_table, write_table


def run_photos(folder, photos, options, shard=0, shards=1, source="cfd"):
    stem = folder / f"{source}-{shard}"
    crop_photos(
        photos=photos, root=folder, source=source, shard=shard, shards=shards,
        crops=stem.with_suffix(".npz"), table=stem.with_suffix(".csv"),
        rejected=folder / f"{source}-{shard}-rejected.csv", **options,
    )  # fmt: skip
    return stem.with_suffix(".npz"), stem.with_suffix(".csv"), folder / f"{stem.name}-rejected.csv"


def gather_faces(folder, files, photos):
    """Gather crops with limits so wide that all faces are whole."""
    gather_cfd_crops(
        files, photos, folder / "cfd.npz", folder / "cfd.csv", gate=folder / "gate.npz",
        rejected=folder / "rejected_cfd.csv", gate_percentile=1, gate_margin=100,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path, photo):
    """Return a folder with one face in odd formats, and files that hold no usable face."""
    image = Image.fromarray(photo)
    image.save(tmp_path / "plain.jpg", quality=95)
    image.convert("CMYK").save(tmp_path / "cmyk.jpg", quality=95)
    exif = Image.Exif()
    exif[0x0112] = 6
    image.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "exif.jpg", quality=95, exif=exif)
    grey = np.asarray(image.convert("L")).astype(np.uint16) * 257
    Image.fromarray(grey).save(tmp_path / "deep.png")
    Image.fromarray(np.full((240, 300, 3), 90, np.uint8)).save(tmp_path / "blank.jpg")
    whole = (tmp_path / "plain.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "page.jpg").write_text("<html>")
    return tmp_path


def test_odd_formats_give_the_same_face_and_broken_files_a_reason(folder, listed, options):
    names = ["plain.jpg", "cmyk.jpg", "exif.jpg", "deep.png"]
    names += ["blank.jpg", "cut.jpg", "empty.jpg", "page.jpg"]
    photos = listed(names)
    crops, table, rejected = run_photos(folder, photos, options)
    arrays = load_arrays(crops)
    assert arrays["number"].tolist() == [0, 1, 2, 3]
    assert arrays["images"].shape == (4, 64, 64, 3)
    assert arrays["images"].dtype == np.uint8
    assert (arrays["landmarks"].shape, arrays["landmarks"].dtype) == ((4, 68, 2), np.float32)
    grey = cv2.GaussianBlur(
        arrays["images"].astype(float).mean(axis=3).transpose(1, 2, 0), (0, 0), 2
    )
    assert np.abs(grey - grey[..., :1]).mean(axis=(0, 1)).max() < 8
    assert read_table(table)["detector"].tolist() == ["dlib"] * 4
    reasons = read_table(rejected).set_index("file")["reason"]
    assert reasons["blank.jpg"] == "no face was found"
    assert "truncated" in reasons["cut.jpg"]
    assert reasons["empty.jpg"] == "is empty"
    assert "is not a JPEG" in reasons["page.jpg"]
    assert not reasons.str.contains(str(folder)).any(), "reasons name no folder of the user"


def test_a_photo_that_changed_after_listing_is_set_aside(folder, listed, options):
    photos = listed(["plain.jpg", "cmyk.jpg"])
    (folder / "cmyk.jpg").write_bytes((folder / "plain.jpg").read_bytes())
    _, table, rejected = run_photos(folder, photos, options)
    assert read_table(table)["number"].tolist() == [0]
    assert "has changed since it was listed" in read_table(rejected)["reason"][0]


def test_shards_put_together_are_the_whole(folder, listed, options):
    photos = listed(["plain.jpg", "blank.jpg", "cmyk.jpg"])
    known = read_table(photos).assign(model="WM-1", race="W", sex="M", expression=["N", "A", "HO"])
    write_table(photos, known)
    results = []
    for shards in (1, 2):
        parts = [run_photos(folder, photos, options, n, shards) for n in range(shards)]
        files = [p[0] for p in parts] + [p[1] for p in parts]
        gather_faces(folder, files, photos)
        results.append([(folder / name).read_bytes() for name in ("cfd.npz", "cfd.csv")])
    assert results[0] == results[1]
    table = read_table(folder / "cfd.csv")
    assert table["number"].tolist() == [0, 2]
    assert table["expression"].tolist() == ["N", "HO"]
    gather_crop_rejected([p[2] for p in parts], folder / "rejected.csv")
    assert read_table(folder / "rejected.csv").values.tolist() == [
        ["cfd", 1, "blank.jpg", "no face was found", "no_face"]
    ]


def test_pretraining_crops_carry_labels_and_subject(folder, listed, options):
    photos = listed(["blank.jpg", "plain.jpg"])
    labels = {name: [0, number % 2] for number, name in enumerate(AU_NAMES)}
    write_table(photos, read_table(photos).assign(subject=[7, 8], expression="", **labels))
    crops, _, _ = run_photos(folder, photos, options, source="pretrain")
    gather_pretrain_crops([crops], photos, folder / "pretrain.npz")
    arrays = load_arrays(folder / "pretrain.npz")
    assert arrays["labels"].tolist() == [[0, 1, 0, 1, 0, 1]]
    assert arrays["subject"].tolist() == [8]


def test_no_face_in_any_photo_is_an_error_with_a_remedy(folder, listed, options):
    photos = listed(["blank.jpg"])
    crops, table, _ = run_photos(folder, photos, options)
    with pytest.raises(FacetdsError, match=r"results/crop/rejected\.csv"):
        gather_faces(folder, [crops, table], photos)


def write_video(path, photo, count):
    """Write `count` frames of the photo; the third is blank."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 20, photo.shape[1::-1])
    for number in range(1, count + 1):
        shown = np.full_like(photo, 90) if number == 3 else np.roll(photo, number, axis=1)
        writer.write(np.ascontiguousarray(shown[:, :, ::-1]))
    writer.release()


def run_subject(folder, subject, options):
    out = [folder / f"{subject}{end}" for end in (".npz", ".csv", "-rejected.csv")]
    crop_subject(
        subject=subject, root=folder, subjects=folder / "subjects.csv",
        frames=folder / "frames.csv", crops=out[0], table=out[1], rejected=out[2], **options,
    )  # fmt: skip
    return load_arrays(out[0]), read_table(out[1]), read_table(out[2])


def test_chosen_frames_of_a_video_are_cropped_with_their_labels(
    tmp_path, photo, options, frame_table
):
    write_video(tmp_path / "video.avi", photo, 8)
    chosen = frame_table("SN001", [2, 3, 6, 12])
    write_table(tmp_path / "frames.csv", chosen)
    (tmp_path / "subjects.csv").write_text("subject,video\nSN001,video.avi\n")
    arrays, table, rejected = run_subject(tmp_path, "SN001", options)
    assert arrays["frame"].tolist() == [2, 6] == table["frame"].tolist()
    expected = chosen.set_index("frame").loc[[2, 6]]
    assert np.array_equal(arrays["intensities"], expected.iloc[:, 1:13])
    assert np.array_equal(arrays["labels"], expected.iloc[:, 13:])
    assert {name: array.dtype.name for name, array in arrays.items()} == {
        "frames": "uint8", "frame": "int32", "intensities": "uint8", "labels": "uint8",
        "landmarks": "float32", "left_out": "int32", "reason": arrays["reason"].dtype.name,
    }  # fmt: skip
    assert arrays["left_out"].tolist() == [3, 12]
    assert arrays["reason"].tolist() == ["no face was found", "the frame cannot be decoded"]
    # The face moves one pixel to the right in each frame: these are frames 2 and 6.
    matrix = table[["m00", "m01", "m02", "m10", "m11", "m12"]].to_numpy().reshape(-1, 2, 3)
    centres = [np.linalg.solve(m[:, :2], 31.5 - m[:, 2])[0] for m in matrix]
    assert centres[1] - centres[0] == pytest.approx(4, abs=1)
    assert rejected["item"].tolist() == ["SN001 frame 3", "SN001 frame 12"]
    assert rejected["reason"].tolist() == ["no face was found", "the frame cannot be decoded"]


def test_subject_that_was_set_aside_gets_empty_files(tmp_path, options, frame_table):
    write_table(tmp_path / "frames.csv", frame_table("SN001", [1]))
    (tmp_path / "subjects.csv").write_text("subject,video\nSN001,video.avi\n")
    arrays, table, rejected = run_subject(tmp_path, "SN002", options)
    assert arrays["frames"].shape == (0, 64, 64, 3)
    assert arrays["labels"].shape == (0, 6)
    assert arrays["intensities"].shape == (0, 12)
    assert len(table) == len(rejected) == 0


def test_video_that_disappeared_is_listed_frame_by_frame(tmp_path, options, frame_table):
    write_table(tmp_path / "frames.csv", frame_table("SN001", [1, 4]))
    (tmp_path / "subjects.csv").write_text("subject,video\nSN001,video.avi\n")
    _, _, rejected = run_subject(tmp_path, "SN001", options)
    assert rejected["reason"].str.contains("cannot be opened: No such file").tolist() == [True] * 2


def test_hidden_originals_are_drawn_as_lines_on_white(tmp_path, reference):
    crop = reference[0]
    arrays = {"images": crop.pixels[None], "landmarks": crop.landmarks[None]}
    frames = {"frames": crop.pixels[None], "landmarks": crop.landmarks[None]}
    write_arrays(tmp_path / "cfd.npz", **arrays)
    write_arrays(tmp_path / "SN001.npz", **frames)
    write_arrays(tmp_path / "SN002.npz", **{name: array[:0] for name, array in frames.items()})
    subjects = [tmp_path / "SN001.npz", tmp_path / "SN002.npz"]
    sheets = []
    for hidden in ([], ["cfd", "disfa"]):
        draw_crops(subjects, tmp_path / "cfd.npz", tmp_path / "cfd.npz", tmp_path / "a.png", hidden)
        sheets.append(read_image(tmp_path / "a.png"))
    # Without the bars of titles, the first tiles of the three sources.
    shown, hidden = (
        [sheet[start : start + 96, :96] for start in (24, 144, 264)] for sheet in sheets
    )
    for number in range(2):
        assert (hidden[number] == 255).all(axis=2).mean() > 0.7
        assert hidden[number].min() < 100
        assert (shown[number] == 255).all(axis=2).mean() < 0.3
    assert np.array_equal(shown[2], hidden[2])
