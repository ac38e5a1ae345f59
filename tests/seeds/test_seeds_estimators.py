"""What a simulated reviewer sees of a face, and how its estimators are fitted."""

import json

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

from facetds.errors import FacetdsError
from facetds.estimators import Estimators, estimate, look, read_estimators
from facetds.expressions import MEASURES, WINDOWS, cut_window, describe_face, measure_expression
from facetds.faces import find_face, landmarks
from facetds.files import digest
from facetds.images import resize
from facetds.seeds.fit_reviewer import fit_reviewer
from facetds.seeds.fitting import NAMES, fit_estimators

FACE = data.astronaut()[0:224, 110:334]


@pytest.fixture(scope="module")
def points():
    return landmarks(FACE, find_face(FACE).face.box)


def measure(points):
    return dict(zip(MEASURES, measure_expression(points), strict=True))


@settings(max_examples=30, deadline=None)
@given(
    st.floats(0.2, 5), st.floats(-0.6, 0.6), st.floats(-50, 50), st.floats(-50, 50), st.integers()
)
def test_measures_do_not_depend_on_place_size_and_roll(scale, angle, x, y, seed):
    random = np.random.default_rng(abs(seed))
    own = random.normal(size=(68, 2))
    own[36:42] += [-5, 0]
    own[42:48] += [5, 0]
    turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    moved = measure_expression(own @ turn + [x, y])
    np.testing.assert_allclose(moved, measure_expression(own), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("landmark", "step", "name", "sign"),
    [
        ([21, 22], (0, -5), "inner_brow", 1),
        ([21], (5, 0), "brow_gap", -1),
        ([37, 38, 43, 44], (0, -3), "upper_lid", 1),
        ([40, 41, 46, 47], (0, -3), "lower_lid", -1),
        ([48, 54], (0, -5), "corner_rise", 1),
        ([48, 54], (0, -5), "corner_height", 1),
        ([54], (5, 0), "mouth_width", 1),
        ([65, 66, 67], (0, 5), "mouth_open", 1),
        ([8], (0, 5), "chin_drop", 1),
    ],
)
def test_measures_follow_the_action(points, landmark, step, name, sign):
    moved = points.copy()
    moved[landmark] += step
    assert sign * (measure(moved)[name] - measure(points)[name]) > 0.01


@pytest.mark.parametrize(("eye", "side"), [(36, -0.5), (42, 0.5)])
def test_the_windows_level_and_centre_the_face(eye, side):
    picture = np.full((300, 300, 3), 200, np.uint8)
    points = np.zeros((68, 2))
    points[36:42], points[42:48] = (90, 140), (170, 100)
    cv2.circle(picture, points[eye].astype(int).tolist(), 7, (0, 0, 0), -1)
    for name, (half, below, width, height) in WINDOWS.items():
        window = cut_window(picture, points, name)
        assert window.shape == (height, width)
        if name == "mouth":
            assert np.abs(window - 200).max() < 1
            continue
        unit = width / (2 * half)
        y, x = np.argwhere(window < 100).mean(axis=0)
        assert abs(x - ((width - 1) / 2 + side * unit)) < 0.7
        assert abs(y - ((height - 1) / 2 - below * unit)) < 0.7


def test_large_images_are_averaged_not_sampled(points):
    large = cv2.resize(FACE, (1120, 1120), interpolation=cv2.INTER_CUBIC)
    for name in WINDOWS:
        small, big = cut_window(FACE, points, name), cut_window(large, points * 5 + 2, name)
        assert np.abs(small - big).mean() < 4
    assert describe_face(FACE, points).shape == (len(MEASURES) + 1764 + 1296 + 1008,)


def test_looks_have_reasons():
    assert look(np.full((96, 96, 3), 127, np.uint8)).reason == "no_face"
    clear = look(resize(FACE, 96))
    assert (clear.reason, clear.n_faces) == ("", 1)
    assert look(resize(FACE, 96), least_score=clear.score + 0.1).reason == "weak_face"
    assert look(np.hstack([FACE, FACE])).reason == "several_faces"
    zeros = np.zeros((1, 6, len(clear.features)))
    narrow = Estimators(
        ("a",), clear.features + 0.1, np.full(len(clear.features), 1e-3), zeros, zeros[..., 0], 96
    )
    assert look(resize(FACE, 96), narrow).reason == "odd_face"


