"""One real face under the changes that it must survive, and those that set it aside."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from photo_changes import jpeg, landmark_error, lighten, pixel_difference, rescale, rotate
from skimage import data

from facetds.crop import cropping
from facetds.crop.cropping import crop_face
from facetds.errors import BadInput, FacetdsError
from facetds.faces import Face, choose_face, detect, find_face, roll


def test_the_reference_crop_is_upright_and_framed_as_asked(reference):
    crop, measures = reference
    assert abs(roll(crop.landmarks)) < 4
    assert ((crop.landmarks > 0) & (crop.landmarks < 128)).all()
    assert measures["detector"] == "dlib"
    assert measures["score"] > 1
    assert (measures["n_faces"], measures["haar_hits"]) == (1, 1)
    assert 40 < measures["iod"] < 48
    assert measures["padded"] < 0.1


@pytest.mark.parametrize(
    ("change", "limit"),
    [
        (lambda image: rescale(image, 0.4), 0.06),
        (lambda image: lighten(image, gain=0.3), 0.04),
        (lambda image: lighten(image, noise=20), 0.03),
        (lambda image: jpeg(image, 10), 0.03),
    ],
)
def test_the_crop_survives_strong_changes(photo, reference, change, limit, settings):
    crop, measures = crop_face(change(photo), settings, "changed")
    assert measures["detector"] == "dlib"
    assert landmark_error(crop.landmarks, reference[0].landmarks) < limit


def test_turned_photos_give_nearly_the_same_pixels(photo, reference, settings):
    crop, measures = crop_face(rotate(photo, -12, 1.2), settings, "turned")
    assert measures["roll"] == pytest.approx(reference[1]["roll"] + 12, abs=2)
    middle = np.s_[32:112, 32:96]
    assert pixel_difference(crop.pixels[middle], reference[0].pixels[middle]) < 12


def test_the_same_photo_gives_the_same_bytes(photo, reference, settings):
    crop, measures = crop_face(photo, settings, "again")
    assert np.array_equal(crop.pixels, reference[0].pixels)
    assert measures == reference[1]


def test_the_larger_of_two_faces_is_chosen_and_the_other_logged(photo, capsys, settings):
    small = cv2.resize(photo[40:200, 60:220], (110, 110), interpolation=cv2.INTER_AREA)
    both = np.full((260, 460, 3), 128, np.uint8)
    both[10:250, 100:400] = photo
    both[140:250, :110] = small
    _, measures = crop_face(both, settings, "SN001 7")
    assert measures["n_faces"] == 2
    assert measures["iod"] > 40
    log = capsys.readouterr().err
    assert log.startswith("SN001 7: another face, score")


def test_merit_of_faces():
    middle = Face((40, 40, 59, 59), 1.0, "dlib")
    corner = Face((0, 0, 19, 19), 1.2, "dlib")
    haar = Face((10, 10, 89, 89), 50.0, "haar")
    assert choose_face([corner, middle], (100, 100)) is middle
    assert choose_face([haar, corner], (100, 100)) is corner
    assert choose_face([haar], (100, 100)) is haar
    assert choose_face([], (100, 100)) is None


@pytest.mark.parametrize("picture", [data.coffee, data.rocket, data.chelsea])
def test_pictures_without_a_face_are_set_aside(picture, settings):
    with pytest.raises(BadInput, match="no face was found"):
        crop_face(picture(), settings, "none")


def test_upside_down_and_half_faces_are_set_aside(photo, settings):
    with pytest.raises(BadInput):
        crop_face(np.ascontiguousarray(photo[::-1]), settings, "upside down")
    with pytest.raises(BadInput):
        crop_face(np.ascontiguousarray(photo[:, 150:]), settings, "half")


def test_a_face_at_the_border_is_padded_or_set_aside(photo, reference, settings):
    cut = np.ascontiguousarray(photo[60:, 60:])
    crop, measures = crop_face(cut, replace(settings, max_padded=1), "cut")
    assert measures["padded"] > reference[1]["padded"] + 0.05
    assert landmark_error(crop.landmarks, reference[0].landmarks) < 0.05
    limit = measures["padded"] / 2
    with pytest.raises(BadInput, match=r"crop\.max_padded"):
        crop_face(cut, replace(settings, max_padded=limit), "cut")


def test_a_box_beyond_the_border_is_a_face_cut_off(photo, monkeypatch, settings):
    box = find_face(photo).face.box
    moved = Face((box[0], 170.0, box[2], 170 + box[3] - box[1]), 1.0, "dlib")
    monkeypatch.setattr(cropping, "detect", lambda *arguments: [moved])
    with pytest.raises(BadInput, match="cut off"):
        crop_face(photo, settings, "moved")


def test_haar_alone_needs_a_face_in_the_crop(photo, monkeypatch, settings):
    def blind(image, *arguments):
        return [face for face in detect(image, *arguments) if face.detector == "haar"]

    monkeypatch.setattr(cropping, "detect", blind)
    crop, measures = crop_face(photo, settings, "haar")
    assert (measures["detector"], measures["n_faces"]) == ("haar", 1)
    assert abs(roll(crop.landmarks)) < 4
    wrong = Face((200.0, 150.0, 260.0, 210.0), 9.0, "haar")
    monkeypatch.setattr(cropping, "detect", lambda i, *a: [wrong] if i.shape == photo.shape else [])
    with pytest.raises(BadInput, match="Haar alone"):
        crop_face(photo, settings, "wrong")


def test_landmarks_that_are_no_numbers_are_refused(photo, monkeypatch, settings):
    monkeypatch.setattr(cropping, "landmarks", lambda *a: np.full((68, 2), np.nan, np.float32))
    with pytest.raises(BadInput, match="cut off"):
        crop_face(photo, settings, "nan")


def test_another_landmark_model_must_exist_and_have_68_points(photo, tmp_path, settings):
    with pytest.raises(FacetdsError, match=r"crop\.predictor"):
        crop_face(photo, replace(settings, predictor=tmp_path / "none.dat"), "model")


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (3000, 2)])
def test_strips_have_no_face_and_need_little_memory(shape):
    assert detect(np.zeros((*shape, 3), np.uint8)) == []
