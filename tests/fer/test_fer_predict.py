"""The ensemble's file, what is refused as one, and prediction with it."""

import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from facetds.aus import AU_NAMES
from facetds.errors import BadInput, FacetdsError
from facetds.faces import PREDICTOR_SHA256
from facetds.fer.decisions import MEAN, UNDECIDED, VOTES, decide
from facetds.fer.runtime import start_keras
from facetds.foreign import frame_rate, read_image, read_video
from facetds.images import write_image
from facetds.tables import read_table

start_keras("tensorflow", threads=1, seed=1)

import keras  # noqa: E402

from facetds.fer.ensemble import join_members  # noqa: E402
from facetds.fer.model_files import ABOUT, CONFIG, WEIGHTS, read_model, write_model  # noqa: E402
from facetds.fer.prediction import (  # noqa: E402
    COLUMNS,
    Predictor,
    list_files,
    write_predictions,
)

SIDE, MEMBERS = 32, 3
ABOUT_MODEL = {
    "aus": list(AU_NAMES),
    "members": MEMBERS,
    "size": SIDE,
    "crop": {
        "size": 128,
        "zoom": 0.85,
        "center_shift": 0.3,
        "detect_size": 240,
        "upsample": 1,
        "max_padded": 0.25,
        "predictor_sha256": PREDICTOR_SHA256,
    },
    "thresholds": [[0.5] * 6] * 2 + [[None] + [0.5] * 5],
}


def small_model(outputs=6, extra=None):
    """Return an ensemble of tiny members, with one more layer if `extra` is given."""
    members = []
    for _ in range(MEMBERS):
        images = keras.Input((SIDE, SIDE, 3))
        x = keras.layers.Rescaling(1 / 255)(images)
        x = keras.layers.GlobalAveragePooling2D()(x if extra is None else extra(x))
        members.append(keras.Model(images, keras.layers.Dense(outputs, activation="sigmoid")(x)))
    return join_members(members)


@pytest.fixture
def file(tmp_path):
    """Return the file of a small ensemble."""
    write_model(tmp_path / "ensemble.keras", small_model(), ABOUT_MODEL)
    return tmp_path / "ensemble.keras"


def rewrite(file, name, change):
    """Change one member of a model's file."""
    with zipfile.ZipFile(file) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    parts[name] = change(parts[name])
    with zipfile.ZipFile(file, "w") as archive:
        for each, content in parts.items():
            archive.writestr(each, content)


def test_plain_keras_opens_the_file_and_gives_the_same(file):
    images = np.random.default_rng(0).integers(0, 256, (4, SIDE, SIDE, 3)).astype(np.uint8)
    plain = keras.models.load_model(file, safe_mode=True)
    ours, about = read_model(file)
    assert plain.output_shape == (None, MEMBERS, 6)
    assert np.array_equal(plain.predict_on_batch(images), ours.predict_on_batch(images))
    assert about == ABOUT_MODEL | {"format": 1}


def test_the_same_model_gives_the_same_bytes(file, tmp_path):
    write_model(tmp_path / "again.keras", read_model(file)[0], ABOUT_MODEL)
    first = file.read_bytes()
    write_model(file, read_model(file)[0], ABOUT_MODEL)
    assert first == file.read_bytes() == (tmp_path / "again.keras").read_bytes()


def test_lambda_is_refused(tmp_path):
    path = tmp_path / "lambda.keras"
    write_model(path, small_model(extra=keras.layers.Lambda(lambda x: x + 1)), ABOUT_MODEL)
    with pytest.raises(BadInput, match="Lambda"):
        read_model(path)


def test_custom_object_is_refused(tmp_path):
    @keras.saving.register_keras_serializable("theirs")
    class Own(keras.layers.Layer):
        def call(self, x):
            return x

    path = tmp_path / "own.keras"
    write_model(path, small_model(extra=Own()), ABOUT_MODEL)
    with pytest.raises(BadInput, match="custom object"):
        read_model(path)


def test_layer_of_another_module_is_refused(file):
    rewrite(file, CONFIG, lambda text: text.replace(b'"keras.layers"', b'"os"', 1))
    with pytest.raises(BadInput, match="custom object"):
        read_model(file)


