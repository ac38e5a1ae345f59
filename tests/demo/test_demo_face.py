"""The drawn faces: dlib finds them, their landmarks are right, and their AUs move the way they say.

The larger statistics come from benchmarks/demo_faces.py.
"""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from scipy.stats import spearmanr

from facetds import faces
from facetds.aus import DISFA_AUS
from facetds.demo import hair, skin
from facetds.demo.face import Scene, render
from facetds.demo.identity import SEXES, draw_identity
from facetds.errors import FacetdsError
from facetds.randomness import generator

SMALL = Scene(height=256, width=200, iod=48, center=(0.5, 0.45))
N_FACES = 50


def detected(picture):
    face = faces.find_face(picture.pixels, upsample=0).face
    return None if face is None else faces.landmarks(picture.pixels, face.box)


def random_scene(seed):
    r = generator(seed, "demo", 200)
    intensities = {au: float(r.uniform(0.5, 5)) for au in DISFA_AUS if r.uniform() < 0.22}
    yaw, pitch, roll = np.clip(r.normal(0, [6, 3.5, 4]), -16, 16)
    background = tuple(r.uniform(20, 240, 3))
    gain, ambient = r.uniform(0.8, 1.1), r.uniform(0.35, 0.6)
    return intensities, replace(
        SMALL,
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        background=background,
        gain=gain,
        ambient=ambient,
        noise=r.uniform(0, 4),
    )


@pytest.fixture(scope="module")
def crowd():
    """Drawn and detected landmarks (or None) of random people, AUs and poses."""
    pairs = []
    for seed in range(N_FACES):
        picture = render(draw_identity(seed), *random_scene(seed), seed)
        pairs.append((picture.landmarks, detected(picture)))
    return pairs


def test_dlib_finds_the_faces(crowd):
    assert sum(found is not None for _, found in crowd) >= 0.98 * N_FACES


def test_drawn_landmarks_are_where_dlib_finds_them(crowd):
    errors = [
        np.hypot(*(drawn - found)[17:].T).mean() / faces.inter_ocular_distance(drawn)
        for drawn, found in crowd
        if found is not None
    ]
    assert np.mean(errors) <= 0.06


def measure(points, au):
    """Return how far an AU's landmarks have gone its way, in inter-ocular distances."""
    points = points.astype(float)
    height = (points[:, 1] - faces.eye_centres(points)[:, 1].mean()) / 48
    opening = (height[[40, 41, 46, 47]] - height[[37, 38, 43, 44]]).mean()
    corners = height[[48, 54]].mean() - height[[51, 57, 62, 66]].mean()
    brows = height[19:25].mean()
    return {1: -height[20:24].mean(), 4: brows, 5: opening, 12: -corners, 15: corners}[au]


@pytest.mark.parametrize("au", [1, 4, 5, 12, 15])
def test_an_au_moves_its_landmarks_steadily(au):
    people = [draw_identity(seed) for seed in (101, 104, 107, 111)]
    drawn, found = np.zeros((2, 6, len(people)))
    for level in range(6):
        for n, person in enumerate(people):
            picture = render(person, {au: level}, SMALL, n)
            drawn[level, n] = measure(picture.landmarks, au)
            found[level, n] = measure(detected(picture), au)
    assert (np.diff(drawn, axis=0) > 0).all()
    means = found.mean(axis=1)
    assert spearmanr(range(6), means).statistic >= 0.9
    assert means[5] - means[0] > 0.015


def test_inner_points_move_with_their_au_and_leave_the_rest():
    person = draw_identity(3)
    rest = render(person, {}, SMALL, 0).landmarks
    moved = render(person, {26: 5, 25: 5}, SMALL, 0).landmarks - rest
    assert moved[8, 1] > 0.15 * 48
    np.testing.assert_allclose(moved[36:48], 0, atol=1e-3)


def test_the_same_arguments_give_the_same_bytes():
    person = draw_identity(5)
    first = render(person, {6: 3, 12: 4}, SMALL, 1)
    skin.skin_at_rest.cache_clear()
    hair.hair_at_rest.cache_clear()
    threads = cv2.getNumThreads()
    cv2.setNumThreads(threads + 1)
    try:
        again = render(draw_identity(5), {6: 3, 12: 4}, SMALL, 1)
        assert cv2.getNumThreads() == threads + 1
    finally:
        cv2.setNumThreads(threads)
    assert np.array_equal(first.pixels, again.pixels)
    assert np.array_equal(first.landmarks, again.landmarks)


def test_seeds_differ():
    person = draw_identity(5)
    first = render(person, {}, SMALL, 1)
    noise = first.pixels.astype(int) - render(person, {}, SMALL, 2).pixels
    assert 0.5 < noise.std() < 4
    other = render(draw_identity(6), {}, SMALL, 1)
    assert np.abs(first.pixels.astype(int) - other.pixels).mean() > 5


def test_a_picture_has_the_scenes_shape_and_its_landmarks():
    picture = render(draw_identity(7), {}, SMALL, 0)
    assert picture.pixels.shape == (256, 200, 3)
    assert picture.pixels.dtype == np.uint8
    assert picture.landmarks.shape == (68, 2)
    assert picture.landmarks.dtype == np.float32
    assert (picture.landmarks >= 0).all()
    assert (picture.landmarks < (200, 256)).all()


def test_roll_scale_and_place_are_exact():
    person = draw_identity(8)
    rest = render(person, {}, SMALL, 0).landmarks
    turned = render(person, {}, replace(SMALL, roll=10, iod=24), 0).landmarks
    ratio = faces.inter_ocular_distance(rest) / faces.inter_ocular_distance(turned)
    assert ratio == pytest.approx(2, rel=1e-4)
    assert faces.roll(turned) - faces.roll(rest) == pytest.approx(10, abs=1e-2)
    yawed = render(person, {}, replace(SMALL, yaw=12), 0).landmarks
    assert (yawed[30] - rest[30])[0] > (yawed[36:48] - rest[36:48])[:, 0].mean() > 0


def test_every_style_and_sex_is_drawn():
    people = [draw_identity(seed) for seed in range(200)]
    assert {person.hair_style for person in people} == set(hair.STYLES)
    assert {person.sex for person in people} == set(SEXES)


def test_what_is_asked_for_stays_and_the_rest_is_the_seeds():
    asked = draw_identity(9, tone=0.9, sex="F", age=70)
    assert (asked.tone, asked.sex, asked.age, asked.beard) == (0.9, "F", 70, "none")
    young = draw_identity(9, tone=0.9, sex="F", age=20)
    assert young.eye_width == asked.eye_width
    assert young.creases < asked.creases
    assert np.mean(draw_identity(9, tone=0.0).skin) > np.mean(asked.skin) + 60


@pytest.mark.parametrize(
    ("intensities", "scene"),
    [
        ({3: 1}, SMALL),
        ({12: 5.5}, SMALL),
        ({12: float("nan")}, SMALL),
        ({}, replace(SMALL, yaw=60)),
        ({}, replace(SMALL, iod=1)),
    ],
)
def test_what_cannot_be_drawn_is_refused(intensities, scene):
    with pytest.raises(FacetdsError):
        render(draw_identity(1), intensities, scene, 0)


def test_people_out_of_range_are_refused():
    for asked in ({"tone": 2}, {"sex": "X"}, {"age": 8}):
        with pytest.raises(FacetdsError):
            draw_identity(1, **asked)
