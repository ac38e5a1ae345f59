"""Feature spaces: laws, weights that are checked, features that are kept."""

import numpy as np
import pytest
from skimage import data

from facetds.errors import FacetdsError
from facetds.iqa.embedding import place_images, place_originals
from facetds.iqa.extractors import EMBEDDING, align_shapes, fit_basis, make_extractor
from facetds.iqa.features import Known, extract_entries
from facetds.shards import Entry


def crops(count, seed=0):
    picture = data.astronaut()
    corners = np.random.default_rng(seed).integers(0, 448, (count, 2))
    return np.array([picture[y : y + 64, x : x + 64] for y, x in corners])


def shapes(count, seed=0):
    random = np.random.default_rng(seed)
    base = np.random.default_rng(7).uniform(0, 64, (68, 2))
    base[36:42], base[42:48] = base[36:42] / 9 + [20, 20], base[42:48] / 9 + [40, 20]
    return (base + random.normal(0, 0.5, (count, 68, 2))).astype(np.float32)


@pytest.mark.parametrize("name", ["wavelet-64", "grey-32", "hog-64", "hog-pca", "landmarks"])
def test_a_row_depends_on_its_own_image_alone(name):
    images, points = crops(12), shapes(12)
    space = make_extractor(name, fit_basis(name, images, points))
    features = space.extract(images, points)
    assert np.array_equal(features[4:5], space.extract(images[4:5], points[4:5]))
    assert len(np.unique(features, axis=0)) == 12
    assert space.label == name
    assert space.distance(features[:6], features[6:]) > 0


def test_key_follows_what_the_space_was_fitted_on():
    keys = {
        make_extractor("hog-pca", fit_basis("hog-pca", crops(12, seed), None)).key
        for seed in (0, 0, 1)
    }
    assert len(keys) == 2


def test_shapes_lose_place_size_and_roll_alone():
    points = shapes(9).astype(float)
    basis = fit_basis("landmarks", None, points)
    angle = 0.4
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    moved = points @ rotation * 3 + [100, -20]
    assert np.allclose(align_shapes(moved, basis), align_shapes(points, basis), atol=1e-5)
    mirrored = points * [-1, 1]
    assert not np.allclose(align_shapes(mirrored, basis), align_shapes(points, basis), atol=0.05)
    assert np.hypot(*(basis[42:48].mean(0) - basis[36:42].mean(0))) == pytest.approx(1)
    assert np.isnan(align_shapes(np.full((1, 68, 2), np.nan), basis)).all()


def test_unknown_space_and_missing_weights_are_refused():
    with pytest.raises(FacetdsError, match="wavelet-64"):
        make_extractor("beauty", np.zeros(0))
    with pytest.raises(FacetdsError, match="inception_weights"):
        make_extractor("inception", np.zeros(0))


def extract(images, spaces, known, digests=None):
    entries = [Entry(f"{n}.jpg", image) for n, image in enumerate(images)]
    digests = digests or [str(n) for n in range(len(images))]
    points = np.full((len(images), 68, 2), np.nan, np.float32)
    return extract_entries(entries, digests, points, (64, 64, 3), spaces, known)


def test_features_are_computed_once_per_content_and_key():
    images = list(crops(40))
    spaces = {"grey-32": make_extractor("grey-32", np.zeros(0))}
    first = extract(images, spaces, Known({}))
    kept = {"sha256": np.array([str(n) for n in range(40)]), "key_grey-32": np.array("grey-32")}
    # Marked, so that a row that is taken over differs from one that is computed again.
    marked = kept | {"grey-32": first["grey-32"] + 1}
    again = Known(marked)
    renamed = [str(n) for n in range(39)] + ["another"]
    second = extract(images, spaces, again, renamed)["grey-32"]
    assert again.hits == 39
    assert np.array_equal(second[:39], marked["grey-32"][:39])
    assert np.array_equal(second[39], first["grey-32"][39])
    other = Known(marked | {"key_grey-32": np.array("grey-32-of-other-weights")})
    assert np.array_equal(extract(images, spaces, other)["grey-32"], first["grey-32"])
    assert other.hits == 0


def test_unusable_images_have_rows_of_nan_and_an_empty_batch_none():
    spaces = {"grey-32": make_extractor("grey-32", np.zeros(0))}
    images = [crops(1)[0], None, crops(1)[0][:32], np.zeros((64, 64, 3), np.uint8)]
    features = extract(images, spaces, Known({}))["grey-32"]
    assert np.isnan(features).all(axis=1).tolist() == [False, True, True, False]
    assert extract([], spaces, Known({}))["grey-32"].shape == (0, 1024)


def test_copies_and_mirrored_copies_of_an_original_are_near_it():
    images = crops(40)
    space = make_extractor(EMBEDDING, fit_basis(EMBEDDING, images, None))
    reals = space.extract(images, None)
    mirrored = space.extract(np.ascontiguousarray(images[:, :, ::-1]), None)
    numbers = np.arange(40) + 100
    fakes = np.concatenate([images[3:4], images[5:6, :, ::-1], crops(2, seed=9)])
    features = space.extract(np.ascontiguousarray(fakes), None)
    features = np.concatenate([features, np.full_like(features[:1], np.nan)])
    table = place_images(features, reals, mirrored, numbers, 5)
    assert table["nearest"][:2].tolist() == [103, 105]
    assert (table["nearest_distance"][:2] < 1e-3).all()
    assert (table["nearest_distance"][2:4] > 0.05).all()
    assert table.iloc[4].isna().all()
    assert [c for c in table if c.startswith("e")] == [f"e{n:02d}" for n in range(32)]


def test_originals_are_placed_among_other_people():
    images = crops(20)
    images[1] = images[0]
    space = make_extractor(EMBEDDING, fit_basis(EMBEDDING, images, None))
    reals = space.extract(images, None)
    people = np.array([f"P{n // 2}" for n in range(20)])
    table = place_originals(reals, reals + 9, np.arange(20), people, 5)
    assert (table["nearest"] // 2 != np.arange(20) // 2).all()
    assert table.loc[0, "nearest_distance"] > 0
    alone = place_originals(reals, reals + 9, np.arange(20), np.array(["P"] * 20), 5)
    assert alone["realism"].isna().all()
