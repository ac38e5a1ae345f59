"""Measures of how a face is seen: place, turn, light and sharpness."""

import cv2
import numpy as np
import pytest

from facetds.completeness import MIRRORED, asymmetry
from facetds.iqa.geometry import measure_face, mirror_landmarks


def symmetric_face():
    """Return 68 landmarks of a schematic, exactly symmetric face in 256 x 256 pixels."""
    points = np.random.default_rng(3).uniform(-1, 1, (68, 2)) * [8, 8]
    for number, other in enumerate(MIRRORED):
        if number == other:
            points[number, 0] = 0
        elif number < other:
            points[number] += [-30, 10 * (number % 5)]
            points[other] = points[number] * [-1, 1]
    return points + np.array([128, 110])


def turn(points, degrees, scale, shift):
    angle = np.radians(degrees)
    matrix = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return (points - 128) @ matrix + 128 + shift


def test_mirroring_twice_changes_nothing():
    assert np.array_equal(MIRRORED[MIRRORED], np.arange(68))


@pytest.mark.parametrize("degrees", [-25, 0, 10, 40])
def test_symmetric_face_has_no_asymmetry_in_any_position(degrees):
    assert asymmetry(turn(symmetric_face(), degrees, 1.7, [3, -9])) == pytest.approx(0, abs=1e-12)


def test_asymmetry_grows_with_a_moved_mouth():
    face = symmetric_face()
    values = []
    for shift in (0, 4, 8, 16):
        moved = face.copy()
        moved[48:] += [shift, 0]
        values.append(asymmetry(moved))
    assert values == sorted(values)
    assert values[-1] > 0.05


def test_roll_and_eye_distance():
    face = symmetric_face()
    image = np.zeros((256, 256, 3), np.uint8)
    upright, turned = measure_face(image, face), measure_face(image, turn(face, -10, 2, 0))
    assert upright["roll"] == pytest.approx(0, abs=1e-9)
    assert abs(turned["roll"]) == pytest.approx(10, abs=1e-9)
    assert turned["iod"] == pytest.approx(2 * upright["iod"])


def test_face_outside_the_image_has_no_light():
    measures = measure_face(np.zeros((32, 32, 3), np.uint8), symmetric_face() + 500)
    assert np.isnan([measures[name] for name in ("brightness", "clipped", "sharpness")]).all()


def test_turn_follows_the_nose_and_the_mirror():
    face = symmetric_face()
    image = np.zeros((256, 256, 3), np.uint8)
    assert measure_face(image, face)["turn"] == pytest.approx(0, abs=1e-9)
    moved = turn(face, 15, 1.3, 4)
    across = moved[42:48].mean(axis=0) - moved[36:42].mean(axis=0)
    moved[30] += 0.2 * across
    assert measure_face(image, moved)["turn"] == pytest.approx(0.2, abs=1e-9)
    assert measure_face(image, mirror_landmarks(moved, 256))["turn"] == pytest.approx(-0.2)
    assert np.allclose(mirror_landmarks(mirror_landmarks(moved, 256), 256), moved)


def test_light_and_sharpness_of_the_face():
    face = symmetric_face()
    image = np.random.default_rng(0).integers(60, 180, (256, 256, 3), dtype=np.uint8)
    plain = measure_face(image, face)
    assert plain["clipped"] == 0
    white = measure_face(np.full_like(image, 255), face)
    assert (white["clipped"], white["brightness"]) == (1, pytest.approx(255))
    assert np.isnan(white["sharpness"])
    assert measure_face(image // 2, face)["brightness"] == pytest.approx(
        plain["brightness"] / 2, abs=1
    )
    blurred = measure_face(cv2.GaussianBlur(image, (0, 0), 2), face)
    assert blurred["sharpness"] < plain["sharpness"] / 2
