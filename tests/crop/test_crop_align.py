"""The geometry of the alignment, without a detector."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetds.alignment import align, alignment_matrix, padded_share, transform, warp
from facetds.errors import BadInput
from facetds.faces import eye_centres, inter_ocular_distance, roll


def schematic(width=60.0, height=70.0):
    """Return 68 landmarks whose eyes and mouth corners alone matter, around (200, 150)."""
    points = np.tile([200.0, 150.0], (68, 1))
    points[36:42] = [200 - width / 2, 150]
    points[42:48] = [200 + width / 2, 150]
    points[48], points[54] = [180, 150 + height], [220, 150 + height]
    return points


def turned(points, degrees, scale=1.0, shift=(0, 0)):
    angle = np.radians(degrees)
    matrix = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return points @ matrix + shift


@given(
    st.floats(-170, 170), st.floats(0.2, 5), st.floats(-300, 300), st.floats(-300, 300),
    st.floats(0.5, 1.5), st.floats(0, 0.5),
)  # fmt: skip
def test_aligned_landmarks_do_not_depend_on_the_pose_in_the_image(angle, scale, x, y, zoom, shift):
    first = transform(alignment_matrix(schematic(), 128, zoom, shift), schematic())
    moved = turned(schematic(), angle, scale, (x, y))
    again = transform(alignment_matrix(moved, 128, zoom, shift), moved)
    assert np.allclose(first, again, atol=1e-6)
    assert roll(again) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("angle", [-40, 0, 25])
def test_the_face_is_turned_upright_and_not_by_the_angle_of_algorithm_1(angle):
    points = turned(schematic(), angle)
    aligned = transform(alignment_matrix(points, 128, 1, 0.1), points)
    eyes = eye_centres(aligned)
    mouth = aligned[[48, 54]].mean(axis=0)
    assert abs(roll(aligned)) < 1e-6
    assert mouth[1] > eyes[0, 1] + 20, "the mouth lies below the eyes"
    # Read literally, the angle between the eye line and the line to the mouth is 90 degrees.
    across, down = eyes[1] - eyes[0], mouth - eyes.mean(axis=0)
    literal = np.degrees(np.arccos(across @ down / np.hypot(*across) / np.hypot(*down)))
    assert literal == pytest.approx(90, abs=1e-6)


def test_framing_follows_eye_distance_or_height_whichever_is_larger():
    wide, tall = schematic(80, 60), schematic(40, 90)
    for points, half in ((wide, 2 * 80), (tall, 1.8 * 90)):
        aligned = transform(alignment_matrix(points, 256, 1, 0), points)
        expected = 256 / (2 * half)
        assert inter_ocular_distance(aligned) == pytest.approx(
            expected * inter_ocular_distance(points)
        )
        assert eye_centres(aligned).mean(axis=0) == pytest.approx([127.5, 127.5])
    close = transform(alignment_matrix(wide, 256, 0.5, 0), wide)
    assert inter_ocular_distance(close) == pytest.approx(128)


def test_landmarks_without_a_direction_are_refused():
    for points in (np.zeros((68, 2)), np.full((68, 2), np.nan)):
        with pytest.raises(BadInput, match="no direction"):
            alignment_matrix(points, 128, 1, 0.1)


@pytest.mark.parametrize("scale", [0.05, 0.25, 0.7, 3.0])
def test_warping_keeps_a_linear_ramp_where_it_belongs(scale):
    # A ramp is its own interpolation, so any shift by part of a pixel shows.
    size = 64
    ramp = np.linspace(0, 255, int(size / scale) + 9)
    image = np.repeat(np.tile(ramp.round(), (len(ramp), 1))[..., None], 3, axis=2).astype(np.uint8)
    matrix = np.array([[scale, 0, 0.3], [0, scale, -0.2]])
    columns = (np.arange(size) - 0.3) / scale
    expected = np.interp(columns, np.arange(len(ramp)), ramp)
    middle = slice(size // 4, -size // 4)
    drawn = warp(image, matrix, size)[size // 2, :, 0].astype(float)
    step = np.diff(expected)[size // 2]
    # OpenCV rounds places in the source to 1/32 pixel.
    assert abs((drawn - expected)[middle].mean()) < max(0.05, scale / 16) * step + 0.1


def test_shrinking_does_not_alias():
    checks = np.indices((640, 640)).sum(axis=0) % 2 * 255
    image = np.repeat(checks[..., None], 3, axis=2).astype(np.uint8)
    matrix = np.array([[0.11, 0.01, 0], [-0.01, 0.11, 3]])
    assert np.ptp(warp(image, matrix, 64)[8:-8, 8:-8].astype(int)) < 30


def test_padding_is_the_share_outside_the_image():
    matrix = np.array([[1.0, 0, 50], [0, 1, 0]])
    assert padded_share(matrix, 100, (100, 100)) == 0.5
    assert padded_share(np.eye(2, 3), 100, (100, 100)) == 0


def test_crop_has_its_landmarks_in_its_own_pixels():
    image = np.zeros((400, 400, 3), np.uint8)
    crop = align(image, schematic(), 128)
    assert crop.pixels.shape == (128, 128, 3)
    assert crop.landmarks.dtype == np.float32
    assert np.allclose(crop.landmarks, transform(crop.matrix, schematic()), atol=1e-3)
