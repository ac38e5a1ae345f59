"""Fréchet distance: reference values, laws, and refusals."""

import json
from pathlib import Path

import numpy as np
import pytest

from facetds.errors import FacetdsError
from facetds.frechet import EXTRACTORS, extract_features, frechet_distance

FIXTURES = Path(__file__).parent / "iqa" / "fixtures"
EXPECTED = json.loads((FIXTURES / "values.json").read_text())["frechet"]


@pytest.fixture(scope="module")
def sets():
    with np.load(FIXTURES / "features.npz", allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


@pytest.mark.parametrize("case", ["fd1", "fd2", "fd4", "fd5", "fd6"])
def test_distance_matches_reference(sets, case):
    got = frechet_distance(sets[f"{case}_x"], sets[f"{case}_y"])
    assert got == pytest.approx(EXPECTED[case], rel=1e-9)


def test_same_multiset_is_at_distance_zero(sets):
    assert frechet_distance(sets["fd3_x"], sets["fd3_y"]) == pytest.approx(0, abs=1e-11)


def test_distance_is_symmetric(sets):
    a, b = sets["fd2_x"], sets["fd5_x"][:, :64]
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-12)


@pytest.mark.parametrize("extractor", sorted(EXTRACTORS))
def test_features_depend_on_each_image_alone(extractor):
    images = np.random.default_rng(0).integers(0, 256, (3, 48, 48, 3), dtype=np.uint8)
    features = extract_features(images, extractor)
    assert features.dtype == np.float64
    assert np.array_equal(features[1:2], extract_features(images[1:2], extractor))


def test_grey_features_are_block_means():
    image = np.random.default_rng(1).integers(0, 256, (1, 64, 64, 3), dtype=np.uint8)
    grey = image[0] @ np.array([0.299, 0.587, 0.114]) / 255
    blocks = grey.reshape(32, 2, 32, 2).mean(axis=(1, 3)).ravel()
    assert np.allclose(extract_features(image, "grey-32")[0], blocks, atol=1e-6)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (np.zeros((3, 4)), np.zeros((3, 5)), "same extractor"),
        (np.zeros((1, 4)), np.zeros((3, 4)), "larger"),
        (np.full((3, 4), np.nan), np.zeros((3, 4)), "NaN"),
    ],
)
def test_unusable_features_are_refused(a, b, message):
    with pytest.raises(FacetdsError, match=message):
        frechet_distance(a, b)


def test_unknown_extractor_and_empty_sets_are_refused():
    with pytest.raises(FacetdsError, match="grey-32"):
        extract_features(np.zeros((1, 8, 8, 3), np.uint8), "inception")
    with pytest.raises(FacetdsError, match="N >= 1"):
        extract_features(np.zeros((0, 8, 8, 3), np.uint8), "grey-32")
