"""Stages of pre-training: expressions, BYOL, and one after another."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facetds.errors import FacetdsError
from facetds.fer.crops import Images, read_pretraining
from facetds.fer.gather_backbone import gather_backbone
from facetds.fer.pretrain_backbone import pretrain_backbone
from facetds.fer.runtime import start_keras
from facetds.files import digest, write_arrays
from facetds.images import resize

start_keras("tensorflow", threads=1, seed=1)

import keras  # noqa: E402

from facetds.fer import backbones, byol, networks, pretraining, views  # noqa: E402

SIZE = 32
OPTIONS = {
    "backbone": "tiny",
    "size": SIZE,
    "pretrain_held_out": 0.25,
    "batch": 32,
    "backend": "tensorflow",
    "threads": 1,
    "seed": 1,
}
EXPRESSIONS = np.array(["anger", "happiness", "neutral"])


@pytest.fixture(autouse=True)
def _workdir(tmp_path, monkeypatch, tiny_backbone):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(backbones.BACKBONES, "tiny", tiny_backbone)


@pytest.fixture(scope="module")
def crops(tmp_path_factory):
    """Return crops of 16 people, whose stripes tell an expression and an AU; one is rare."""
    random = np.random.default_rng(0)
    count, size = 320, 40
    expression = random.choice(3, count, p=[0.1, 0.3, 0.6])
    rows, columns = np.mgrid[:size, :size]
    waves = np.stack([0 * rows, 50 * np.sin(rows * 1.2), 50 * np.sin(columns * 1.2)])
    pictures = 120 + waves[expression][..., None] + random.normal(0, 12, (count, size, size, 3))
    labels = np.zeros((count, 6), np.uint8)
    labels[:, 4] = expression == 1
    path = tmp_path_factory.mktemp("crops") / "pretrain.npz"
    write_arrays(
        path,
        images=np.clip(pictures, 0, 255).astype(np.uint8),
        labels=labels,
        subject=np.arange(count) // 20,
        expression=EXPRESSIONS[expression],
    )
    return path


def learn(crops, name, task, start=None, **options):
    """Run a stage; return its weights and its report."""
    out, report = Path(f"{name}.weights.h5"), Path(f"{name}.json")
    stage = {"epochs": 4, "learning_rate": 3e-3} | options
    pretrain_backbone(crops, out, report, task, start=start, **OPTIONS | stage)
    return out, json.loads(report.read_text())


def test_stages_go_on_from_one_another_and_say_so(crops):
    first, told = learn(crops, "first", "expressions", epochs=8)
    assert told["held_out_balanced_accuracy"] > 0.8
    assert set(told["held_out_auc"]) == {*EXPRESSIONS, "mean"}
    assert told["held_out_auc"]["mean"] > 0.9
    assert (told["split"], len(told["held_out_subjects"])) == ("subject", 4)
    assert told["start"] is None
    second, told = learn(crops, "second", "aus", start=first, learning_rate=1e-6, epochs=1)
    assert told["start"] == digest(first)
    before, after = (backbones.build_backbone("tiny", SIZE) for _ in range(2))
    networks.load_weights(before, first)
    networks.load_weights(after, second)
    for old, new in zip(before.get_weights(), after.get_weights(), strict=True):
        # What a stage starts from is what the one before ended with, moved by 7 steps of 1e-6.
        assert np.allclose(old, new, atol=2e-5)
    gather_backbone([first, second], Path("backbone.weights.h5"), Path("backbone.json"))
    chain = json.loads(Path("backbone.json").read_text())
    assert chain["weights"] == "random, first, second"
    assert [stage["task"] for stage in chain["stages"]] == ["expressions", "aus"]
    assert chain["sha256"] == digest("backbone.weights.h5") == digest(second)
    with pytest.raises(FacetdsError, match="did not start from"):
        gather_backbone([second, first], Path("a.weights.h5"), Path("a.json"))


def test_a_stage_is_the_same_again(crops):
    (first, _), (again, _) = (learn(crops, name, "byol", epochs=1) for name in ("one", "two"))
    assert digest(first) == digest(again)


def test_what_cannot_train_is_refused_before_it_starts(crops):
    with pytest.raises(FacetdsError, match="cannot train random weights"):
        learn(crops, "slow", "aus", learning_rate=1e-6)
    arrays = dict(np.load(crops))
    write_arrays("none.npz", **arrays | {"expression": np.full(len(arrays["labels"]), "")})
    with pytest.raises(FacetdsError, match="take aus"):
        learn(Path("none.npz"), "none", "expressions")
    write_arrays("one.npz", **arrays | {"subject": 0 * arrays["subject"]})
    with pytest.raises(FacetdsError, match="several identities"):
        learn(Path("one.npz"), "one", "aus")


def test_images_of_nameless_people_are_split_by_image(crops):
    arrays = dict(np.load(crops))
    write_arrays("images.npz", **arrays | {"subject": np.arange(len(arrays["labels"]))})
    _, told = learn(Path("images.npz"), "images", "aus", epochs=1)
    assert told["split"] == "image"
    assert told["held_out_subjects"] == []
    assert told["held_out_images"] == 80


def test_images_are_resized_where_they_are_taken(crops):
    images, _ = read_pretraining(crops, SIZE)
    stored = np.load(crops)["images"]
    assert images.shape == (320, SIZE, SIZE, 3)
    rows = np.array([7, 300, 7])
    assert (images[rows] == [resize(stored[row], SIZE) for row in rows]).all()
    part = images.part(np.array([5, 6, 9]))
    assert (part[1:9] == images[np.array([6, 9])]).all()
    assert part[np.array([], int)].shape == (0, SIZE, SIZE, 3)
    assert len(Images(stored, SIZE, rows)) == 3


def test_rare_classes_are_shown_as_often_as_others():
    classes = np.repeat([0, 1, 2], [20, 300, 2680])
    rows = pretraining.balance_classes(classes, np.random.default_rng(0))
    assert len(rows) == 3000
    assert np.allclose(np.bincount(classes[rows]) / 1000, 1, atol=0.1)


@pytest.mark.parametrize("task", ["byol", "byol-classes"])
def test_byol_learns_without_collapse(crops, task):
    _, told = learn(crops, "byol", task, epochs=7, learning_rate=1e-2)
    assert told["losses"][-1] < 0.8 * told["losses"][0]
    assert told["spreads"][-1] > 4 * byol.LEAST_SPREAD
    assert told["probe_auc"]["AU12"] > 0.9
    assert told["probe_auc"]["AU1"] is None


def test_collapse_is_an_error(crops, monkeypatch):
    monkeypatch.setattr(byol, "LEAST_SPREAD", 1.5)
    # Too few steps for the running statistics that projections are looked at with.
    learn(crops, "byol", "byol", epochs=2)
    with pytest.raises(FacetdsError, match=r"collapsed .* in epoch \d"):
        learn(crops, "byol", "byol", epochs=8)


def test_the_target_follows_and_is_not_trained(tiny_backbone):
    model, _, pairs = byol.build_byol(tiny_backbone(SIZE))
    # 2 convolutions, 2 normalisations; projector and predictor: 2 dense layers, 1 normalisation.
    assert len(pairs) == 4 + 4 + 6
    assert len(model.trainable_variables) == len(pairs) + 6
    trained = {id(variable) for variable in model.trainable_variables}
    assert all(id(ours) in trained and id(theirs) not in trained for theirs, ours in pairs)
    networks.compile_model(model, 1e-2, byol.byol_loss)
    before = [keras.ops.convert_to_numpy(theirs) for theirs, _ in pairs]
    pixels = np.random.default_rng(0).integers(0, 256, (8, SIZE, SIZE, 3), np.uint8)
    model.train_on_batch(pixels, np.zeros((8, 1, 1), np.float32))
    after = [keras.ops.convert_to_numpy(theirs) for theirs, _ in pairs]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    ours = [keras.ops.convert_to_numpy(mine) for _, mine in pairs]
    assert any(not np.array_equal(a, b) for a, b in zip(before, ours, strict=True))
    byol.follow(pairs, 0.9)
    for old, mine, (theirs, _) in zip(before, ours, pairs, strict=True):
        assert np.allclose(theirs, 0.9 * old + 0.1 * mine, atol=1e-6)


def test_the_loss_is_that_of_the_paper_both_ways():
    random = np.random.default_rng(0)
    predicted, aimed = random.normal(size=(2, 6, 5)).astype(np.float32)
    got = byol.byol_loss(None, keras.ops.array(np.stack([predicted, aimed], axis=1)))
    norm = lambda x: x / np.linalg.norm(x, axis=1, keepdims=True)  # noqa: E731
    one_way = ((norm(predicted[:3]) - norm(aimed[3:])) ** 2).sum(axis=1)
    other_way = ((norm(predicted[3:]) - norm(aimed[:3])) ** 2).sum(axis=1)
    assert np.mean(got) == pytest.approx((one_way + other_way).mean(), rel=1e-5)


def test_the_share_that_the_target_keeps_rises_to_1():
    shares = [byol.share_at(step, 100) for step in range(101)]
    assert shares[0] == pytest.approx(byol.FIRST_SHARE)
    assert shares[-1] == pytest.approx(1)
    assert (np.diff(shares) >= 0).all()


def test_spread_is_1_for_even_directions_and_0_for_one():
    random = np.random.default_rng(0)
    assert byol.measure_spread(random.normal(size=(4000, 16))) == pytest.approx(1, abs=0.02)
    assert byol.measure_spread(np.ones((10, 16)) * np.arange(1, 11)[:, None]) < 1e-6


@given(classes=st.lists(st.integers(0, 4), min_size=2, max_size=40), seed=st.integers(0, 9))
@settings(max_examples=50, deadline=None)
def test_partners_are_others_of_the_same_class(classes, seed):
    classes, random = np.array(classes), np.random.default_rng(seed)
    rows = random.permutation(len(classes))[: len(classes) // 2 + 1]
    partners = byol.find_partners(rows, classes, random)
    assert set(partners) <= set(rows)
    assert (classes[partners] == classes[rows]).all()
    alone = np.bincount(classes[rows], minlength=5)[classes[rows]] == 1
    assert ((partners == rows) == alone).all()


def test_views_keep_most_of_the_face_and_differ():
    random = np.random.default_rng(0)
    rows, columns = np.mgrid[:64, :64]
    image = np.stack([4 * rows, 4 * columns, 0 * rows], axis=2).clip(0, 255).astype(np.uint8)
    moved = [views.move(image, random) for _ in range(200)]
    reds = [np.ptp(view[10:54, 32, 0].astype(int)) for view in moved]
    # 43 rows between these pixels, of 0.775 to 1 rows of the image each, hardly tilted.
    assert min(reds) > 43 * 4 * 0.774 * np.cos(np.deg2rad(10)) - 6
    assert max(reds) <= 43 * 4
    mirrored = [view[32, 0, 1] > view[32, -1, 1] for view in moved]
    assert 0.35 < np.mean(mirrored) < 0.65
    pairs = [views.draw_views(image[None], second, random) for second in (False, True)]
    assert all(view.shape == (1, 64, 64, 3) and view.dtype == np.uint8 for view in pairs)
    assert not np.array_equal(*pairs)
