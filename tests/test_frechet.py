"""Fréchet distance: reference values, laws, and refusals."""

import json
from pathlib import Path

import numpy as np
import pytest

from facetds.errors import FacetdsError
from facetds.frechet import (
    EXTRACTORS,
    PACKETS,
    extract_features,
    frechet_distance,
    wavelet_distance,
    wavelet_packets,
)

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


def test_both_routes_agree_where_both_are_exact():
    random = np.random.default_rng(0)
    a, b = random.normal(size=(60, 20)), random.normal(0.3, 2, size=(90, 20))
    wide = [np.pad(x, ((0, 0), (0, 100))) for x in (a, b)]
    assert frechet_distance(*wide) == pytest.approx(frechet_distance(a, b), rel=1e-9)


def make_images(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 64, 64, 3), dtype=np.uint8)


def test_wavelet_packets_keep_the_energy_and_split_it_by_frequency():
    image = make_images(1)[0]
    packets = wavelet_packets(image)
    assert np.sum(packets**2) == pytest.approx(np.sum((image / 255) ** 2), rel=1e-5)
    flat = wavelet_packets(np.full((64, 64, 3), 51, np.uint8)).reshape(PACKETS, 48)
    assert np.allclose(flat[0], 16 * 0.2)
    assert np.allclose(flat[1:], 0, atol=1e-6)
    board = np.indices((64, 64)).sum(axis=0)[..., None].repeat(3, axis=2) % 2 * 255
    energy = (wavelet_packets(board.astype(np.uint8)).reshape(PACKETS, 48) ** 2).sum(axis=1)
    assert np.count_nonzero(energy > 1e-6) == 2


def test_wavelet_distance_is_the_mean_of_the_packets_distances():
    a, b = (extract_features(make_images(60, seed), "wavelet-64") for seed in (0, 1))
    b = b * 1.5
    single = [
        frechet_distance(x, y)
        for x, y in zip(
            a.reshape(60, PACKETS, 48).swapaxes(0, 1),
            b.reshape(60, PACKETS, 48).swapaxes(0, 1),
            strict=True,
        )
    ]
    assert wavelet_distance(a, b) == pytest.approx(np.mean(single), rel=1e-9)
    assert wavelet_distance(a, a[::-1]) == pytest.approx(0, abs=1e-6)
    with pytest.raises(FacetdsError, match="wavelet-64"):
        wavelet_distance(a[:, :48], b[:, :48])


def test_wavelet_distance_sees_what_blurring_takes_away():
    from skimage import data
    from skimage.filters import gaussian

    picture = data.astronaut()
    corners = np.random.default_rng(0).integers(0, 440, (40, 2))
    sharp = np.stack([picture[y : y + 64, x : x + 64] for y, x in corners])
    distances = [
        wavelet_distance(
            extract_features(sharp, "wavelet-64"),
            extract_features(
                np.stack(
                    [np.round(255 * gaussian(s, sigma, channel_axis=2)) for s in sharp]
                ).astype(np.uint8),
                "wavelet-64",
            ),
        )
        for sigma in (0.5, 1, 2)
    ]
    assert 0 < distances[0] < distances[1] < distances[2]
