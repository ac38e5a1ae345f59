"""The classifier, trained on small pictures whose stripes tell the labels."""

import hashlib
import json
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from facetds.aus import AU_NAMES
from facetds.errors import BadInput, FacetdsError
from facetds.fer import inputs
from facetds.fer.evaluate_arms import evaluate_arms
from facetds.fer.extract_disfa_features import extract_disfa_features
from facetds.fer.extract_set_features import extract_set_features
from facetds.fer.measures import choose_threshold
from facetds.fer.pretrain_backbone import pretrain_backbone
from facetds.fer.runtime import start_keras
from facetds.fer.train_arm import train_arm
from facetds.files import digest
from facetds.foreign import load_arrays
from facetds.images import write_image

RUNTIME = start_keras("tensorflow", threads=1, seed=1)

import keras  # noqa: E402

from facetds.fer import arms, backbones, networks, training  # noqa: E402
from facetds.fer.folds import plan_folds  # noqa: E402

SIZE = 32
COMMON = {
    "backbone": "tiny",
    "size": SIZE,
    "batch": 16,
    "backend": "tensorflow",
    "threads": 1,
    "seed": 1,
}
TRAINING = COMMON | {
    "folds": 3,
    "early_stopping": "sound",
    "stopping_subjects": 1,
    "weights": "pretrained",
    "freeze_backbone": True,
    "loss": "bce",
    "augmentations": ["flip"],
    "learning_rate": 3e-3,
    "epochs": 12,
    "patience": 4,
    "training_seeds": 2,
}


