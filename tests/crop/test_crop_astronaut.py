"""The whole astronaut photo: how exactly a real face is found, whatever was done to the image.

The bounds are acceptance limits set beforehand; the crops stay well within most of them.
"""

import numpy as np
import pytest
from photo_changes import blur, grey, landmark_error, lighten, pixel_difference, rescale, rotate
from skimage import data

from facetds.crop.cropping import crop_face
from facetds.faces import choose_face, detect, eye_centres, find_face, inter_ocular_distance, roll
from facetds.iqa.geometry import MIRRORED

FACE = (179, 83, 266, 170)
CHANGES = [
    *((rotate, {"degrees": degrees}) for degrees in (-20, -15, -10, -5, 5, 10, 15, 20)),
    *((rescale, {"factor": factor}) for factor in (0.75, 1.5, 2, 3)),
    *((lighten, {"gain": gain}) for gain in (0.5, 0.75, 1.25, 1.6)),
    *((lighten, {"gamma": gamma}) for gamma in (0.5, 0.75, 1.5, 2)),
    *((lighten, {"noise": noise}) for noise in (5, 10, 15)),
    *((blur, {"sigma": sigma}) for sigma in (1, 2, 3)),
]


@pytest.fixture(scope="module")
def whole():
    """Return the photo, uint8 512 x 512 x 3; turned, its mission patch is taken for a face."""
    return data.astronaut()


@pytest.fixture(scope="module")
def found(whole, settings):
    """Return the crop of the photo as it is, and its measures."""
    return crop_face(whole, settings, "astronaut")


def overlap(box, other):
    """Return the intersection of two boxes over their union."""
    corners = np.array([box, other])
    low, high = corners[:, :2].max(axis=0), corners[:, 2:].min(axis=0)
    shared = np.prod(np.clip(high - low, 0, None))
    return shared / (np.prod(corners[:, 2:] - corners[:, :2], axis=1).sum() - shared)


def test_the_face_is_where_it_is(whole, found):
    assert overlap(find_face(whole).face.box, FACE) > 0.7
    crop, measures = found
    back = np.linalg.solve(crop.matrix[:, :2], (crop.landmarks - crop.matrix[:, 2]).T).T
    assert ((back >= 0) & (back < 512)).all()
    assert 40 < measures["iod"] < 48


def test_the_aligned_face_lies_where_the_framing_puts_it(found, settings):
    crop, _ = found
    eyes, mouth = eye_centres(crop.landmarks), crop.landmarks[[48, 54]].mean(axis=0)
    middle = eyes.mean(axis=0)
    assert abs(roll(crop.landmarks)) < 1.0
    between, height = inter_ocular_distance(crop.landmarks), np.hypot(*(mouth - middle))
    share = 1 / (2 * settings.zoom * max(2, 1.8 * height / between))
    assert between == pytest.approx(settings.size * share, rel=0.03)
    target = np.array([63.5, 63.5 - settings.center_shift * height])
    assert np.abs(middle - target).max() < 0.02 * settings.size


@pytest.mark.parametrize(("change", "by"), CHANGES, ids=[f"{c.__name__} {b}" for c, b in CHANGES])
def test_the_crop_is_the_same_whatever_is_done_to_the_photo(whole, found, settings, change, by):
    crop, measures = crop_face(change(whole, **by), settings, "changed")
    assert measures["detector"] == "dlib"
    assert landmark_error(crop.landmarks, found[0].landmarks) <= 0.03
    # What changes the light changes the crop alike: the pixels are compared in the same light.
    light = change is lighten and "noise" not in by
    expected = change(found[0].pixels, **by) if light else found[0].pixels
    assert pixel_difference(crop.pixels, expected) <= 12


def test_the_patch_is_not_taken_for_the_face(whole):
    for degrees in (-20, -10):
        turned = rotate(whole, degrees)
        faces = [face for face in detect(turned) if face.detector == "dlib"]
        assert len(faces) > 1, "the patch is taken for a face too"
        assert min(face.box[1] for face in faces) == choose_face(faces, turned.shape).box[1]


def test_a_small_face_is_found_in_the_enlarged_copy_alone(whole):
    small = rescale(whole, 0.4)
    by_upsample = [[face.detector for face in detect(small, 1, upsample)] for upsample in (0, 1)]
    assert "dlib" not in by_upsample[0]
    assert "dlib" in by_upsample[1]


def test_the_mirrored_photo_has_the_mirrored_landmarks(whole, found, settings):
    crop, _ = crop_face(np.ascontiguousarray(whole[:, ::-1]), settings, "mirrored")
    mirrored = (crop.landmarks * [-1, 1] + [settings.size - 1, 0])[MIRRORED]
    assert landmark_error(mirrored, found[0].landmarks) <= 0.03


@pytest.mark.parametrize("change", [grey, lambda image: np.ascontiguousarray(image[:, :, ::-1])])
def test_colour_does_not_move_the_crop(whole, found, settings, change):
    crop, _ = crop_face(change(whole), settings, "recoloured")
    corners = np.array([[FACE[0], FACE[1], 1], [FACE[2], FACE[3], 1]])
    assert np.abs(corners @ (crop.matrix - found[0].matrix).T).max() <= 1
