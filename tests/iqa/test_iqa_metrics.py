"""The six metrics: reference values of brute-force definitions, laws, undefined cases."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays

from facetds.code import _reached
from facetds.errors import BadInput
from facetds.iqa.metrics import METRICS, prepare, score_pair
from facetds.iqa.scores import mean_defined

FIXTURES = Path(__file__).parent / "fixtures"
EXPECTED = json.loads((FIXTURES / "values.json").read_text())["pairs"]
DEFINITIONS = {
    "rmse": ("rmse_global", 1e-12),
    "psnr": ("psnr", 1e-12),
    "ssim": ("ssim_uniform7", 1e-10),
    "issm": ("issm_pkg8", 1e-9),
    "sam": ("sam_pixel_valid", 1e-7),
    "uiq": ("uiq8_wang", 1e-10),
}
PAIRS = sorted(set(EXPECTED["psnr"]) - {"p19"})
SMALL = arrays(np.uint8, (9, 11, 3))


@pytest.fixture(scope="module")
def pairs():
    with np.load(FIXTURES / "image_pairs.npz", allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


@pytest.mark.parametrize("pair", PAIRS)
def test_scores_match_definitions(pairs, pair):
    if f"{pair}_ref" not in pairs:
        pytest.skip(f"{pair} is not in the fixture file")
    scores = score_pair(pairs[f"{pair}_ref"], pairs[f"{pair}_dst"])
    for metric, (definition, tolerance) in DEFINITIONS.items():
        expected = float(EXPECTED[definition][pair])
        assert scores[metric] == pytest.approx(
            expected, rel=tolerance, abs=tolerance, nan_ok=True
        ), metric


@settings(max_examples=40, deadline=None)
@given(SMALL, SMALL)
def test_metrics_are_symmetric_and_bounded(x, y):
    there, back = score_pair(x, y), score_pair(y, x)
    for metric in METRICS:
        assert there[metric] == pytest.approx(back[metric], rel=1e-9, abs=1e-12, nan_ok=True)
    assert 0 <= there["rmse"] <= 255
    assert -1 - 1e-9 <= there["ssim"] <= 1 + 1e-9
    assert -1 - 1e-9 <= there["uiq"] <= 1 + 1e-9
    assert math.isnan(there["sam"]) or 0 <= there["sam"] <= math.pi / 2


@settings(max_examples=20, deadline=None)
@given(SMALL)
def test_identical_pair_is_perfect(x):
    scores = score_pair(x, x)
    assert scores["rmse"] == 0
    assert scores["psnr"] == math.inf
    assert scores["ssim"] == pytest.approx(1, abs=1e-12)
    assert scores["uiq"] == pytest.approx(1, abs=1e-12)
    assert math.isnan(scores["sam"]) or scores["sam"] == 0


def test_mean_over_references_leaves_undefined_ones_out():
    scores = np.array([[1.0, np.nan, np.nan], [3.0, 5.0, np.nan]])
    assert np.array_equal(mean_defined(scores), [2.0, 5.0, np.nan], equal_nan=True)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((16, 16), np.uint8),
        np.zeros((16, 16, 3), np.float32),
        np.zeros((7, 16, 3), np.uint8),
        np.zeros((16, 16, 4), np.uint8),
    ],
)
def test_other_shapes_and_types_are_refused(image):
    with pytest.raises(BadInput):
        prepare(image)


def test_pair_of_unequal_sizes_is_refused():
    with pytest.raises(BadInput, match="16 x 16"):
        score_pair(np.zeros((16, 16, 3), np.uint8), np.zeros((16, 24, 3), np.uint8))


def test_package_offers_the_call_without_depending_on_it():
    import facetds.iqa

    assert facetds.iqa.score_pair is score_pair
    with pytest.raises(AttributeError, match="score_pairs"):
        facetds.iqa.score_pairs  # noqa: B018
    assert "facetds.iqa.metrics" not in _reached("facetds.iqa.extract_features")
