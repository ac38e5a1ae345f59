"""The commands of the stage on a small random network."""

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageSequence

from facetds.errors import FacetdsError
from facetds.files import digest
from facetds.foreign import read_image
from facetds.gan.checkpoint import load_generator, save_network
from facetds.gan.networks import Generator
from facetds.images import resize
from facetds.latent.draw_grid import draw_grid
from facetds.latent.film_walk import film_walk
from facetds.latent.films import write_film
from facetds.latent.find_directions import find_directions
from facetds.latent.interpolate import interpolate
from facetds.latent.paths import METHODS, mix_spherical, ws_on_path
from facetds.latent.sample_w import sample_w
from facetds.latent.sheets import draw_sheet
from facetds.latents import Directions, read_directions, render, spread_along, w_of_seed, ws_of_seed
from facetds.tables import read_table


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A network, its directions and sampled w."""
    root = tmp_path_factory.mktemp("latent")
    torch.manual_seed(3)
    generator = Generator(
        32, 0, 32, 16, 3,
        mapping_kwargs={"num_layers": 2},
        synthesis_kwargs={"channel_base": 256, "channel_max": 16},
    )  # fmt: skip
    save_network(root / "network.pkl", generator, None, {})
    find_directions(root / "network.pkl", root / "directions.npz", "rosinality")
    sample_w(root / "network.pkl", root / "w.npz", samples=30)
    return root


def test_directions_carry_what_they_belong_to(folder):
    found = read_directions(folder / "directions.npz", digest(folder / "network.pkl"))
    assert found.vectors.shape == (32, 32)
    assert found.vectors.dtype == np.float32
    assert found.convention == "rosinality"
    assert (np.diff(found.eigenvalues) <= 0).all()
    with pytest.raises(FacetdsError, match="belongs to another network"):
        read_directions(folder / "directions.npz", "0" * 64)


def test_genforce_keeps_the_layers_it_moves(folder, tmp_path):
    find_directions(folder / "network.pkl", tmp_path / "d.npz", "genforce", [0, 2])
    assert read_directions(tmp_path / "d.npz").layers.tolist() == [0, 2]


def test_sampled_w_is_that_of_the_seeds(folder):
    arrays = np.load(folder / "w.npz")
    generator = load_generator(folder / "network.pkl")
    assert arrays["seeds"].tolist() == list(range(30))
    np.testing.assert_array_equal(arrays["w"][7], w_of_seed(generator, 7))


def test_a_grid_has_a_row_per_image_and_degree_zero_changes_nothing(folder, tmp_path):
    draw_grid(
        folder / "network.pkl", folder / "directions.npz", folder / "w.npz",
        tmp_path / "grid.png", tmp_path / "grid.csv",
        grid_seeds=[1, 2], grid_indexes=[0, 3], grid_degrees=[-2.0, 0.0, 2.0], psi=0.7,
    )  # fmt: skip
    table = read_table(tmp_path / "grid.csv")
    assert table[["index", "seed", "degree"]].to_numpy().tolist() == [
        [i, s, d] for i in (0, 3) for s in (1, 2) for d in (-2, 0, 2)
    ]
    own = table["degree"] == 0
    assert (table.loc[own, "grey_change"] == 0).all()
    assert (table.loc[~own, "grey_change"] > 0).all()
    spread = np.load(folder / "w.npz")["w"] @ read_directions(folder / "directions.npz").vectors[3]
    assert table.loc[6, "w_sd"] == pytest.approx(spread.std(), abs=1e-4)
    assert table.loc[6, "degree_sd"] == pytest.approx(-2 / spread.std(), rel=1e-3)
    with pytest.raises(FacetdsError, match="no direction 32"):
        draw_grid(folder / "network.pkl", folder / "directions.npz", folder / "w.npz",
                  tmp_path / "x.png", tmp_path / "x.csv", [1], [32], [0.0, 1.0], 0.7)  # fmt: skip


def test_an_interpolation_starts_and_ends_at_its_seeds(folder, tmp_path):
    generator = load_generator(folder / "network.pkl")
    for method in METHODS:
        for alpha, seed in ((0.0, 5), (1.0, 9)):
            ws = ws_on_path(generator, (5, 9), alpha, method, psi=0.7)
            np.testing.assert_allclose(ws, ws_of_seed(generator, seed, 0.7), atol=1e-5)
    interpolate(folder / "network.pkl", tmp_path / "i.png", tmp_path / "i.csv", [5, 9], 4, 0.7)
    table = read_table(tmp_path / "i.csv")
    assert len(table) == 4 * len(METHODS)
    assert (table.loc[table["step"] == 0, ["w_step", "grey_step"]] == 0).all(axis=None)
    # Linear in w means equal steps in w.
    steps = table.loc[(table["method"] == "w-linear") & (table["step"] > 0), "w_step"]
    assert steps.max() == pytest.approx(steps.min(), rel=1e-3)
    assert read_image(tmp_path / "i.png").shape[1] > 4 * 128
    with pytest.raises(FacetdsError, match="two seeds are needed"):
        interpolate(folder / "network.pkl", tmp_path / "x.png", tmp_path / "x.csv", [5], 4, 0.7)


@given(st.floats(0, 1), st.integers(0, 10**6))
def test_the_arc_turns_evenly(alpha, seed):
    a, b = np.random.default_rng(seed).normal(size=(2, 16))
    middle = mix_spherical(a, b, alpha)

    def angle(u, v):
        return np.arccos(np.clip(u @ v / np.linalg.norm(u) / np.linalg.norm(v), -1, 1))

    assert angle(a, middle) == pytest.approx(alpha * angle(a, b), abs=1e-6)
    expected = (1 - alpha) * np.linalg.norm(a) + alpha * np.linalg.norm(b)
    assert np.linalg.norm(middle) == pytest.approx(expected)


def test_a_sheet_shows_every_image_in_its_place():
    images = np.zeros((2, 3, 20, 20, 3), np.uint8)
    images[..., 0] = np.arange(6).reshape(2, 3, 1, 1) * 40 + 10
    sheet, corners = draw_sheet(images, ["a", "b"], ["x", "y", "z"], tile=20, breaks=[1])
    tiles = [sheet[top : top + 20, left : left + 20] for left, top in corners]
    np.testing.assert_array_equal(tiles, images.reshape(6, 20, 20, 3))


@pytest.mark.parametrize(("convention", "expected"), [
    ("rosinality", [2.0, 1.0]), ("genforce", [1.0, 0.5]), ("dvschultz", [1.0, 1.0]),
])  # fmt: skip
def test_the_spread_is_that_of_the_space_where_steps_are_taken(convention, expected):
    w = np.array([[2.0, 1], [-2, 1], [2, -1], [-2, -1]])
    found = Directions(np.eye(2), np.ones(2), np.arange(3), convention, "")
    np.testing.assert_allclose(spread_along(found, w, psi=0.5), expected)


def read_film(path):
    """Return the images of a film (uint8 N x H x W x 3) as a player shows them."""
    if path.suffix == ".gif":
        film = Image.open(path)
        return np.array([np.asarray(f.convert("RGB")) for f in ImageSequence.Iterator(film)])
    reader, images = cv2.VideoCapture(str(path)), []
    while (found := reader.read())[0]:
        images.append(found[1][..., ::-1])
    return np.array(images)


@pytest.mark.parametrize("suffix", [".gif", ".mp4"])
def test_a_walk_passes_its_seeds_and_returns(folder, tmp_path, suffix):
    options = {"stops": [1, 2, 7], "walk": "z-slerp", "walk_images": 4, "rate": 10, "psi": 0.7}
    for name in "ab":
        film_walk(folder / "network.pkl", tmp_path / f"{name}{suffix}", **options)
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()
    images = read_film(tmp_path / f"a{suffix}").astype(float)
    assert images.shape == (12, 256, 256, 3)
    generator = load_generator(folder / "network.pkl")
    stops = [resize(render(generator, ws_of_seed(generator, s, 0.7)), 256) for s in (1, 2, 7)]
    distances = [[np.abs(image - stop).mean() for image in images] for stop in stops]
    # A film is lossy, but its nearest images are those at the stops.
    assert np.argmin(distances, axis=1).tolist() == [0, 4, 8]
    assert np.diag(np.array(distances)[:, [0, 4, 8]]).max() < 12


def test_walks_that_cannot_be_are_refused(folder, tmp_path):
    network = folder / "network.pkl"
    with pytest.raises(FacetdsError, match="two seeds or more"):
        film_walk(network, tmp_path / "x.gif", [3], "z-slerp", 4, 10, 0.7)
    with pytest.raises(FacetdsError, match=r"latent\.walk: 'x' is unknown"):
        film_walk(network, tmp_path / "x.gif", [3, 4], "x", 4, 10, 0.7)
    with pytest.raises(FacetdsError, match=r"neither \.gif nor \.mp4"):
        write_film(tmp_path / "x.avi", [np.zeros((8, 8, 3), np.uint8)], 10)
    assert list(tmp_path.iterdir()) == []
