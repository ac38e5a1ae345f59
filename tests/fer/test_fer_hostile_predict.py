"""Prediction on files of others: hostile pictures, videos, names, and models."""

import csv
import io
import json
import os
import random
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pictures
import pytest
import yaml
from cases import outcome_of
from fuzz import damage
from skimage import data

from facetds.aus import AU_NAMES
from facetds.errors import BadInput, FacetdsError
from facetds.faces import PREDICTOR_SHA256
from facetds.fer.decisions import VOTES
from facetds.fer.runtime import start_keras
from facetds.images import write_image

start_keras("tensorflow", threads=1, seed=1)

import keras  # noqa: E402

from facetds.fer.model_files import (  # noqa: E402
    ABOUT,
    CONFIG,
    CROP_RANGES,
    MAX_TEXT,
    WEIGHTS,
    read_model,
    write_model,
)
from facetds.fer.prediction import Predictor, write_predictions  # noqa: E402

SIDE = 8
SETTINGS = {"size": 64, "zoom": 0.85, "center_shift": 0.3, "detect_size": 240, "upsample": 1,
            "max_padded": 0.25, "predictor_sha256": PREDICTOR_SHA256}  # fmt: skip
ABOUT_MODEL = {"aus": list(AU_NAMES), "members": 1, "size": SIDE, "crop": SETTINGS,
               "thresholds": [[0.5] * 6]}  # fmt: skip
READABLE = ("face", "no_face", "cut_off", "padded", "haar_alone")
"""What becomes of images that can be read."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return the bytes of an ensemble's file."""
    images = keras.Input((SIDE, SIDE, 3))
    x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(images))
    x = keras.layers.Dense(6, activation="sigmoid", name="out")(x)
    path = tmp_path_factory.mktemp("whole") / "ensemble.keras"
    write_model(path, keras.Model(images, keras.layers.Reshape((1, 6))(x)), ABOUT_MODEL)
    return path.read_bytes()


@pytest.fixture
def file(whole, tmp_path):
    path = tmp_path / "ensemble.keras"
    path.write_bytes(whole)
    return path


@pytest.fixture
def predict(file, tmp_path):
    """Return a function that predicts on paths, and returns the outcomes by file name."""

    def predict(paths):
        predictor = Predictor(*read_model(file), VOTES, None)
        write_predictions(paths, predictor, tmp_path / "aus.csv", overlay=tmp_path / "overlay")
        with open(tmp_path / "aus.csv", encoding="utf-8", newline="") as table:
            rows = list(csv.DictReader(table))
        outcomes: dict[str, list[str]] = {}
        for row in rows:
            outcomes.setdefault(Path(row["file"]).name, []).append(row["outcome"])
        return outcomes

    return predict


