"""What the classifier refuses before it starts."""

from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest
import yaml

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.fer import inputs
from facetds.fer.evaluate_arms import evaluate_arms
from facetds.fer.extract_disfa_features import extract_disfa_features
from facetds.fer.train_arm import train_arm
from facetds.files import digest
from facetds.images import write_image

ROOT = Path(__file__).parents[2]
OPTIONS = {
    "folds": 2,
    "early_stopping": "sound",
    "stopping_subjects": 1,
    "backbone": "efficientnet-b0",
    "size": 32,
    "weights": "pretrained",
    "freeze_backbone": True,
    "loss": "bce",
    "augmentations": ["flip"],
    "learning_rate": 1e-3,
    "epochs": 1,
    "batch": 4,
    "patience": 1,
    "training_seeds": 1,
    "backend": "tensorflow",
    "threads": 1,
    "seed": 1,
}


@pytest.fixture
def workdir(tmp_path, monkeypatch):
    """Return a folder with one batch of four images, annotated."""
    monkeypatch.chdir(tmp_path)
    names = [f"{n}_{n:06d}.jpg" for n in range(4)]
    for n, name in enumerate(names):
        write_image(f"batch-00000/{name}", np.full((16, 16, 3), 50 * n, np.uint8))
    table = pd.DataFrame({"image": names, "seed": range(4)})
    sums = [digest(f"batch-00000/{name}") for name in names]
    table.assign(sha256=sums).to_csv("batch-00000.csv", index=False)
    table = table.assign(batch=0, path=[f"batch-00000/{name}" for name in names])
    table[list(AU_NAMES)] = np.eye(6, dtype=np.uint8)[:4]
    table.to_csv("set.csv", index=False)
    np.save("set.npy", np.eye(6, dtype=np.uint8)[:4])
    return tmp_path


def read_set():
    return inputs.read_set(Path("set.npy"), Path("set.csv"), 8)


def test_images_that_are_not_the_promised_ones_are_listed_with_the_reason(workdir):
    write_image("batch-00000/1_000001.jpg", np.zeros((16, 16, 3), np.uint8))
    Path("batch-00000/2_000002.jpg").write_bytes(b"")
    images, table, rejected = read_set()
    assert images.shape == (2, 8, 8, 3)
    assert [int(image.mean()) for image in images] == [0, 150]
    assert table["seed"].tolist() == [0, 3]
    assert rejected["item"].tolist() == ["1_000001.jpg", "2_000002.jpg"]
    assert rejected["reason"].str.contains("is not the file|is empty").all()


def test_a_set_without_a_usable_image_is_refused(workdir):
    for path in Path("batch-00000").iterdir():
        path.unlink()
    with pytest.raises(FacetdsError, match="empty set"):
        read_set()


def test_labels_that_differ_from_their_table_are_refused(workdir):
    np.save("set.npy", np.eye(6, dtype=np.uint8)[[1, 0, 2, 3]])
    with pytest.raises(FacetdsError, match="differ in their labels"):
        read_set()


def test_columns_are_joined_by_name(workdir):
    table = pd.read_csv("set.csv")
    table[[*table.columns[:4], *reversed(AU_NAMES)]].to_csv("set.csv", index=False)
    _, listed, _ = read_set()
    assert (listed[list(AU_NAMES)].to_numpy() == np.load("set.npy")).all()


def test_labels_other_than_0_and_1_are_refused(workdir):
    labels = np.load("set.npy")
    labels[2, 4] = 2
    table = pd.read_csv("set.csv")
    table[list(AU_NAMES)] = labels
    table.to_csv("set.csv", index=False)
    np.save("set.npy", labels)
    with pytest.raises(FacetdsError, match="row 2: AU12 is 2"):
        read_set()


def test_a_subject_without_crops_is_refused(workdir):
    empty = np.zeros((0, 16, 16, 3), np.uint8)
    np.savez("SN001.npz", frames=empty, labels=np.zeros((0, 6), np.uint8))
    with pytest.raises(FacetdsError, match=r"SN001.npz holds no images.*dropped_subjects"):
        inputs.read_crops(Path("SN001.npz"), "frames", 8)
    with pytest.raises(FacetdsError, match="does not exist"):
        inputs.read_crops(Path("SN002.npz"), "frames", 8)
    np.savez("SN003.npz", frames=empty)
    with pytest.raises(FacetdsError, match="lacks intensities, labels"):
        inputs.read_crops(Path("SN003.npz"), "frames", 8, "intensities")


