"""The ensemble of an arm as the rule builds it: one file, and what its members say together."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from facetds.aus import AU_NAMES
from facetds.errors import BadInput, FacetdsError
from facetds.fer.build_ensemble import build_ensemble
from facetds.fer.decisions import MEAN, VOTES, decide
from facetds.fer.ensemble_scores import CROSS_VALIDATED, SEEN, SINGLE
from facetds.fer.evaluation import SCORE_NAMES, measure_auc
from facetds.fer.measures import list_thresholds
from facetds.fer.runtime import start_keras
from facetds.files import digest, write_arrays, write_json
from facetds.tables import read_table, write_table

RUNTIME = start_keras("tensorflow", threads=1, seed=1)

import keras  # noqa: E402

from facetds.fer import arms, backbones, networks  # noqa: E402
from facetds.fer.model_files import read_model  # noqa: E402
from facetds.fer.training import predict  # noqa: E402

SIZE, FOLDS, SUBJECTS, FRAMES = 32, 3, 6, 12
CROP = {
    "crop_size": 64,
    "zoom": 0.85,
    "center_shift": 0.3,
    "detect_size": 240,
    "upsample": 1,
    "max_padded": 0.25,
}
WEIGHTS = Path("backbone.weights.h5")


def tiny_backbone(size):
    """Return a feature extractor small enough for a test."""
    images = keras.Input((size, size, 3))
    x = keras.layers.Rescaling(1 / 255)(images)
    x = keras.layers.Conv2D(8, 3, strides=2)(x)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Activation("relu")(x)
    return keras.Model(images, keras.layers.GlobalAveragePooling2D()(x))


@pytest.fixture(autouse=True)
def _workdir(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(backbones.BACKBONES, "tiny", tiny_backbone)


def lay_out(frozen, backbone="tiny"):
    """Write what the rule reads, of an arm whose members differ; return images and members' files.

    The dense layers, and of an arm whose backbone is trained the backbone too, are drawn anew for
    every fold: an ensemble that took the backbone of one fold for all would say something else.
    """
    options = arms.Options(
        backbone, SIZE, "pretrained", frozen, "bce", ("flip",), 1e-3, 1, 8, 1, 1, 1
    )
    extractor = backbones.build_backbone(backbone, SIZE)
    networks.save_weights(extractor, WEIGHTS)
    images = np.random.default_rng(0).integers(0, 256, (SUBJECTS * FRAMES, SIZE, SIZE, 3), np.uint8)
    inputs = predict(extractor, images, 8) if frozen else images
    labels = np.random.default_rng(1).integers(0, 2, (len(images), 6), np.uint8)
    subjects = np.repeat([f"SN{n:03d}" for n in range(SUBJECTS)], FRAMES)
    extra = {"mirrored": inputs} if frozen else {}
    write_arrays("disfa.npz", inputs=inputs, labels=labels, subject=subjects, **extra)
    table = pd.DataFrame({"fold": np.arange(len(images)) // (2 * FRAMES) + 1, "subject": subjects})
    table[list(AU_NAMES)] = labels
    classifier = arms.build_arm(options, WEIGHTS, inputs.shape[-1])
    files, scores = [], []
    for fold in range(1, FOLDS + 1):
        networks.draw_head(classifier.head, 1, fold)
        if not frozen:
            for weight in classifier.model.trainable_variables:
                weight.assign(weight * (1 + fold / 20))
        files.append(Path(f"fold-{fold:02d}.weights.h5"))
        networks.save_weights(classifier.model, files[-1])
        scores.append(predict(classifier.model, inputs, 8))
    table[list(SCORE_NAMES)] = np.choose(table["fold"].to_numpy()[:, None] - 1, scores)
    write_table("predictions.csv", table)
    write_table("thresholds.csv", list_thresholds(table).assign(arm="enhanced"))
    plan = [{"validation": ["SN000"], "training": ["SN001"]}] * FOLDS
    told = {"options": asdict(options), "early_stopping": "sound", "synthetic_images": 0}
    write_json("training.json", told | {"folds": plan, "inputs": {}, "runtime": RUNTIME})
    write_json("backbone.json", {"backbone": backbone, "weights": "random"})
    return images, files, np.stack(scores, axis=1)


def build(files, arm="enhanced"):
    """Run the rule's command; return the model, what it tells of itself, and the scores."""
    build_ensemble(
        files,
        Path("training.json"),
        Path("predictions.csv"),
        Path("thresholds.csv"),
        Path("disfa.npz"),
        WEIGHTS,
        Path("backbone.json"),
        arm,
        model=Path("ensemble.keras"),
        scores=Path("ensemble.csv"),
        bootstrap=100,
        threads=1,
        backend="tensorflow",
        seed=1,
        **CROP,
    )
    return *read_model(Path("ensemble.keras")), read_table("ensemble.csv")


@pytest.mark.parametrize("frozen", [True, False])
def test_one_file_holds_what_every_fold_learnt(frozen):
    images, files, scores = lay_out(frozen)
    model, about, table = build(files)
    assert model.output_shape == (None, FOLDS, 6)
    said = predict(model, images, 8)
    assert np.allclose(said, scores, atol=1e-6)
    assert np.ptp(scores, axis=1).max() > 0.01
    kernels = [weight for weight in model.weights if weight.path.endswith("conv2d/kernel")]
    # A frozen backbone is in the file once; one that every fold trained, as often as folds.
    assert len({keras.ops.convert_to_numpy(k).tobytes() for k in kernels}) == (
        1 if frozen else FOLDS
    )
    labels, limits = np.load("disfa.npz")["labels"], np.array(about["thresholds"])
    for rule in (MEAN, VOTES):
        made = decide(said, limits, rule)
        level = made.chances if rule == MEAN else made.votes
        rows = table[(table["set"] == SEEN) & (table["rule"] == rule)].set_index("au")
        for k, au in enumerate(AU_NAMES):
            expected = measure_auc(labels[:, k], level[:, k])
            assert rows.loc[au, "auc"] == pytest.approx(expected, abs=1e-6)
            hits = (made.labels[:, k] == 1) & (labels[:, k] == 1)
            f1 = 2 * hits.sum() / ((made.labels[:, k] == 1).sum() + labels[:, k].sum())
            assert rows.loc[au, "f1"] == pytest.approx(f1, abs=1e-6)
    assert set(table.loc[table["set"] == CROSS_VALIDATED, "rule"]) == {SINGLE}
    assert (table.loc[table["set"] == SEEN, "test"] == "no").all()
    assert (about["members"], about["crop"]["size"]) == (FOLDS, CROP["crop_size"])
    assert about["stamp"]["runtime"] == RUNTIME
    first = digest("ensemble.keras")
    build(files)
    assert digest("ensemble.keras") == first


def test_weights_of_another_arm_or_that_are_not_finite_are_refused():
    _, files, _ = lay_out(True)
    with pytest.raises(FacetdsError, match="no thresholds of 2 folds"):
        build(files[:2])
    with pytest.raises(FacetdsError, match="no thresholds of 3 folds for other"):
        build(files, "other")
    options = arms.Options(**json.loads(Path("training.json").read_text())["options"])
    model = arms.build_arm(options, WEIGHTS, 8).model
    model.layers[-1].bias.assign(np.full(6, np.nan))
    networks.save_weights(model, files[1])
    with pytest.raises(BadInput, match=r"fold-02\.weights\.h5: .* not finite"):
        build(files)
    networks.save_weights(arms.build_arm(options, WEIGHTS, 9).model, files[1])
    with pytest.raises(BadInput, match=r"fold-02\.weights\.h5 does not hold"):
        build(files)