@pytest.mark.hostile("H207")
def test_hostile_pictures_are_set_aside_and_the_others_used(predict, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    names = pictures.write_all(folder)
    write_image(folder / "good.png", data.astronaut())
    found = predict(sorted(folder.iterdir()))
    assert found.pop("good.png") == ["face"]
    assert found.keys() == {*names} - {"H160 folder.jpg"}
    for name, (outcome,) in found.items():
        assert (outcome in READABLE) == (outcome_of(name) != "refused"), name
    read = [name for name, (outcome,) in found.items() if outcome in READABLE]
    drawn = [path.stem[7:] for path in (tmp_path / "overlay").iterdir()]
    assert sorted(drawn) == sorted(["good", *(Path(name).stem for name in read)])


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return pictures.film(tmp_path_factory.mktemp("video") / "v.avi")


@pytest.mark.hostile("H208")
def test_hostile_videos_are_set_aside_and_of_half_a_one_its_frames_used(predict, video, tmp_path):
    folder = tmp_path / "videos"
    folder.mkdir()
    claims = bytearray(video)
    for tag, place in ((b"avih", 16), (b"strh", 32)):
        start = video.index(tag) + 8 + place
        claims[start : start + 4] = b"\xff" * 4
    (folder / "claims.avi").write_bytes(claims)
    (folder / "half.avi").write_bytes(video[: len(video) * 2 // 3])
    (folder / "list.avi").write_bytes(b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")
    (folder / "text.avi").write_bytes(b"frame,intensity\n1,0\n")
    (folder / "empty.avi").touch()
    os.mkfifo(folder / "pipe.avi")
    (folder / "dead.avi").symlink_to(tmp_path / "nowhere")
    (folder / "loop").symlink_to(folder)
    write_image(folder / "a.png", np.full((64, 64, 3), 90, np.uint8))
    found = predict([folder])
    half = found.pop("half.avi")
    assert len(half) == 12
    assert half[0] == "no_face"
    assert half[-1] == "broken"
    assert found == {
        "a.png": ["no_face"], "claims.avi": ["too_large"], "dead.avi": ["missing"],
        "empty.avi": ["not_a_video"], "list.avi": ["not_a_video"], "pipe.avi": ["not_a_file"],
        "text.avi": ["not_a_video"],
    }  # fmt: skip


@pytest.mark.hostile("H209")
def test_pictures_of_any_name_are_listed_and_drawn_in_the_folder(predict, tmp_path):
    folder = tmp_path / "photos"
    write_image(folder / "a.png", data.astronaut())
    face = (folder / "a.png").read_bytes()
    names = [b"=cmd|calc!A1.png", b"-rf.png", b"..png", b"a\nb,\"'.png", b"$(touch x).png",
             b"\xff\xfe.png", "\u202egnp.png".encode(), b"<img src=x>.png",
             "\u00fc".encode() * 125 + b".png"]  # fmt: skip
    for name in names:
        (folder / os.fsdecode(name)).write_bytes(face)
    before = set(tmp_path.iterdir()) | {tmp_path / "aus.csv", tmp_path / "overlay"}
    found = predict([folder])
    assert sum(map(len, found.values())) == len(names) + 1
    assert {outcome for outcomes in found.values() for outcome in outcomes} == {"face"}
    assert set(tmp_path.iterdir()) == before
    assert len(list((tmp_path / "overlay").iterdir())) == len(names) + 1
    assert len((tmp_path / "aus.csv").read_text(encoding="utf-8").splitlines()) == len(names) + 2


def rewrite(file, changed, kind=zipfile.ZIP_STORED):
    """Exchange or add members of a model's file."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w", kind) as archive:
        for name, content in {**parts, **changed}.items():
            archive.writestr(name, content)


def add_twice(file):
    rewrite(file, {ABOUT.upper(): b"{}"})


def add_bomb(file):
    rewrite(file, {CONFIG: b" " * MAX_TEXT}, zipfile.ZIP_DEFLATED)


ZIPS = {
    "out of the folder": (lambda f: rewrite(f, {"../canary": b"x"}), "leads out of its folder"),
    "absolute": (lambda f: rewrite(f, {"/canary": b"x"}), "leads out of its folder"),
    "twice": (add_twice, "comes twice"),
    "further": (lambda f: rewrite(f, {"assets/x.py": b"x"}), "does not belong in it"),
    "bomb": (add_bomb, "unpacks"),
    "large text": (lambda f: rewrite(f, {ABOUT: b" " * (MAX_TEXT + 1)}), "has more than"),
    "deep": (lambda f: rewrite(f, {CONFIG: b"[" * 100_000 + b"]" * 100_000}), "it is damaged"),
}


@pytest.mark.hostile("H210")
@pytest.mark.parametrize("case", ZIPS)
def test_a_models_zip_is_refused_before_anything_is_unpacked(case, file, tmp_path):
    change, reason = ZIPS[case]
    change(file)
    before = set(tmp_path.parent.rglob("*"))
    with pytest.raises(BadInput, match=rf"ensemble\.keras is refused: .*{reason}"):
        read_model(file)
    assert set(tmp_path.parent.rglob("*")) == before


def external(file, secret):
    file.create_dataset("x", (4, 3), "<f4", external=[(str(secret), 0, 48)])


def linked(file, _):
    file["x"] = h5py.ExternalLink("secret.h5", "x")


def endless(file, _):
    file.create_dataset("x", (10**6, 10**6), "<f4", chunks=(1000, 1000), compression="gzip")


@pytest.mark.hostile("H211")
@pytest.mark.parametrize("trick", [external, linked, endless])
def test_a_models_weights_lie_in_it_and_are_no_larger_than_it(trick, file, tmp_path):
    (tmp_path / "secret").write_bytes(bytes(48))
    with zipfile.ZipFile(file) as archive:
        inner = io.BytesIO(archive.read(WEIGHTS))
    with h5py.File(inner, "a") as weights:
        trick(weights, tmp_path / "secret")
    rewrite(file, {WEIGHTS: inner.getvalue()})
    with pytest.raises(BadInput, match=r"refused: .*(leads to another|in another|too large)"):
        read_model(file)


def test_a_model_of_damaged_bytes_is_taken_or_refused(file, whole):
    """The fuzzer's damage; the fuzzer itself has torch in its process."""
    rng, refused = random.Random(0), 0
    for _ in range(int(os.environ.get("INPUTS", "60"))):
        file.write_bytes(damage(whole, [whole], rng))
        try:
            read_model(file)
        except FacetdsError as error:
            assert "ensemble.keras is refused: " in str(error)  # noqa: PT017
            refused += 1
    assert refused > 30


WORDS = {
    "crop.size 1000000000": {"crop": SETTINGS | {"size": 10**9}},
    "crop.size '64'": {"crop": SETTINGS | {"size": "64"}},
    "crop.detect_size 10000000": {"crop": SETTINGS | {"detect_size": 10**7}},
    "crop.upsample 30": {"crop": SETTINGS | {"upsample": 30}},
    "crop.zoom nan": {"crop": SETTINGS | {"zoom": float("nan")}},
    "crop.max_padded None": {"crop": SETTINGS | {"max_padded": None}},
    "no crop": {"crop": [1]},
    "thresholds": {"thresholds": [[float("inf")] * 6]},
    "members": {"members": 10**9},
    "size": {"size": 10**9},
    "format": {"format": 2},
    "aus": {"aus": ["AU1", "=cmd"]},
}


@pytest.mark.hostile("H212")
@pytest.mark.parametrize("case", WORDS)
def test_what_a_model_says_of_itself_must_make_sense(case, file):
    rewrite(file, {ABOUT: json.dumps(ABOUT_MODEL | {"format": 1} | WORDS[case]).encode()})
    with pytest.raises(BadInput, match=r"ensemble\.keras is refused"):
        read_model(file)


def test_the_ranges_of_a_crop_are_those_of_the_config():
    schema = Path(__file__).parents[2] / "schemas/crop.schema.yaml"
    keys = yaml.safe_load(schema.read_text(encoding="utf-8"))["properties"]
    for key, (low, high) in CROP_RANGES.items():
        said = keys[key]
        assert (said.get("minimum", said.get("exclusiveMinimum")), said["maximum"]) == (low, high)
        assert (said["type"] == "integer") == isinstance(low, int)