def make_faces(people=24, each=15, seed=0):
    """Return features N x 40, labels and people: each AU adds to one measure and one texture."""
    random = np.random.default_rng(seed)
    subjects = np.repeat(np.arange(people) + 100, each)
    labels = random.random((len(subjects), 6)) < 0.3
    features = random.normal(size=(len(subjects), 40))
    features += random.normal(size=(people, 40))[subjects - 100] * 0.5
    features[:, :5] += 2.5 * labels[:, :5]
    features[:, 20:25] += 2.5 * labels[:, :5]
    features[:, 39] = 7
    return features, labels.astype(np.uint8), subjects


def test_estimators_find_what_is_there_and_know_what_they_do_not():
    features, labels, subjects = make_faces()
    estimators, report = fit_estimators(features, labels, subjects, 64, root_seed=1)
    assert estimators.names == NAMES
    for areas in report["auc"].values():
        assert min(list(areas.values())[:5]) > 0.9
        assert abs(areas["AU15"] - 0.5) < 0.12
    fresh, truth, _ = make_faces(seed=1)
    fresh[:, 39] = -1e6
    chances = np.array([estimate(estimators, one) for one in fresh])
    assert chances.shape == (len(fresh), 3, 6)
    np.testing.assert_allclose(chances.mean(axis=0), np.tile(truth.mean(axis=0), (3, 1)), atol=0.08)
    assert not np.allclose(chances[:, 0], chances[:, 1], atol=0.05)
    again, _ = fit_estimators(features, labels, subjects, 64, root_seed=1)
    assert np.array_equal(again.weights, estimators.weights)


def test_too_little_to_learn_from_is_said():
    features, labels, subjects = make_faces()
    with pytest.raises(FacetdsError, match="4 people"):
        fit_estimators(features, labels, subjects % 4, 64, 1)
    labels[:, 2] = 0
    with pytest.raises(FacetdsError, match="0 images with AU5 of 360"):
        fit_estimators(features, labels, subjects, 64, 1)


def test_the_fitted_reviewer_is_read_back(tmp_path):
    random = np.random.default_rng(0)
    noise = random.normal(0, 8, (60, *FACE[::2, ::2].shape))
    images = np.clip(FACE[::2, ::2] + noise, 0, 255).astype(np.uint8)
    images[0] = 90
    labels = (np.arange(60)[:, None] + np.arange(6)) % 2
    np.savez(tmp_path / "crops.npz", images=images, labels=labels.astype(np.uint8),
             subject=np.arange(60) % 12)  # fmt: skip
    (tmp_path / "network.json").write_text('{"resolution": 64}')
    for name in "ab":
        files = tmp_path / f"{name}.npz", tmp_path / f"{name}.json"
        crops = tmp_path / "crops.npz"
        fit_reviewer(crops, crops, tmp_path / "network.json", *files, seed=1)
    assert digest(tmp_path / "a.npz") == digest(tmp_path / "b.npz")
    report = json.loads((tmp_path / "a.json").read_text())
    assert (report["images"], report["images_left_out"], report["people"]) == (59, 1, 12)
    assert "no persons" in report["note"]
    # Platt's calibration: of the images that it was fitted on, it sees an AU in as many as have it.
    for rates in report["rates"].values():
        assert max(abs(rates[au] - report["prevalence"][au]) for au in rates) < 0.12
    found = read_estimators(tmp_path / "a.npz")
    assert (found.names, found.resolution) == (NAMES, 64)
    np.savez(tmp_path / "short.npz", names=np.array(["a"]))
    with pytest.raises(FacetdsError, match="run fit_reviewer again"):
        read_estimators(tmp_path / "short.npz")
