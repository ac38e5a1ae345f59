"""The audit's estimators, and how far edits move faces away from their labels."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from facetds.annotate.auditors import DECIDING, LEAST, MEASURING, fit_auditors
from facetds.annotate.drift import compare_edits, mark, measure_saving, summarise_drift
from facetds.annotate.fit_auditors import fit_auditors as fit_command
from facetds.annotate.measure_drift import measure_drift
from facetds.annotate.measure_saving import measure_saving as saving_command
from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.estimators import estimate, read_estimators
from facetds.expressions import MEASURES
from facetds.faces import find_face, landmarks
from facetds.files import digest
from facetds.images import resize, write_image

NAMES = (*DECIDING, *MEASURING)


def make_faces(people=12, each=20, noise=0.3):
    """Return features whose first six measures and first six texture numbers show the AUs."""
    random = np.random.default_rng(2)
    labels = random.integers(0, 2, (people * each, 6)).astype(np.uint8)
    features = random.normal(0, 1, (people * each, len(MEASURES) + 20))
    for start in (0, len(MEASURES)):
        features[:, start : start + 6] = labels + random.normal(0, noise, labels.shape)
    return features, labels, np.repeat(np.arange(people), each)


def test_auditors_know_people_they_did_not_learn_from():
    features, labels, people = make_faces()
    estimators, report = fit_auditors(features, labels, people, 64)
    assert estimators.names == NAMES
    assert min(area for areas in report["auc"].values() for area in areas.values()) > 0.95
    weights = estimators.weights
    # Each sees its own family of features alone.
    number = len(MEASURES)
    for place, name in enumerate(NAMES):
        other = slice(number, None) if name.startswith("landmarks") else slice(number)
        assert (weights[place][:, other] == 0).all()
        assert np.abs(weights[place]).sum() > 0
    chances = estimate(estimators, features[3])
    assert ((chances > 0.5) == labels[3]).mean() > 0.9


def test_halves_share_nobody():
    features, labels, people = make_faces()
    estimators, _ = fit_auditors(features, labels, people, 64)
    changed = features.copy()
    # Deciding estimators learn from the people with even places, measuring ones from the others.
    odd = people % 2 == 1
    changed[odd, : len(MEASURES)] = changed[odd, : len(MEASURES)][::-1]
    other, _ = fit_auditors(changed, labels, people, 64)
    np.testing.assert_allclose(other.weights[:2], estimators.weights[:2], rtol=1e-5, atol=1e-6)
    assert not np.allclose(other.weights[2], estimators.weights[2], atol=1e-2)


def test_an_au_too_rare_has_no_estimator():
    features, labels, people = make_faces()
    labels[:, 2] = 0
    labels[np.flatnonzero(people % 2 == 0)[:LEAST], 2] = 1
    estimators, report = fit_auditors(features, labels, people, 64)
    chances = estimate(estimators, features[0])
    assert np.isnan(chances[:, 2]).tolist() == [False, False, True, True]
    assert report["auc"]["landmarks_2"]["AU5"] is None
    json.dumps(report, allow_nan=False)
    with pytest.raises(FacetdsError, match="too few for the audit"):
        fit_auditors(features, np.zeros_like(labels), people, 64)
    with pytest.raises(FacetdsError, match="two DISFA subjects"):
        fit_auditors(features, labels, np.zeros_like(people), 64)


@given(st.integers(0, 10**6), st.integers(1, 6))
def test_as_many_faces_are_seen_as_labelled(seed, shown):
    own = np.random.default_rng(seed).random((8, 2, 6))
    seen = mark(own, own, np.full(6, shown / 8))
    assert np.abs(seen.sum(axis=0) - shown).max() <= 1
    moved = mark(own**3, own**3, np.full(6, shown / 8))
    np.testing.assert_array_equal(seen[0], moved[0])


def make_probe(seeds=8):
    """Return a probe of one direction whose degree 1 changes nothing and degree 2 turns AU1."""
    rows = [(seed, 0, degree, ("decide", "measure")[seed % 2]) for seed in range(seeds)
            for degree in (0.0, 1.0, 2.0)]  # fmt: skip
    probe = pd.DataFrame(rows, columns=["seed", "index", "degree", "role"])
    labels = pd.DataFrame({"seed": range(seeds), **dict.fromkeys(AU_NAMES, 0)})
    labels["AU1"] = [1, 1, 0, 0] * (seeds // 4)
    labels["AU12"] = [1, 0, 0, 1] * (seeds // 4)
    shown = labels.set_index("seed").loc[probe["seed"], list(AU_NAMES)].to_numpy(float)
    turned = (probe["degree"] == 2).to_numpy()
    shown[turned, 0] = 1 - shown[turned, 0]
    chances = np.repeat((0.2 + 0.3 * shown)[:, None], 4, axis=1)
    return probe, chances, labels


def test_drift_is_the_share_of_labels_that_an_edit_changes():
    probe, chances, labels = make_probe()
    images = compare_edits(probe, chances, labels, NAMES)
    assert len(images) == len(probe)
    drift = summarise_drift(images).set_index("degree")
    assert drift["drift"].tolist() == pytest.approx([0, 0, 1 / 6])
    assert drift["agreement"].tolist() == pytest.approx([1, 1, 5 / 6])
    assert drift["label_agreement"].tolist() == pytest.approx([1, 1, 5 / 6])
    assert drift["drift_AU1"].tolist() == [0, 0, 1]
    assert drift[[f"drift_{au}" for au in AU_NAMES[1:]]].sum(axis=None) == 0


def test_who_decides_does_not_measure():
    probe, chances, labels = make_probe()
    # The measuring estimators, and all of the measuring seeds, see no change.
    blind = chances.copy()
    own = np.repeat(chances[::3], 3, axis=0)
    blind[:, 2:] = own[:, 2:]
    drift = summarise_drift(compare_edits(probe, blind, labels, NAMES)).set_index("degree")
    assert drift.loc[2, "drift"] == pytest.approx(1 / 6)
    assert drift.loc[2, "agreement"] == 1


def test_seeds_without_a_face_are_left_out():
    probe, chances, labels = make_probe()
    chances[0] = np.nan
    images = compare_edits(probe, chances, labels, NAMES)
    assert 0 not in set(images["seed"])
    chances[probe["role"] == "measure"] = np.nan
    with pytest.raises(FacetdsError, match=r"annotate\.probe_seeds"):
        compare_edits(probe, chances, labels, NAMES)


def test_what_is_saved_is_counted_in_labels():
    probe, chances, labels = make_probe()
    images = compare_edits(probe, chances, labels, NAMES)
    variants = pd.DataFrame({"index": 0, "degree": [0.0, 1.0, 2.0], "kept": [1, 1, 0]})
    plan = pd.DataFrame({"index": 0, "degree": [0.0, 1.0] * 30})
    blind, kept = measure_saving(images, variants, plan, 1).to_dict("records")
    # Blind, every third of 60 images has one of its six labels wrong.
    assert (blind["changed"], blind["saved"], blind["variants"]) == (20, 0, 3)
    assert (kept["changed"], kept["saved"], kept["variants"]) == (0, 20, 2)
    assert kept["agreement_gain"] == pytest.approx(1 / 18)
    assert kept["agreement_gain_low"] <= kept["agreement_gain"] <= kept["agreement_gain_high"]


def test_the_audit_of_edited_pictures(tmp_path):
    """Real pictures: two subjects to learn from, and an edit that turns the face upside down."""
    face = resize(data.astronaut()[0:224, 110:334], 96)
    points = landmarks(face, find_face(face).face.box)
    random = np.random.default_rng(1)
    for number in (1, 2):
        labels = random.integers(0, 2, (24, 6)).astype(np.uint8)
        moved = points + labels[:, :1, None] * np.eye(68)[[21, 22]].sum(axis=0)[:, None] * [0, -6.0]
        np.savez(
            tmp_path / f"SN00{number}.npz", frames=np.repeat(face[None], 24, axis=0),
            labels=labels, landmarks=moved + random.normal(0, 0.2, moved.shape),
        )  # fmt: skip
    (tmp_path / "network.json").write_text('{"resolution": 48}')
    crops = [tmp_path / f"SN00{number}.npz" for number in (1, 2)]
    outs = tmp_path / "auditors.npz", tmp_path / "auditors.json"
    fit_command(crops, tmp_path / "network.json", *outs)
    assert json.loads(outs[1].read_text())["auc"]["landmarks_1"]["AU1"] > 0.8
    assert read_estimators(outs[0]).resolution == 48

    rows = [(seed, degree, ("decide", "measure")[seed % 2]) for seed in range(4)
            for degree in (0.0, 1.0)]  # fmt: skip
    probe = pd.DataFrame(rows, columns=["seed", "degree", "role"]).assign(index=0)
    probe["image"] = [f"{seed}_{order:06d}.jpg" for order, seed in enumerate(probe["seed"])]
    for row in probe.itertuples():
        write_image(tmp_path / "probe" / row.image, np.flipud(face) if row.degree else face)
    probe["sha256"] = [digest(tmp_path / "probe" / name) for name in probe["image"]]
    probe.to_csv(tmp_path / "probe.csv", index=False)
    table = pd.DataFrame({"seed": range(4), **dict.fromkeys(AU_NAMES, 0)})
    table["AU1"] = [1, 0, 0, 1]
    table.assign(neutral=1 - table["AU1"], network="ab").to_csv(tmp_path / "l.csv", index=False)
    names = ("drift", "images", "variants", "plan")
    drift, images, variants, plan = (tmp_path / f"{name}.csv" for name in names)
    measure_drift(tmp_path / "probe.csv", tmp_path / "l.csv", outs[0], drift, images)
    found = pd.read_csv(drift).set_index("degree")
    assert found.loc[0, "drift"] == 0
    assert len(pd.read_csv(images)) == 8

    pd.DataFrame({"index": 0, "degree": [0.0, 1.0], "kept": [1, 0]}).to_csv(variants, index=False)
    pd.DataFrame({"index": [0] * 5, "degree": 0.0}).to_csv(plan, index=False)
    saving_command(images, variants, plan, tmp_path / "saving.csv", seed=1)
    assert pd.read_csv(tmp_path / "saving.csv")["plan"].tolist() == ["blind", "kept"]

    (tmp_path / "probe" / probe["image"][3]).write_bytes(b"broken")
    with pytest.raises(FacetdsError, match="run render_probe again"):
        measure_drift(tmp_path / "probe.csv", tmp_path / "l.csv", outs[0], drift, images)
