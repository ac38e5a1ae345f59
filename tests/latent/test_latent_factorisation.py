"""Closed-form factorisation against the reference implementations, and its laws."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetds.errors import FacetdsError
from facetds.latent.factorisation import choose_weights, factorise, list_layers

REFERENCE = np.load(Path(__file__).parent / "fixtures/sefa.npz")
WEIGHTS = {
    name: REFERENCE[name].astype(np.float32) for name in REFERENCE if name.endswith("weight")
}
PARTS = ("all", "0-1", "2-3", "4-7", "0_3_5")


def assert_same_directions(found, values, expected, expected_values):
    """Well-separated directions must agree to the sign, clusters as the space they span."""
    rank = np.count_nonzero(expected_values > 1e-6 * expected_values[0])
    np.testing.assert_allclose(values[:rank], expected_values[:rank], rtol=2e-6)
    gaps = np.abs(np.diff(expected_values))[: len(expected)] / expected_values[0]
    alone = np.minimum(np.append(np.inf, gaps[:-1]), gaps) > 2e-3
    alone &= np.arange(len(alone)) < rank
    cosines = np.abs(np.sum(found[: len(expected)] * expected, axis=1))
    assert alone.sum() >= 6
    assert cosines[: len(alone)][alone].min() > 1 - 1e-6


def test_rosinality_finds_the_reference_directions():
    matrix, _ = choose_weights(WEIGHTS, "rosinality")
    assert_same_directions(
        *factorise(matrix), REFERENCE["rosinality/directions"], REFERENCE["rosinality/eigenvalues"]
    )


@pytest.mark.parametrize("part", PARTS)
def test_genforce_finds_the_reference_directions(part):
    layers = REFERENCE[f"genforce/{part}/layers"].tolist()
    matrix, moved = choose_weights(WEIGHTS, "genforce", layers)
    np.testing.assert_allclose(np.linalg.norm(matrix, axis=1), 1)
    assert moved.tolist() == layers
    assert_same_directions(
        *factorise(matrix),
        REFERENCE[f"genforce/{part}/directions"],
        REFERENCE[f"genforce/{part}/eigenvalues"],
    )


def test_dvschultz_takes_the_directions_of_rosinality():
    ours, _ = choose_weights(WEIGHTS, "dvschultz")
    theirs, _ = choose_weights(dict(reversed(WEIGHTS.items())), "rosinality")
    np.testing.assert_allclose(ours.T @ ours, theirs.T @ theirs, rtol=1e-9, atol=1e-9)


def test_layers_are_in_the_order_of_ws_with_one_torgb():
    names = [name.removeprefix("synthesis.") for name in list_layers(list(WEIGHTS))]
    assert [name.removesuffix(".affine.weight") for name in names] == [
        "b4.conv1", "b8.conv0", "b8.conv1", "b16.conv0", "b16.conv1", "b32.conv0", "b32.conv1",
        "b32.torgb",
    ]  # fmt: skip


@given(st.integers(1, 9), st.integers(2, 8), st.integers(0, 10**6))
def test_factorise_gives_an_orthonormal_basis_with_falling_eigenvalues(rows, width, seed):
    matrix = np.random.default_rng(seed).normal(size=(rows, width))
    vectors, values = factorise(matrix)
    assert vectors.shape == (width, width)
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(width), atol=1e-12)
    assert (np.diff(values) <= 1e-12).all()
    np.testing.assert_allclose(vectors.T * values @ vectors, matrix.T @ matrix, atol=1e-10)
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=1)[:, None], axis=1)
    assert (largest > 0).all()


@pytest.mark.parametrize(
    ("convention", "layers", "words"),
    [
        ("sefa", None, "latent.convention: 'sefa' is unknown"),
        ("rosinality", [0], "only genforce takes a part"),
        ("genforce", [0, 8], "not all among the network's layers 0 to 7"),
    ],
)
def test_wrong_settings_are_named(convention, layers, words):
    with pytest.raises(FacetdsError, match=words):
        choose_weights(WEIGHTS, convention, layers)


def test_weights_of_another_network_are_refused():
    with pytest.raises(FacetdsError, match="no affine weights"):
        choose_weights({"conv.weight": np.ones((2, 2))}, "rosinality")