def draw(labels, random, size=SIZE):
    """Return pictures (uint8) with stripes, across or down, in each channel where an AU is."""
    rows, columns = np.mgrid[:size, :size]
    waves = [60 * np.sin(rows * 1.5), 60 * np.sin(columns * 1.5)]
    pictures = np.full((len(labels), size, size, 3), 120.0)
    for k in range(6):
        pictures[..., k % 3] += labels[:, k, None, None] * waves[k // 3]
    return np.clip(pictures + random.normal(0, 10, pictures.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def study(tmp_path_factory, tiny_backbone):
    """Return a folder with crops, two synthetic sets, a backbone, features and two arms."""
    root = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setitem(backbones.BACKBONES, "tiny", tiny_backbone)
        make_inputs(np.random.default_rng(0))
        pretrain_backbone(
            Path("pretrain.npz"),
            Path("backbone.weights.h5"),
            Path("backbone.json"),
            task="aus",
            epochs=6,
            learning_rate=1e-2,
            pretrain_held_out=0.25,
            **COMMON,
        )
        extract("features", frozen=True)
        yield root


def make_inputs(random):
    for number in range(6):
        labels = (random.random((20, 6)) < 0.4).astype(np.uint8)
        labels[:, 2] &= number > 1
        np.savez(
            f"SN{number:03d}.npz",
            frames=draw(labels, random, 48),
            frame=np.arange(1, 21, dtype=np.int32),
            intensities=np.repeat(3 * labels, 2, axis=1),
            labels=labels,
        )
    labels = (random.random((160, 6)) < 0.4).astype(np.uint8)
    np.savez(
        "pretrain.npz", images=draw(labels, random), labels=labels, subject=np.arange(160) // 20
    )
    labels = (random.random((40, 6)) < 0.4).astype(np.uint8)
    names = [f"{n}_{n:06d}.jpg" for n in range(40)]
    for name, picture in zip(names, draw(labels, random), strict=True):
        write_image(f"generate/batch-00000/{name}", picture)
    paths = [f"generate/batch-00000/{name}" for name in names]
    table = pd.DataFrame({"image": names, "seed": np.arange(40)})
    table.assign(sha256=[digest(p) for p in paths]).to_csv("generate/batch-00000.csv", index=False)
    table = table.assign(batch=0, path=paths)
    table[list(AU_NAMES)] = labels
    table.to_csv("selected.csv", index=False)
    np.save("selected.npy", labels)


def extract(folder, frozen):
    weights = Path("backbone.weights.h5")
    options = COMMON | {"freeze_backbone": frozen, "weights": weights}
    crops = [Path(f"SN{n:03d}.npz") for n in range(6)]
    extract_disfa_features(crops, out=Path(folder, "disfa.npz"), **options)
    extract_set_features(
        Path("selected.npy"),
        Path("selected.csv"),
        out=Path(folder, "selected.npz"),
        rejected=Path(folder, "rejected.csv"),
        **options,
    )


def train(out, synthetic=False, folder="features", **options):
    train_arm(
        Path(folder, "disfa.npz"),
        Path("backbone.weights.h5"),
        out=Path(out),
        state=Path("work", Path(out).name),
        synthetic=Path(folder, "selected.npz") if synthetic else None,
        **TRAINING | options,
    )
    return Path(out)


def digests(folder):
    return {p.relative_to(folder).as_posix(): digest(p) for p in folder.rglob("*") if p.is_file()}


def test_pretraining_reports_the_auc_of_people_it_never_saw(study):
    report = json.loads(Path("backbone.json").read_text())
    assert report["held_out_auc"]["mean"] > 0.9
    assert len(report["held_out_subjects"]) == 2
    assert report["held_out_images"] + report["training_images"] == 160
    assert report["losses"][-1] < report["losses"][0]
    assert report["sha256"] == digest("backbone.weights.h5")
    assert report["runtime"] == RUNTIME


def test_features_are_those_of_the_images_and_their_mirror_images(study):
    backbone = backbones.build_backbone("tiny", SIZE)
    networks.load_weights(backbone, Path("backbone.weights.h5"))
    arrays = load_arrays("features/disfa.npz")
    images = inputs.read_crops(Path("SN003.npz"), "frames", SIZE)["frames"]
    rows = arrays["subject"] == "SN003"
    expected = backbone.predict(images.astype(np.float32), verbose=0)
    assert np.allclose(arrays["inputs"][rows], expected, atol=1e-5)
    expected = backbone.predict(images[:, :, ::-1].astype(np.float32), verbose=0)
    assert np.allclose(arrays["mirrored"][rows], expected, atol=1e-5)
    assert (arrays["labels"][rows] == load_arrays("SN003.npz")["labels"]).all()
    selected = load_arrays("features/selected.npz")
    assert len(selected["inputs"]) == 40
    assert (selected["labels"] == np.load("selected.npy")).all()


def label(folds, **options):
    """Train an arm with labels by the original arm's models of `folds`."""
    weights = [Path(f"fer/original/fold-{fold:02d}/model.weights.h5") for fold in folds]
    return train("fer/labelled", synthetic=True, labellers=weights, **options)


def test_arms_are_trained_and_evaluated(study):
    train("fer/original")
    train("fer/enhanced", synthetic=True)
    label([1, 2, 3])
    evaluate_arms(
        Path("fer"),
        Path("features/disfa.npz"),
        arms=["original", "enhanced", "labelled"],
        main_contrast=["enhanced", "original"],
        folds=3,
        bootstrap=200,
        equivalence_margin=0.01,
        seed=1,
    )
    summary = pd.read_csv("fer/summary.csv").set_index(["arm", "au"])
    assert (summary.xs("mean", level="au")["auc_pooled"] > 0.9).all()
    assert (summary["auc_seed_sd"] >= 0).all()
    areas = pd.read_csv("fer/auc.csv")
    undefined = areas[(areas["fold"] == 1) & (areas["au"] == "AU5")]
    assert undefined["auc"].isna().all()
    assert (undefined["positives"] == 0).all()
    assert areas["auc"].isna().sum() == 3
    history = pd.read_csv("fer/enhanced/fold-02/history.csv")
    assert (history.groupby("training_seed")["kept"].sum() == 1).all()
    best = history[history["kept"] == 1].set_index("training_seed")["stopping_auc"]
    assert (best == history.groupby("training_seed")["stopping_auc"].max()).all()
    table = pd.read_csv("fer/enhanced/predictions.csv")
    names = ["fold", "subject", "frame", *AU_NAMES, *(f"P_{au}" for au in AU_NAMES)]
    assert list(table) == names
    assert len(table) == 120
    assert len(pd.read_csv("fer/differences.csv")) == 3 * 7
    stamps = {row.arm: row.stamp for row in pd.read_csv("fer/stamps.csv").itertuples()}
    for name, of in (("roc", "arm"), ("summary", "arm"), ("frame_level", "of")):
        for row in pd.read_csv(f"fer/{name}.csv").to_dict("records"):
            assert row["stamp"] == " ".join(stamps[arm] for arm in row[of].split(" - "))
    checks = json.loads(Path("fer/checks.json").read_text())
    assert checks["passed"]
    assert checks["arms"]["enhanced"]["synthetic_images"] == 40
    assert checks["arms"]["original"]["synthetic_images"] == 0
    assert [
        checks["arms"][arm]["synthetic_labels"] for arm in ("original", "enhanced", "labelled")
    ] == ["none", "seed", "model"]
    assert not Path("work/enhanced").exists()


def test_labels_of_a_model_are_its_own_by_thresholds_of_its_training_subjects(study):
    told = json.loads(Path("fer/labelled/fold-02/training.json").read_text())
    assert told["labeller"]["arm"] == "original"
    disfa, drawn = load_arrays("features/disfa.npz"), load_arrays("features/selected.npz")
    head = networks.build_head(24, standardised=True)
    networks.load_weights(head, Path("fer/original/fold-02/model.weights.h5"))
    known = np.isin(disfa["subject"], told["fold"]["training"])
    scores = training.predict(head, disfa["inputs"][known], 16)
    limits = [
        choose_threshold(*each) for each in zip(disfa["labels"][known].T, scores.T, strict=True)
    ]
    assert told["labeller"]["thresholds"] == pytest.approx(limits)
    labels = training.predict(head, drawn["inputs"], 16) >= limits
    split = pd.read_csv("fer/labelled/fold-02/split.csv")
    synthetic = split[split["origin"] == "synthetic"]
    assert synthetic[list(AU_NAMES)].sum().tolist() == labels.sum(axis=0).tolist()
    # Better than chance, although these stripes are wider than those of DISFA's stand-in.
    assert 0.6 < (labels == drawn["labels"]).mean() < 1


def test_a_labeller_of_other_subjects_is_refused_before_training(study):
    with pytest.raises(FacetdsError, match="fold-02 was trained on other subjects than fold 1"):
        label([2, 1, 3])
    with pytest.raises(FacetdsError, match="fold-01 was trained on other subjects"):
        label([1, 2, 3], early_stopping="thesis")


def test_folds_in_jobs_of_their_own_have_the_same_bytes(study):
    whole = train("jobs/whole", synthetic=True, training_seeds=1)
    for first, last in ((1, 1), (2, 3)):
        train("jobs/parts", synthetic=True, training_seeds=1, first_fold=first, last_fold=last)
    assert sorted(p.name for p in whole.iterdir()) == ["fold-01", "fold-02", "fold-03"]
    assert digests(Path("jobs/parts")) == digests(whole)


def test_a_smaller_number_of_images_is_part_of_a_larger_one(study):
    used = {}
    for images, share in ((None, 0.25), (20, 1.0), (20, 0.5)):
        out = train("fewer", synthetic=True, images=images, share=share, epochs=1, last_fold=1,
                    training_seeds=1)  # fmt: skip
        split = pd.read_csv(out / "fold-01/split.csv")
        used[images, share] = set(split.loc[split["origin"] == "synthetic", "name"])
        told = json.loads((out / "fold-01/training.json").read_text())
        assert told["synthetic_images"] == len(used[images, share])
    assert used[None, 0.25] == used[20, 0.5]
    assert len(used[20, 0.5]) == 10
    assert used[20, 0.5] < used[20, 1.0]
    with pytest.raises(FacetdsError, match=r"selected.npz holds 40 images, but 41 of 41"):
        train("fewer", synthetic=True, images=41)
    with pytest.raises(FacetdsError, match="but 0 of 40"):
        train("fewer", synthetic=True, share=0.01)


def test_a_killed_run_goes_on_where_it_was_and_gives_the_same_bytes(study, monkeypatch):
    whole = digests(train("whole"))
    trained = []
    real = arms.train_fold

    def die_in_second(classifier, study, fold, options, folder):
        told = real(classifier, study, fold, options, folder)
        trained.append(fold.number)
        if trained == [1, 2]:
            raise SystemExit(143)
        return told

    monkeypatch.setattr(arms, "train_fold", die_in_second)
    with pytest.raises(SystemExit):
        train("resumed")
    assert not Path("resumed").exists()
    assert digests(train("resumed")) == whole
    assert trained == [1, 2, 2, 3]
    # Folds of other options are not taken for these.
    trained.clear()
    with pytest.raises(SystemExit):
        train("resumed", epochs=2)
    train("resumed", epochs=3)
    assert trained == [1, 2, 1, 2, 3]


def test_thesis_mode_stops_by_the_reported_fold(study):
    out = train("thesis", early_stopping="thesis", training_seeds=1, epochs=2)
    for path in out.glob("fold-*/training.json"):
        fold = json.loads(path.read_text())["fold"]
        assert fold["stopping"] == fold["validation"]
    history = pd.read_csv(out / "fold-01/history.csv")
    areas = pd.read_csv(out / "fold-01/roc.csv")["au"].unique()
    assert "AU5" not in areas
    kept = history.loc[history["kept"] == 1, "stopping_auc"].item()
    reported = pd.read_csv(out / "fold-01/seeds.csv")["auc"].mean()
    assert kept == pytest.approx(reported, abs=1e-5)


def test_fine_tuning_changes_the_backbone_but_not_its_running_statistics(study):
    extract("images", frozen=False)
    arrays = load_arrays("images/disfa.npz")
    assert arrays["inputs"].dtype == np.uint8
    options = TRAINING | {"freeze_backbone": False, "learning_rate": 1e-3, "epochs": 1}
    out = train("tuned", folder="images", synthetic=True, **options | {"training_seeds": 1})
    before, after = backbones.build_backbone("tiny", SIZE), backbones.build_backbone("tiny", SIZE)
    networks.load_weights(before, Path("backbone.weights.h5"))
    tuned = networks.build_classifier(after, networks.build_head(24), batch_statistics=False)
    networks.load_weights(tuned, out / "fold-03/model.weights.h5")
    for old, new in zip(before.weights, after.weights, strict=True):
        frozen = old.name in ("moving_mean", "moving_variance", "gamma", "beta")
        assert np.array_equal(old, new) == frozen, old.path
    areas = pd.read_csv(out / "fold-03/seeds.csv")["auc"]
    assert areas.mean() > 0.6


def test_efficientnet_is_fine_tuned_end_to_end():
    options = arms.Options(
        "efficientnet-b0", SIZE, "file", False, "balanced", ("flip", "blur"), 1e-3, 1, 4, 1, 1, 1
    )
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, (8, 6)).astype(np.uint8)
    disfa = {
        "inputs": draw(labels, random),
        "labels": labels,
        "subject": np.repeat(["a", "b", "c", "d"], 2),
        "frame": np.arange(8),
    }
    backbone = backbones.build_backbone("efficientnet-b0", SIZE)
    weights = Path("b0.weights.h5")
    networks.save_weights(backbone, weights)
    classifier = arms.build_arm(options, weights, 0)
    assert networks.count_parameters(backbone) == 4_049_571
    assert networks.count_parameters(classifier.head) == 1281 * 128 + 129 * 128 + 129 * 6
    # One step does not pay for tracing 237 layers.
    classifier.model.run_eagerly = True
    fold = plan_folds(["a", "b", "c", "d"], 4, "sound", 1)[0]
    arms.train_fold(classifier, arms.Study(disfa), fold, options, Path("b0"))
    assert len(pd.read_csv("b0/predictions.csv")) == 2
    model = classifier.model
    changed = {
        variable.path
        for variable, old in zip(model.variables, classifier.start, strict=False)
        if not np.array_equal(keras.ops.convert_to_numpy(variable), old)
    }
    # The gradients of the deepest gates may be too small for a number.
    trained = {variable.path for variable in model.trainable_variables}
    assert "stem_conv/kernel" in changed
    assert len(trained & changed) > 0.9 * len(trained)
    assert not {variable.path for variable in model.non_trainable_weights} & changed


@pytest.fixture(autouse=True)
def _workdir(request, tmp_path, monkeypatch, tiny_backbone):
    if "study" in request.fixturenames:
        request.getfixturevalue("study")
    else:
        monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(backbones.BACKBONES, "tiny", tiny_backbone)


def test_the_loss_is_the_sum_over_the_aus():
    labels = np.array([[1, 0, 0, 1, 0, 0], [0, 0, 0, 0, 0, 1]], np.float32)
    scores = np.array([[0.9, 0.2, 0.1, 0.4, 0.5, 0.3], [0.1, 0.1, 0.1, 0.1, 0.1, 0.8]], np.float32)
    expected = -np.log(np.where(labels == 1, scores, 1 - scores)).sum(axis=1)
    got = networks.summed_cross_entropy(keras.ops.array(labels), keras.ops.array(scores))
    assert np.allclose(got, expected, atol=1e-5)


def test_imagenet_weights_read_from_a_file_are_those_keras_would_use(monkeypatch):
    source = backbones.build_backbone("efficientnet-b0", SIZE)
    layer = next(x for x in source.layers if isinstance(x, keras.layers.Normalization))
    layer.adapt_mean.assign([0.485, 0.456, 0.406])
    layer.adapt_variance.assign([0.229, 0.224, 0.225])
    path = Path("efficientnetb0_notop.h5")
    from keras.src.legacy.saving import legacy_h5_format

    with h5py.File(path, "w") as handle:
        legacy_h5_format.save_weights_to_hdf5_group(handle, source)
    monkeypatch.setattr(
        "keras.src.applications.efficientnet.file_utils.get_file", lambda *a, **k: str(path)
    )
    theirs = keras.applications.EfficientNetB0(
        include_top=False, weights="imagenet", input_shape=(SIZE, SIZE, 3), pooling="avg"
    )
    images = np.random.default_rng(0).integers(0, 256, (2, SIZE, SIZE, 3)).astype(np.float32)
    expected = theirs(images).numpy()
    monkeypatch.setattr(backbones, "IMAGENET_MD5", hashlib.md5(path.read_bytes()).hexdigest())
    ours = backbones.build_backbone("efficientnet-b0", SIZE)
    assert backbones.load_foreign_backbone("efficientnet-b0", ours, path, None) == "imagenet"
    assert np.allclose(ours(images), expected, rtol=1e-4, atol=1e-6)
    # The same file as an ordinary one gives other features: the scale is not a trifle.
    monkeypatch.setattr(backbones, "IMAGENET_MD5", "")
    assert backbones.load_foreign_backbone("efficientnet-b0", ours, path, digest(path)) == "file"
    assert not np.allclose(ours(images), expected, rtol=0.05)


def test_foreign_weights_are_refused_with_the_reason():
    model = backbones.build_backbone("tiny", SIZE)
    networks.save_weights(model, Path("a.weights.h5"))
    with pytest.raises(FacetdsError, match="does not exist"):
        backbones.load_foreign_backbone("tiny", model, Path("none.weights.h5"), None)
    with pytest.raises(FacetdsError, match=r"set fer\.weights_sha256"):
        backbones.load_foreign_backbone("tiny", model, Path("a.weights.h5"), None)
    with pytest.raises(FacetdsError, match=r"not fer\.weights_sha256"):
        backbones.load_foreign_backbone("tiny", model, Path("a.weights.h5"), "0" * 64)
    Path("b.weights.h5").write_bytes(b"no weights")
    with pytest.raises(BadInput, match="does not hold the weights"):
        backbones.load_foreign_backbone("tiny", model, Path("b.weights.h5"), digest("b.weights.h5"))
    networks.save_weights(networks.build_head(8), Path("c.weights.h5"))
    with pytest.raises(BadInput, match="does not hold the weights"):
        backbones.load_foreign_backbone("tiny", model, Path("c.weights.h5"), digest("c.weights.h5"))
    *others, last = model.get_weights()
    model.set_weights([*others, np.full_like(last, np.nan)])
    networks.save_weights(model, Path("d.weights.h5"))
    with pytest.raises(BadInput, match="not finite"):
        backbones.load_foreign_backbone("tiny", model, Path("d.weights.h5"), digest("d.weights.h5"))


def test_a_loss_that_is_not_finite_stops_training():
    head = networks.build_head(4)
    networks.compile_model(head, 1e-3)
    part = inputs.Part(
        np.full((8, 4), np.inf, np.float32), np.zeros((8, 4), np.float32), np.ones((8, 6)),
        np.arange(8),
    )  # fmt: skip
    with pytest.raises(FacetdsError, match=r"lower fer\.learning_rate"):
        training.train_epoch(head, inputs.Examples([part]), 4, np.random.default_rng(0))


def test_a_fold_without_any_auc_to_stop_by_keeps_the_last_epoch():
    head = networks.build_head(4)
    networks.compile_model(head, 1e-3)
    random = np.random.default_rng(0)
    x = random.normal(size=(8, 4)).astype(np.float32)
    labels = np.zeros((8, 6), np.uint8)
    examples = inputs.Examples([inputs.Part(x, x, labels, np.arange(8))])
    stopping = training.Stopping(labels, lambda: training.predict(head, x, 4), patience=1)
    history = training.fit(head, examples, stopping, 3, 4, random)
    assert [row["kept"] for row in history] == [0, 0, 1]
    assert all(np.isnan(row["stopping_auc"]) for row in history)


def test_an_epoch_shows_every_example_once_and_mirrors_about_half():
    rows, flips = zip(*training.draw_batches(1000, 32, np.random.default_rng(0)), strict=True)
    rows, flips = np.concatenate(rows), np.concatenate(flips)
    assert len(rows) == len(set(rows)) == 992
    assert 0.4 < flips.mean() < 0.6
    assert [len(r) for r, _ in training.draw_batches(5, 32, np.random.default_rng(0))] == [5]


def test_examples_come_from_their_own_set_mirrored_where_asked():
    images = np.arange(2 * 2 * 3 * 3, dtype=np.uint8).reshape(2, 2, 3, 3)
    labels = np.eye(6, dtype=np.uint8)
    first = inputs.Part(images, None, labels[:2], np.array([1]))
    second = inputs.Part(images + 100, None, labels[2:4], np.array([0, 1]))
    got, marks = inputs.Examples([first, second]).take(
        np.array([2, 0, 1]), np.array([True, False, False])
    )
    assert (got[0] == images[1, :, ::-1] + 100).all()
    assert (got[1] == images[1]).all()
    assert (got[2] == images[0] + 100).all()
    assert marks.argmax(axis=1).tolist() == [3, 1, 2]
