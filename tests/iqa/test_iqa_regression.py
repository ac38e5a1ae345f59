"""Degradations and the quality regression."""

import json
from pathlib import Path

import numpy as np
import pytest
from skimage import data

from facetds.errors import FacetdsError
from facetds.iqa import regression
from facetds.iqa.degrade import DEGRADATIONS
from facetds.iqa.metrics import score_pair

FIXTURES = Path(__file__).parent / "fixtures"


def patches(size=64, step=64):
    return np.array(
        [
            picture[top : top + size, left : left + size]
            for picture in (data.astronaut(), data.chelsea(), data.coffee())
            for top in range(0, picture.shape[0] - size + 1, step)
            for left in range(0, picture.shape[1] - size + 1, step)
        ]
    )


@pytest.fixture(scope="module")
def originals():
    return patches(128)[::5]


@pytest.fixture(scope="module")
def fitted(originals):
    return regression.fit_sound(originals, 0.25, seed=1)


def test_predictions_match_libsvm():
    expected = json.loads((FIXTURES / "values.json").read_text())["svr"]
    with np.load(FIXTURES / "features.npz", allow_pickle=False) as archive:
        model = regression.fit_regression(archive["svr_X"], archive["svr_y"], c=1.0, epsilon=0.1)
        got = regression.predict(model, archive["svr_Xtest"])
    assert np.allclose(got, expected["libsvm_official_pred"], atol=5e-3)


@pytest.mark.parametrize("kind", sorted(DEGRADATIONS))
def test_severity_moves_away_from_the_original(kind):
    image = data.astronaut()[:128, 160:288]
    errors = [
        score_pair(image, DEGRADATIONS[kind](image, severity, np.random.default_rng(0)))["rmse"]
        for severity in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    assert errors == sorted(errors)
    assert errors[0] < 3 < errors[-1]


def test_sound_regression_ranks_unseen_originals(originals, fitted):
    model, report = fitted
    print(f"SROCC {report['srocc']}, MAE {report['mae']}: {report['srocc_per_degradation']}")
    assert report["rows"] == len(originals) * (1 + 5 * len(DEGRADATIONS))
    assert report["srocc"] >= 0.6
    assert 0 < report["mae"] < 0.3
    assert set(report["srocc_per_degradation"]) == set(DEGRADATIONS)
    again = regression.unpack(regression.pack({"sound": model}), "sound")
    features, _, _ = regression.degrade_all(originals[:1], seed=2)
    assert np.array_equal(regression.predict(model, features), regression.predict(again, features))


def test_constant_image_has_no_prediction(fitted):
    assert np.isnan(regression.predict(fitted[0], np.full((1, 36), np.nan))).all()


def test_regression_that_ranks_badly_is_refused():
    noise = np.random.default_rng(0).integers(0, 256, (12, 32, 32, 3), dtype=np.uint8)
    with pytest.raises(FacetdsError, match=r"below 0\.6"):
        regression.fit_sound(noise, 0.25, seed=1)


def test_thesis_regression_predicts_around_its_dummies(originals):
    model, report = regression.fit_thesis(originals, 0.25, seed=1)
    spread = np.linspace(0, 400, 50)[:, None]
    assert (np.abs(regression.predict(model, spread) - 0.5) < 0.5).all()
    assert "dummy" in report["target"]


def test_too_few_originals_and_missing_models_are_refused(originals):
    with pytest.raises(FacetdsError, match="10 originals"):
        regression.fit_sound(originals[:5], 0.25, seed=1)
    with pytest.raises(FacetdsError, match="fit_svr"):
        regression.unpack({}, "sound")
