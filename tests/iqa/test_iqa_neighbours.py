"""KID, precision to coverage, realism and rarity: reference values and laws."""

import json
from pathlib import Path

import numpy as np
import pytest

from facetds.errors import FacetdsError
from facetds.iqa import neighbours

FIXTURES = Path(__file__).parent / "fixtures"
EXPECTED = json.loads((FIXTURES / "neighbours.json").read_text())


@pytest.fixture(scope="module")
def sets():
    with np.load(FIXTURES / "neighbours.npz", allow_pickle=False) as archive:
        return dict(archive)


@pytest.mark.parametrize("case", ["kid1", "kid2"])
def test_kid_matches_reference_also_for_unequal_sizes(sets, case):
    got = neighbours.kernel_distance(sets[f"{case}_x"], sets[f"{case}_y"])
    assert got == pytest.approx(EXPECTED["kid"][case], abs=1e-12)


@pytest.mark.parametrize("k", [3, 5])
def test_manifolds_and_single_images_match_reference(sets, k):
    real, fake = sets["pr1_real"], sets["pr1_fake"]
    expected = EXPECTED["pr1"][f"k{k}"]
    got = neighbours.compare_manifolds(real, fake, k)
    assert got["precision"] == expected["definition"]["precision_le"]
    assert got["recall"] == expected["definition"]["recall_le"]
    assert got["density"] == pytest.approx(expected["definition"]["density_lt"], abs=1e-12)
    assert got["coverage"] == expected["definition"]["coverage_lt"]
    across, radii = neighbours.distances(fake, real), neighbours.ball_radii(real, k)
    for name in ("realism", "rarity"):
        values = np.array(expected[f"definition_{name}_per_fake"], float)
        found = getattr(neighbours, name)(across, radii)
        assert np.allclose(found, values, rtol=0, atol=1e-10, equal_nan=True)


def test_copies_are_at_distance_zero():
    real = np.random.default_rng(0).normal(50, 1, (40, 16))
    across = neighbours.distances(real[::-1], real)
    assert (np.diag(across[::-1]) == 0).all()
    assert np.isinf(neighbours.realism(across, neighbours.ball_radii(real, 3))).any()


def test_too_few_images_have_no_measures():
    few = np.zeros((3, 4))
    assert np.isnan(list(neighbours.compare_manifolds(few, few, 3).values())).all()
    assert np.isnan(neighbours.kernel_distance(few[:1], few))
    with pytest.raises(FacetdsError, match=r"iqa\.neighbours"):
        neighbours.ball_radii(few, 3)
