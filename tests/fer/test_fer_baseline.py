"""A person's neutral face as the baseline: chosen, subtracted, and shown to a siamese network."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from facetds.aus import AU_NAMES
from facetds.errors import BadInput, FacetdsError
from facetds.faces import PREDICTOR_SHA256
from facetds.fer import subject_baseline as baseline
from facetds.fer.evaluation import measure_auc
from facetds.fer.inputs import Part
from facetds.fer.results import read_arm
from facetds.fer.runtime import start_keras
from facetds.fer.stamps import describe_references
from facetds.fer.train_arm import train_arm
from facetds.files import write_arrays
from facetds.images import write_image
from facetds.tables import read_table, write_table

RUNTIME = start_keras("tensorflow", threads=1, seed=1)

import keras  # noqa: E402

from facetds.fer import arms, backbones, networks  # noqa: E402
from facetds.fer.ensemble import build_ensemble  # noqa: E402
from facetds.fer.model_files import read_model, write_model  # noqa: E402
from facetds.fer.prediction import Predictor, write_predictions  # noqa: E402
from facetds.fer.training import predict  # noqa: E402

SIZE, FEATURES, FRAMES = 16, 12, 10
SUBJECTS = [f"SN{n:03d}" for n in range(1, 37)]


def tiny_backbone(size):
    """Return a feature extractor small enough for a test."""
    images = keras.Input((size, size, 3))
    x = keras.layers.Rescaling(1 / 255)(images)
    x = keras.layers.Conv2D(6, 3, strides=2, activation="relu")(x)
    x = keras.layers.BatchNormalization()(x)
    return keras.Model(images, keras.layers.GlobalAveragePooling2D()(x))


@pytest.fixture
def _workdir(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(backbones.BACKBONES, "tiny", tiny_backbone)
    networks.save_weights(tiny_backbone(SIZE), Path("backbone.weights.h5"))


def draw_disfa(random, spread=3.0):
    """Return features in which an AU adds to one and the person, unrelated to AUs, to all."""
    labels = (random.random((len(SUBJECTS) * FRAMES, 6)) < 0.25).astype(np.uint8)
    labels[np.arange(len(labels)) % FRAMES < 3] = 0
    people = np.repeat(random.normal(0, spread, (len(SUBJECTS), FEATURES)), FRAMES, axis=0)
    inputs = people + np.tile(2.0 * labels, 2) + random.normal(0, 0.5, people.shape)
    return {
        "inputs": inputs.astype(np.float32),
        "mirrored": inputs.astype(np.float32),
        "labels": labels,
        "intensity": labels.sum(axis=1),
        "subject": np.repeat(SUBJECTS, FRAMES),
        "frame": np.tile(np.arange(1, FRAMES + 1), len(SUBJECTS)),
        "weights": np.array("same"),
    }


def draw_synthetic(random):
    labels = (random.random((24, 6)) < 0.3).astype(np.uint8)
    labels[:6] = 0
    inputs = np.tile(2.0 * labels, 2) + random.normal(0, 3, (24, FEATURES))
    inputs = inputs.astype(np.float32)
    return {
        "inputs": inputs, "mirrored": inputs, "labels": labels,
        "seed": np.repeat(np.arange(12), 2),
        "weights": np.array("same"),
    }  # fmt: skip


def train(out, **options):
    options = {
        "folds": 3, "early_stopping": "sound", "stopping_subjects": 1, "backbone": "tiny",
        "size": SIZE, "weights": "pretrained", "freeze_backbone": True, "loss": "bce",
        "augmentations": ["flip"], "learning_rate": 3e-3, "epochs": 25, "batch": 16, "patience": 9,
        "training_seeds": 1, "backend": "tensorflow", "threads": 1, "seed": 1,
        "reference_frames": 2, "synthetic": None,
    } | options  # fmt: skip
    files = {"disfa": Path("disfa.npz"), "backbone_weights": Path("backbone.weights.h5")}
    train_arm(**files, out=Path(out), state=Path("work", out), **options)
    result = read_arm(Path(out), 3, dict(np.load("disfa.npz")))
    return result.predictions, result


def mean_pooled_auc(table):
    return np.mean([measure_auc(table[au].to_numpy(), table[f"P_{au}"].to_numpy())
                    for au in AU_NAMES])  # fmt: skip


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_references_are_calm_frames_of_the_same_person_and_half_of_them_at_most(seed, count):
    random = np.random.default_rng(seed)
    disfa = {
        "subject": np.repeat(SUBJECTS, 8),
        "intensity": random.integers(0, 2, 288) * random.integers(1, 9, 288),
    }
    disfa["intensity"][disfa["subject"] == "SN003"] = [4, 3, 9, 2, 8, 5, 6, 7]
    disfa["references"] = baseline.choose_references(disfa, count, random)
    disfa["frame"] = np.tile(np.arange(1, 9), 36)
    assert (disfa["subject"][disfa["references"]] == disfa["subject"][:, None]).all()
    for name in SUBJECTS:
        calm = (disfa["subject"] == name) & (disfa["intensity"] == 0)
        chosen = baseline.select_references(disfa, [name])
        assert len(chosen) == max(1, min(count, (calm.sum() + 1) // 2))
        assert not calm.any() or calm[chosen].all()
        scored = baseline.select_scored(disfa, [name])
        assert sorted([*chosen, *scored]) == np.flatnonzero(disfa["subject"] == name).tolist()
    told = baseline.describe_references(disfa, count)
    assert told["frames"]["SN003"] == [4]
    assert "SN003" in told["never_neutral"]
    words = describe_references(told)
    assert "never neutral: SN" in words
    counts = {len(frames) for frames in told["frames"].values()}
    assert words.startswith(f"{min(counts)} to {max(counts)} frames" if len(counts) > 1 else "1 fr")
    assert (baseline.recall_references(disfa, told) == disfa["references"]).all()


def test_synthetic_images_get_their_seeds_neutral_face_or_that_of_other_seeds():
    synthetic = draw_synthetic(np.random.default_rng(0))
    synthetic["labels"][6:] |= np.eye(6, dtype=np.uint8)[0]
    chosen = baseline.choose_counterparts(synthetic, 3, np.random.default_rng(1))
    assert not synthetic["labels"][chosen].any()
    assert (synthetic["seed"][chosen[:6]] == synthetic["seed"][:6, None]).all()
    assert len(np.unique(chosen[6:])) > 3
    synthetic["labels"][:] = 1
    with pytest.raises(FacetdsError, match="neutral synthetic images, and the set has none"):
        baseline.choose_counterparts(synthetic, 3, np.random.default_rng(1))


@given(st.integers(0, 2**32 - 1))
def test_what_is_added_to_all_log_odds_of_a_person_is_taken_off_again(seed):
    random = np.random.default_rng(seed)
    disfa = draw_disfa(random)
    disfa["references"] = baseline.choose_references(disfa, 3, random)
    offsets = np.repeat(random.uniform(-6, 6, (len(SUBJECTS), 6)), FRAMES, axis=0)
    odds, rows = random.uniform(-6, 6, (len(offsets), 6)), np.arange(0, len(offsets), 3)

    def scores(log_odds):
        return baseline.score_subtracted(
            lambda z: 1 / (1 + np.exp(-z)), log_odds, rows, disfa["references"], np.zeros(6)
        )

    assert np.allclose(scores(odds), scores(odds + offsets), atol=1e-6)
    # By hand: the log-odds less the mean of those of the references.
    expected = odds[rows] - odds[disfa["references"][rows]].mean(axis=1)
    assert np.allclose(scores(odds), 1 / (1 + np.exp(-expected)), atol=1e-6)


def test_pairs_show_a_face_beside_a_reference_of_its_row_and_mirror_both():
    inputs = np.arange(6, dtype=np.float32)[:, None]
    labels = np.zeros((6, 6), np.uint8)
    references = np.array([[4, 5]] * 3 + [[1, 1]] * 3)
    first = Part(inputs, inputs + 100, labels, np.array([2, 3]))
    second = Part(inputs + 10, inputs + 110, labels, np.array([0]))
    pairs = baseline.Pairs([first, second], [references] * 2, np.random.default_rng(0))
    flips = np.array([False, True, True] * 20)
    shown, _ = pairs.take(np.tile([2, 1, 0], 20), flips)
    assert shown.shape == (60, 2)
    assert set(map(tuple, shown[0::3])) == {(10, 14), (10, 15)}
    assert set(map(tuple, shown[1::3])) == {(103, 101)}
    assert set(map(tuple, shown[2::3])) == {(102, 104), (102, 105)}
    assert pairs.gather().tolist() == [[2, 4], [3, 1], [10, 14]]


@pytest.mark.usefixtures("_workdir")
def test_both_ways_find_aus_that_the_person_hides_and_do_not_score_references():
    write_arrays("disfa.npz", **draw_disfa(np.random.default_rng(0)))
    write_arrays("selected.npz", **draw_synthetic(np.random.default_rng(1)))
    areas = {}
    for name in baseline.BASELINES:
        table, told = train(name, subject_baseline=name, synthetic=Path("selected.npz"))
        frames = told.training["references"] and told.training["references"]["frames"]
        if name == "none":
            assert frames is None
            plain = table
        else:
            hidden = pd.MultiIndex.from_frame(plain[["subject", "frame"]]).isin(
                [(who, frame) for who, own in frames.items() for frame in own]
            )
            assert len(table) == len(plain) - 2 * len(SUBJECTS) == (~hidden).sum()
            areas["plain"] = mean_pooled_auc(plain[~hidden])
        areas[name] = mean_pooled_auc(table)
        assert told.checks["reference_frames_not_predicted"] == (0 if name == "none" else 72)
    assert areas["subtract"] > areas["plain"] + 0.05
    assert areas["siamese"] > areas["plain"] + 0.05
    # Scores of a reference, which was not to be scored.
    for fold, part in plain.groupby("fold"):
        write_table(Path(f"siamese/fold-{fold:02d}/predictions.csv"), part.drop(columns="fold"))
    with pytest.raises(FacetdsError, match="72 frames are not both cropped and predicted"):
        read_arm(Path("siamese"), 3, dict(np.load("disfa.npz")))
    again, _ = train("again", subject_baseline="siamese", synthetic=Path("selected.npz"))
    assert again.equals(table)
    # Labels by a siamese model: synthetic faces are shown to it in pairs, too.
    weights = [Path(f"again/fold-{fold:02d}/model.weights.h5") for fold in (1, 2, 3)]
    _, told = train("labelled", subject_baseline="siamese", synthetic=Path("selected.npz"),
                    labellers=weights, epochs=1)  # fmt: skip
    assert [each["arm"] for each in told.training["labellers"]] == ["again"] * 3
    with pytest.raises(FacetdsError, match=r"fer\.subject_baseline mean is not known"):
        train("mean", subject_baseline="mean")


@pytest.mark.usefixtures("_workdir")
@pytest.mark.parametrize("name", ["subtract", "siamese"])
def test_all_weights_are_trained_on_images_against_references(name):
    random = np.random.default_rng(0)
    disfa = draw_disfa(random)
    del disfa["mirrored"]
    images = random.integers(0, 100, (len(disfa["labels"]), SIZE, SIZE, 3))
    disfa["inputs"] = (images + 100 * disfa["labels"][:, :1, None, None]).astype(np.uint8)
    write_arrays("disfa.npz", **disfa)
    table, _ = train(
        name, subject_baseline=name, freeze_backbone=False, weights="none",
        augmentations=["flip", "noise"], epochs=6, learning_rate=1e-2,
    )  # fmt: skip
    assert measure_auc(table["AU1"].to_numpy(), table["P_AU1"].to_numpy()) > 0.9


ABOUT = {
    "aus": list(AU_NAMES), "members": 2, "size": SIZE, "thresholds": [[0.5] * 6] * 2,
    "crop": {"size": 64, "zoom": 0.85, "center_shift": 0.3, "detect_size": 240, "upsample": 1,
             "max_padded": 0.25, "predictor_sha256": PREDICTOR_SHA256},
}  # fmt: skip


@pytest.mark.usefixtures("_workdir")
@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("name", ["subtract", "siamese"])
def test_the_ensemble_predicts_against_pictures_of_the_neutral_face(frozen, name):
    options = arms.Options(
        "tiny", SIZE, "pretrained", frozen, "bce", (), 1e-3, 1, 8, 1, 1, 1, name
    )  # fmt: skip
    weights = Path("backbone.weights.h5")
    classifier = arms.build_arm(options, weights, 6)
    files = []
    for fold in (1, 2):
        networks.draw_head(classifier.head, 1, fold)
        files.append(Path(f"{fold}.weights.h5"))
        networks.save_weights(classifier.model, files[-1])
    usual = [[0.0] * 6, [1.0] * 6]
    joined, trained = build_ensemble(options, weights, files)
    about = ABOUT | {"subject_baseline": name} | ({"usual": usual} if name == "subtract" else {})
    write_model(Path("e.keras"), joined, about)
    model, told = read_model(Path("e.keras"))
    with pytest.raises(FacetdsError, match="give pictures of it as --reference"):
        Predictor(model, told, "votes", None)
    write_image("empty.png", np.full((300, 300, 3), 90, np.uint8))
    with pytest.raises(FacetdsError, match=r"--reference empty\.png: .*give another picture"):
        Predictor(model, told, "votes", None, [Path("empty.png")])
    write_image("face.png", data.astronaut())
    write_image("dark.png", data.astronaut() // 2)
    asked = Predictor(model, told, "votes", None, [Path("face.png"), Path("dark.png")])
    faces = np.stack(asked.references)
    # By hand, from what the members say of features or images.
    inputs = predict(tiny_from(weights), faces, 8) if frozen else faces
    neutral = np.array([[0, 1]] * 2)
    expected = baseline.score(
        name, lambda x: predict(trained, x, 8), inputs, np.arange(2), neutral, np.array(usual)
    )
    assert np.allclose(asked.score(faces), expected, atol=1e-5)
    assert np.ptp(expected, axis=0).max() > 1e-3
    write_predictions([Path("face.png")], asked, Path("out.csv"))
    chance = read_table(Path("out.csv"))["P_AU1"][0]
    assert chance == pytest.approx(expected[0, :, 0].mean(), abs=1e-5)


def tiny_from(weights):
    backbone = tiny_backbone(SIZE)
    networks.load_weights(backbone, weights)
    return backbone


@pytest.mark.usefixtures("_workdir")
@pytest.mark.parametrize("change", [{"subject_baseline": "x"}, {"usual": [[99.0] * 6] * 2}, {}])
def test_files_of_other_baselines_are_refused(change):
    options = arms.Options("tiny", SIZE, "pretrained", False, "bce", (), 1e-3, 1, 8, 1, 1, 1)
    weights = Path("backbone.weights.h5")
    classifier = arms.build_arm(options, weights, 6)
    networks.save_weights(classifier.model, Path("1.weights.h5"))
    joined, _ = build_ensemble(options, weights, [Path("1.weights.h5")] * 2)
    write_model(Path("e.keras"), joined, ABOUT)
    model, told = read_model(Path("e.keras"))
    with pytest.raises(FacetdsError, match="leave out --reference"):
        Predictor(model, told, "votes", None, [Path("face.png")])
    write_model(Path("e.keras"), joined, ABOUT | {"subject_baseline": "subtract"} | change)
    with pytest.raises(BadInput, match=r"has the subject_baseline 'x'|lacks the usual scores"):
        read_model(Path("e.keras"))
    write_model(Path("e.keras"), joined, ABOUT | {"subject_baseline": "siamese"})
    with pytest.raises(BadInput, match=r"not \(None, 2, 16, 16, 3\)"):
        read_model(Path("e.keras"))
