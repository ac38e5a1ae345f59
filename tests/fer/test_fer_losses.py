"""Weighted losses, changes of training images, and stamps of what a result rests on."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetds.errors import FacetdsError
from facetds.fer.augmentation import AUGMENTATIONS, augment, check_augmentations
from facetds.fer.runtime import start_keras
from facetds.fer.stamps import describe_arm
from facetds.fer.weighting import LOSSES, MOST, check_loss, weigh_classes

start_keras("tensorflow", 1, 1)

from facetds.fer.losses import Loss  # noqa: E402 - Keras must have been started

FACE = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3)).astype(np.uint8)


@given(st.lists(st.integers(1, 99), min_size=6, max_size=6))
def test_balanced_classes_weigh_half_each(positives):
    table = weigh_classes(np.array(positives), 100, "balanced")
    capped = (table[["weight_positive", "weight_negative"]] == MOST).any(axis=1)
    share = table["positives"] * table["weight_positive"]
    whole = share + table["negatives"] * table["weight_negative"]
    assert np.allclose((share / whole)[~capped], 0.5)
    assert np.allclose(whole[~capped], 100)


def test_named_weights_by_hand():
    positives = np.array([50, 25, 20, 10, 1, 0])
    positive = weigh_classes(positives, 100, "positive")
    assert positive["weight_positive"].tolist() == [1, 3, 4, 9, MOST, MOST]
    assert (positive["weight_negative"] == 1).all()
    rate = weigh_classes(positives, 100, "rate")
    assert rate["weight_positive"].mean() == pytest.approx(1)
    assert rate["weight_positive"][1] / rate["weight_positive"][0] == pytest.approx(2)
    assert (rate["weight_positive"] == rate["weight_negative"]).all()
    assert (weigh_classes(positives, 100, "focal")["weight_positive"] == 1).all()
    with pytest.raises(FacetdsError, match=r"fer\.loss hinge is not known"):
        check_loss("hinge")


@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_their_formulas(name):
    random = np.random.default_rng(1)
    labels = random.integers(0, 2, (40, 6)).astype(np.float32)
    scores = random.uniform(0.01, 0.99, (40, 6)).astype(np.float32)
    loss = Loss(name)
    table = loss.fit(labels)
    up, down = (table[f"weight_{side}"].to_numpy() for side in ("positive", "negative"))
    a, b = {"focal": (2, 2), "asymmetric": (0, 1)}.get(name, (0, 0))
    expected = -(
        up * labels * (1 - scores) ** a * np.log(scores)
        + down * (1 - labels) * scores**b * np.log(1 - scores)
    ).sum(axis=1)
    assert np.allclose(np.asarray(loss.function()(labels, scores)), expected, rtol=1e-4)


@pytest.mark.parametrize("name", AUGMENTATIONS[1:])
def test_each_change_changes_half_of_the_images_and_repeats(name):
    images = np.repeat(FACE, 60, axis=0)
    once = augment(images, [name], np.random.default_rng(3))
    assert np.array_equal(once, augment(images, [name], np.random.default_rng(3)))
    assert (once.dtype, once.shape) == (np.uint8, images.shape)
    changed = (once != images).any(axis=(1, 2, 3)).mean()
    assert 0.3 < changed < 0.7
    if name == "grayscale":
        grey = once[(once != images).any(axis=(1, 2, 3))]
        assert (grey == grey[..., :1]).all()


def test_no_change_asked_for_no_change_made():
    assert np.array_equal(augment(FACE, ["flip"], np.random.default_rng(0)), FACE)
    with pytest.raises(FacetdsError, match=r"fer\.augmentations has warp"):
        check_augmentations(["flip", "warp"])


def test_a_stamp_tells_settings_apart_and_arms_not():
    training = {
        "early_stopping": "sound",
        "folds": [1, 2],
        "inputs": {"backbone.weights.h5": "ab", "disfa.npz": "cd"},
        "options": dict.fromkeys(
            ("backbone", "size", "weights", "freeze_backbone", "loss", "learning_rate", "epochs",
             "batch", "patience", "training_seeds", "seed"), 1
        ) | {"augmentations": ["flip"]},
        "runtime": {"threads": 1, "onednn": "0"},
        "synthetic_images": 0,
        "synthetic_labels": "none",
    }  # fmt: skip
    row = describe_arm("original", training)
    assert row["backbone_sha256"] == "ab"
    assert row["inputs_sha256"] == "disfa.npz:cd"
    assert describe_arm("other", training)["stamp"] == row["stamp"]
    changed = json.loads(json.dumps(training))
    changed["options"]["loss"] = "balanced"
    assert describe_arm("original", changed)["stamp"] != row["stamp"]