def test_huge_layer_is_refused(file):
    rewrite(file, CONFIG, lambda text: text.replace(b'"units": 6', b'"units": 999999999', 1))
    with pytest.raises(BadInput, match="size 999,999,999"):
        read_model(file)


def test_weights_that_are_not_finite_are_refused(tmp_path):
    model = small_model()
    model.weights[-1].assign(np.full(6, np.nan))
    write_model(tmp_path / "nan.keras", model, ABOUT_MODEL)
    with pytest.raises(BadInput, match="not finite"):
        read_model(tmp_path / "nan.keras")


def test_other_outputs_are_refused(tmp_path):
    write_model(tmp_path / "five.keras", small_model(outputs=5), ABOUT_MODEL)
    with pytest.raises(BadInput, match=r"gives \(None, 3, 5\), not \(None, 3, 6\)"):
        read_model(tmp_path / "five.keras")


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_truncated_file_is_refused(file, share):
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    with pytest.raises(BadInput, match=r"refused.*Make the file anew"):
        read_model(file)


@pytest.mark.parametrize("name", [CONFIG, WEIGHTS, ABOUT])
def test_damaged_member_is_refused(file, name):
    rewrite(file, name, lambda content: content[: len(content) // 2])
    with pytest.raises(BadInput, match="refused"):
        read_model(file)


def test_missing_thresholds_are_refused(file):
    changed = json.dumps(ABOUT_MODEL | {"format": 1, "thresholds": [[0.5] * 6]}).encode()
    rewrite(file, ABOUT, lambda _: changed)
    with pytest.raises(BadInput, match="lacks thresholds"):
        read_model(file)


def test_missing_file_names_the_command(tmp_path):
    with pytest.raises(FacetdsError, match="snakemake"):
        read_model(tmp_path / "none.keras")


def test_members_decide_by_majority_or_by_their_mean():
    probabilities = np.zeros((1, 3, 6))
    probabilities[0, :, 0] = 0.6, 0.6, 0.0
    probabilities[0, :, 1] = 0.4, 0.4, 1.0
    thresholds = np.full((3, 6), 0.5)
    thresholds[:, 5] = np.nan
    by_votes, by_mean = (decide(probabilities, thresholds, rule) for rule in (VOTES, MEAN))
    assert by_votes.votes[0].tolist() == [2, 1, 0, 0, 0, 0]
    assert by_votes.labels[0].tolist() == [1, 0, 0, 0, 0, UNDECIDED]
    assert by_mean.labels[0].tolist() == [0, 1, 0, 0, 0, UNDECIDED]
    assert np.allclose(by_mean.chances[0, :2], (0.4, 0.6))


def test_prediction_lists_every_image_with_its_outcome(file, tmp_path):
    folder = tmp_path / "photos"
    write_image(folder / "=1+1.png", data.astronaut())
    write_image(folder / "empty.png", np.full((300, 300, 3), 90, np.uint8))
    (folder / "torn.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    out, overlay = tmp_path / "out.csv", tmp_path / "overlay"
    predictor = Predictor(*read_model(file), VOTES, None)
    counts = write_predictions([folder, folder / "empty.png"], predictor, out, overlay=overlay)
    table = read_table(out, COLUMNS)
    assert dict(counts) == {"face": 1, "no_face": 1, "broken": 1}
    assert table["outcome"].tolist() == ["face", "no_face", "broken"]
    assert table["P_AU12"].between(0, 1).tolist() == [True, False, False]
    assert table["votes_AU12"][0] in range(MEMBERS + 1)
    # Without a face, the picture says so; what cannot be read has none.
    drawn = sorted(path.name for path in overlay.iterdir())
    assert drawn == ["000000-=1+1.jpg", "000001-empty.jpg"]
    assert not [path for path in list_files([tmp_path], overlay) if path.parent == overlay]


def test_file_names_are_no_formulas(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_image("=1+1.png", np.full((300, 300, 3), 90, np.uint8))
    write_predictions(
        [Path("=1+1.png")], Predictor(*read_model(file), VOTES, None), Path("out.csv")
    )
    assert Path("out.csv").read_text(encoding="utf-8").splitlines()[1].startswith("'=1+1.png,")


def test_unknown_rule_and_nothing_to_look_at_are_said(file, tmp_path):
    network, about = read_model(file)
    with pytest.raises(FacetdsError, match="neither of votes, mean"):
        Predictor(network, about, "most", None)
    (tmp_path / "void").mkdir()
    with pytest.raises(FacetdsError, match=r"has no \.jpg"):
        write_predictions(
            [tmp_path / "void"], Predictor(network, about, MEAN, None), tmp_path / "o.csv"
        )


def make_film(path, pictures, code):
    """Write a video of pictures (uint8 H x W x 3, RGB)."""
    size = pictures[0].shape[1::-1]
    film = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*code), 10, size)
    for picture in pictures:
        film.write(picture[..., ::-1])
    film.release()


@pytest.mark.parametrize(("suffix", "code"), [(".avi", "MJPG"), (".mp4", "mp4v")])
def test_a_video_becomes_a_table_and_a_film_of_as_many_frames(
    suffix, code, file, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    video, out = Path(f"ein Fest{suffix}"), Path("Über sicht") / f"film{suffix}"
    face, empty = data.astronaut()[:300, 80:380], np.full((300, 300, 3), 90, np.uint8)
    make_film(video, [face, empty, empty, face, face], code)
    predictor = Predictor(*read_model(file), VOTES, None)
    write_predictions([video], predictor, Path("o.csv"), overlay=out)
    table = read_table("o.csv", COLUMNS)
    assert table["outcome"].tolist() == ["face", "no_face", "no_face", "face", "face"]
    assert table["frame"].tolist() == [1, 2, 3, 4, 5]
    assert table["time"].tolist() == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    frames = [frame for _, frame in read_video(out)]
    assert frame_rate(out) == pytest.approx(10)
    assert len(frames) == 5
    # The panel at the right tells more where there is a face, and the outline is drawn on it.
    ink = [(frame[:240, 300:].min(axis=2) < 160).sum() for frame in frames]
    assert min(ink[0], ink[3], ink[4]) > 2 * max(ink[1], ink[2]) > 0
    # Where there is no face, nothing is drawn; MPEG-4 keeps grey to a few levels.
    assert np.abs(frames[1][:, :290].astype(int) - 90).mean() < 10
    write_predictions([video], predictor, Path("o.csv"), every=2, overlay=out)
    assert frame_rate(out) == pytest.approx(5)
    assert sum(1 for _ in read_video(out)) == 3
    assert not list(tmp_path.rglob("*.tmp.*"))


def test_results_that_cannot_be_are_refused_before_anything_is_written(file, tmp_path):
    predictor = Predictor(*read_model(file), MEAN, None)
    photo, video = tmp_path / "a.png", tmp_path / "v.mp4"
    write_image(photo, np.full((64, 64, 3), 90, np.uint8))
    video.write_bytes(b"no video")
    before = photo.read_bytes()
    for inputs, overlay, words in (
        ([photo], tmp_path / "film.mp4", "needs one video"),
        ([video], tmp_path / "one.jpg", "needs one image"),
        ([photo], file, "is a file"),
        ([photo], photo, "is one of the inputs"),
    ):
        with pytest.raises(FacetdsError, match=words):
            write_predictions(inputs, predictor, tmp_path / "o.csv", overlay=overlay)
    with pytest.raises(FacetdsError, match="is one of the inputs"):
        write_predictions([photo], predictor, photo)
    assert not (tmp_path / "o.csv").exists()
    assert photo.read_bytes() == before
    # A video without a single frame is listed, and has no film.
    counts = write_predictions([video], predictor, tmp_path / "o.csv", overlay=tmp_path / "f.mp4")
    assert dict(counts) == {"not_a_video": 1}
    assert not (tmp_path / "f.mp4").exists()
    write_predictions([photo], predictor, tmp_path / "o.csv", overlay=tmp_path / "one.png")
    assert read_image(tmp_path / "one.png").shape[1] == 64 + 230
