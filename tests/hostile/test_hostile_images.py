"""Hostile images and videos: refused by name, or read as what they show, in bounded memory."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from cases import outcome_of
from pictures import CONTENTS, JPEG, PIXELS, SECRET, SPECIAL, encode, film, write_all
from PIL import Image, ImageOps

from facetds.errors import BadInput
from facetds.files import digest
from facetds.foreign import count_frames, read_image, read_video
from facetds.gan.import_dataset import import_images
from facetds.images import encode_jpeg, encode_png
from facetds.shards import find_damage, read_shard
from facetds.tables import write_table

SOURCE = Path(__file__).parents[2] / "workflow_scripts"
NAMES = (*CONTENTS, *SPECIAL)
# Reads every file of a folder with 1 GiB more than the libraries take, and says what became of it.
READER = """
import json, resource, sys
from pathlib import Path
from facetds.errors import BadInput
from facetds.foreign import read_image
import cv2, PIL.Image
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2**30,) * 2)
said = {}
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        said[path.name] = ["read", read_image(path).tolist()]
    except BadInput as error:
        said[path.name] = [error.code, str(error)]
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("images")
    (root / "all").mkdir()
    write_all(root / "all")
    return root / "all"


@pytest.fixture(scope="module")
def read(folder, tmp_path_factory):
    """Return what became of every file, in a process with a Ghostscript that leaves a mark."""
    tools = tmp_path_factory.mktemp("tools")
    (tools / "gs").write_text(f"#!/bin/sh\ntouch '{tools}/canary'\n")
    (tools / "gs").chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", READER, folder],
        env={**os.environ, "PYTHONPATH": str(SOURCE), "PATH": f"{tools}:{os.environ['PATH']}"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert not (tools / "canary").exists()
    return json.loads(done.stdout)


def expected(name):
    """Return the pixels that a changed image is to become."""
    if name.startswith("H151"):
        exif = Image.Exif()
        exif[0x0112] = int(name.split()[2][:-4])
        picture = Image.fromarray(PIXELS)
        picture.getexif().update(exif)
        return np.asarray(ImageOps.exif_transpose(picture))
    if name.startswith("H153"):
        return np.full((24, 32, 3), 76)
    if name.startswith("H154"):
        mode = name.split()[1][:-4]
        return np.asarray(Image.fromarray(PIXELS).convert(mode).convert("RGB"))
    if name.startswith("H161"):
        return cv2.imdecode(np.frombuffer(JPEG, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    return PIXELS


@pytest.mark.parametrize("name", NAMES)
def test_an_image_is_refused_by_name_or_read_as_what_it_shows(name, folder, read):
    found, said = read[name]
    outcome = outcome_of(name)
    if outcome == "refused":
        assert found != "read"
        assert str(folder / name) in said
        assert "\n" not in said
        return
    assert (outcome, found) == ("changed", "read")
    # CMYK and JPEG round colours.
    near = 30 if name.startswith(("H152", "H161")) else 0
    assert np.abs(np.array(said) - expected(name).astype(int)).max() <= near


def test_what_is_written_again_tells_nothing_else(folder):
    for name in NAMES:
        if outcome_of(name) == "changed":
            pixels = read_image(folder / name)
            for content in (encode_png(pixels), encode_jpeg(pixels)):
                assert SECRET.encode() not in content
                assert b"Exif" not in content
                assert b"PK\x03\x04" not in content


def test_a_folder_of_them_is_imported_and_the_rest_is_listed(folder, tmp_path):
    square = encode("PNG", Image.fromarray(PIXELS[:24, :24]))
    (tmp_path / "set").mkdir()
    for name in NAMES:
        (tmp_path / "set" / name).symlink_to(folder / name)
    (tmp_path / "set/good.png").write_bytes(square)
    found = import_images(tmp_path / "set", 16)
    refused = {n for n in NAMES if outcome_of(n) == "refused" and not n.startswith("H160")}
    listed = {reject.item: reject for reject in found.rejects}
    assert refused <= set(listed)
    assert len(found.images) == 1
    # A folder is no file, and the rest is not square.
    assert len(listed) == len(NAMES) - 1
    assert all(reject.reason and reject.code for reject in found.rejects)


def test_other_readers_are_taken_in(folder):
    """Without this, the refusals could be of images that nobody would open anyway."""
    opened = set()
    for name in CONTENTS:
        if outcome_of(name) == "refused" and "400" not in name:
            with contextlib.suppress(cv2.error):
                opened |= {name[:4]} if cv2.imread(str(folder / name)) is not None else set()
    assert opened >= {"H142", "H146", "H155"}


@pytest.mark.hostile("H143")
def test_a_photo_whose_pixels_were_lost_differs_from_its_manifest(tmp_path):
    """Zeros inside a JPEG decode without complaint, so the digest alone tells."""
    folder = tmp_path / "batch-00000"
    folder.mkdir()
    path = folder / "9_000000.jpg"
    noise = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    path.write_bytes(encode_jpeg(noise))
    row = {"image": [path.name], "seed": [9], "sha256": [digest(path)]}
    write_table(tmp_path / "batch-00000.csv", pd.DataFrame(row))
    content = path.read_bytes()
    path.write_bytes(content[:4000] + bytes(400) + content[4400:])
    read_image(path)
    (entry,) = read_shard(tmp_path / "batch-00000.csv")
    assert entry.pixels is None
    assert "9_000000.jpg is not the file" in entry.problem
    assert find_damage(tmp_path / "batch-00000.csv") == ["9_000000.jpg is changed"]


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return film(tmp_path_factory.mktemp("video") / "v.avi")


def with_number(content, tag, place, number):
    """Return an AVI with one 32-bit number of a chunk replaced."""
    start = content.index(tag) + 8 + place
    return content[:start] + number.to_bytes(4, "little") + content[start + 4 :]


VIDEOS = {
    "H194 text": lambda whole: b"frame,intensity\n1,0\n",
    "H195 playlist m3u8": lambda whole: b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
    "H195 playlist concat": lambda whole: b"ffconcat version 1.0\nfile /etc/passwd\n",
    "H195 playlist of a video": lambda whole: b"ffconcat version 1.0\nfile other.avi\n",
    "H197 4 billion frames": lambda whole: with_number(
        with_number(whole, b"avih", 16, 2**32 - 1), b"strh", 32, 2**32 - 1
    ),
}


@pytest.mark.parametrize("name", VIDEOS)
def test_a_video_is_refused_by_name(name, video, tmp_path):
    path = tmp_path / "v.avi"
    (tmp_path / "other.avi").write_bytes(video)
    path.write_bytes(VIDEOS[name](video))
    for read in (count_frames, lambda path: list(read_video(path))):
        with pytest.raises(BadInput, match=r"v\.avi") as error:
            read(path)
        # What is no AVI is refused before FFmpeg sees it.
        assert error.value.code == ("too_large" if name.startswith("H197") else "not_a_video")
    assert outcome_of(name) == "refused"


def test_a_careless_reader_follows_a_playlist(video, tmp_path):
    """Without this, the refusals could be of lists that nobody would follow anyway."""
    (tmp_path / "other.avi").write_bytes(video)
    (tmp_path / "v.avi").write_bytes(VIDEOS["H195 playlist of a video"](video))
    assert cv2.VideoCapture(str(tmp_path / "v.avi"), cv2.CAP_FFMPEG).read()[0]


@pytest.mark.parametrize("name", ["H198 fifo", "H198 folder", "H198 dead link", "H198 empty"])
def test_what_is_no_file_is_no_video(name, tmp_path):
    path = tmp_path / "v.avi"
    makers = {"fifo": os.mkfifo, "folder": Path.mkdir, "empty": Path.touch,
              "dead link": lambda path: path.symlink_to(tmp_path / "nowhere")}  # fmt: skip
    makers[name[5:]](path)
    with pytest.raises(BadInput, match=r"v\.avi"):
        count_frames(path)


@pytest.mark.hostile("H199")
def test_frames_have_the_size_they_have_whatever_the_header_claims(video, tmp_path):
    path, claimed = tmp_path / "v.avi", video
    for place in (4, 8):
        claimed = with_number(claimed, b"strf", place, 60_000)
    path.write_bytes(claimed)
    frames = [frame for _, frame in read_video(path)]
    assert [frame.shape for frame in frames] == [(32, 48, 3)] * 12
    assert outcome_of("H199") == "harmless"


@pytest.mark.hostile("H196")
def test_half_a_video_gives_its_whole_frames(video, tmp_path):
    path = tmp_path / "v.avi"
    path.write_bytes(video)
    whole = dict(read_video(path))
    path.write_bytes(video[: len(video) * 2 // 3])
    half = dict(read_video(path))
    assert 0 < len(half) < len(whole) == 12
    for number, frame in list(half.items())[:-1]:
        np.testing.assert_array_equal(frame, whole[number])