def save_features(**changes):
    arrays = {
        "inputs": np.ones((8, 3), np.float32),
        "mirrored": np.ones((8, 3), np.float32),
        "labels": np.zeros((8, 6), np.uint8),
        "subject": np.repeat(["a", "b", "c", "d"], 2),
        "frame": np.arange(8),
        "weights": np.array("x"),
    }
    np.savez("disfa.npz", **arrays | changes)


def train(synthetic=None, **options):
    train_arm(
        Path("disfa.npz"),
        Path("b.weights.h5"),
        out=Path("out"),
        state=Path("state"),
        synthetic=synthetic,
        **OPTIONS | options,
    )


@pytest.mark.parametrize("name", ["inputs", "mirrored"])
def test_features_that_are_not_finite_are_refused(workdir, name):
    spoiled = np.ones((8, 3), np.float32)
    spoiled[5, 1] = np.nan
    save_features(**{name: spoiled})
    with pytest.raises(FacetdsError, match="row 5: a feature is not finite"):
        train()


def test_random_weights_and_a_rate_for_fine_tuning_are_refused(workdir):
    with pytest.raises(FacetdsError, match="random weights would learn nothing"):
        train(weights="none", learning_rate=1e-6)


def test_features_of_two_backbones_or_of_the_other_kind_are_refused(workdir):
    save_features(weights=np.array("y"))
    Path("disfa.npz").rename("selected.npz")
    save_features()
    with pytest.raises(FacetdsError, match="several backbones"):
        train(Path("selected.npz"))
    with pytest.raises(FacetdsError, match="freeze_backbone: true"):
        train(freeze_backbone=False)


def test_an_empty_synthetic_set_and_labels_outside_0_and_1_are_refused_before_training(workdir):
    empty = np.ones((0, 3), np.float32)
    nothing = {"inputs": empty, "mirrored": empty, "labels": np.zeros((0, 6), np.uint8)}
    save_features(**nothing, seed=np.zeros(0, np.int64))
    Path("disfa.npz").rename("selected.npz")
    save_features()
    with pytest.raises(FacetdsError, match=r"selected.npz holds no images.*results/select"):
        train(Path("selected.npz"))
    save_features(labels=np.full((8, 6), 2, np.uint8), seed=np.arange(8))
    Path("disfa.npz").rename("selected.npz")
    save_features()
    with pytest.raises(FacetdsError, match=r"selected.npz, row 0: AU1 is 2, but a label is 0 or 1"):
        train(Path("selected.npz"))


def test_a_subject_given_twice_is_refused(workdir):
    with pytest.raises(FacetdsError, match="given twice"):
        extract_disfa_features(
            [Path("a/SN001.npz"), Path("b/SN001.npz")],
            Path("b.weights.h5"),
            Path("out.npz"),
            "efficientnet-b0",
            size=32,
            freeze_backbone=True,
            batch=4,
            backend="tensorflow",
            threads=1,
            seed=1,
        )


def test_a_contrast_of_unknown_arms_is_refused(workdir):
    with pytest.raises(FacetdsError, match=r"fer\.main_contrast"):
        evaluate_arms(Path("."), Path("x.npz"), ["a", "b"], ["a", "c"], 2, 100, 0.01, 1)


def config(**changes):
    values = yaml.safe_load((ROOT / "config.yaml").read_text())["fer"]
    return values | changes


def test_the_schema_takes_the_defaults_and_refuses_what_cannot_train():
    schema = yaml.safe_load((ROOT / "schemas/fer.schema.yaml").read_text())
    check = jsonschema.Draft202012Validator(schema)
    assert check.is_valid(config())
    assert check.is_valid(config(stages=[]))
    assert not check.is_valid(config(stages=[], learning_rate=1e-6))
    assert check.is_valid(config(learning_rate=1e-6))
    assert not check.is_valid(config(weights="file"))
    assert check.is_valid(config(weights="file", weights_file="b0.h5", learning_rate=1e-6))
    arms = config()["arms"]
    assert check.is_valid(config(arms=arms | {"few": {"set": "random", "images": 100}}))
    for wrong in ({"set": "everything"}, {"labels": "seed"}, {"set": "random", "images": 0.5}):
        assert not check.is_valid(config(arms=arms | {"other": wrong}))
    assert not check.is_valid(config(arms=arms | {"curve_other": {"set": "random"}}))
