"""Faces are found in enlarged small images, and broken ones stand out."""

import numpy as np
import pytest
from completeness import PARTS, paint_out
from skimage import data

from facetds.completeness import PIXEL_MEASURES
from facetds.faces import find_face, landmarks
from facetds.images import resize
from facetds.iqa.face_checks import COLUMNS, check_entries
from facetds.shards import Entry


@pytest.fixture(scope="module")
def face():
    """Return the astronaut's head as 64 x 64 pixels."""
    return resize(data.astronaut()[46:206, 142:302], 64)


def test_one_face_is_found_and_measured(face):
    table, points = check_entries([Entry("a.jpg", face)], 256)
    row = table.iloc[0]
    assert list(table.columns) == list(COLUMNS)
    assert (row["n_faces"], row["detector"]) == (1, "dlib")
    assert row["score"] > 0.5
    assert row["haar_hits"] >= 1
    assert abs(row["roll"]) < 8
    assert 12 < row["iod"] < 23
    assert row["asymmetry"] < 0.15
    assert abs(row["turn"]) < 0.2
    assert row["eye_contrast"] > 0.2
    assert row["warmth"] > 10
    assert 60 < row["brightness"] < 220
    assert row["sharpness"] > 0.3
    assert points.shape == (1, 68, 2)
    assert 10 < points.min() < points.max() < 64


def test_painted_out_parts_are_told_by_their_contrast(face):
    large = resize(face, 256)
    points = landmarks(large, find_face(large).face.box)
    entries = [Entry("", large)]
    entries += [Entry(name, paint_out(large, points, parts)) for name, parts in PARTS.items()]
    table, _ = check_entries(entries, 256)
    shares = (table[list(PIXEL_MEASURES)] / table.loc[0, list(PIXEL_MEASURES)]).set_axis(
        ["whole", *PARTS]
    )
    assert shares.loc[["an eye", "both eyes"], "eye_contrast"].max() < 0.5
    assert shares.loc["the nose", "nose_contrast"] < 0.6
    assert shares.loc["the mouth", "mouth_contrast"] < 0.6


def test_no_face_and_unreadable_image():
    cat = resize(data.coffee()[:256, :256], 64)
    entries = [Entry("a.jpg", cat), Entry("b.jpg", None, "is empty")]
    table, points = check_entries(entries, 256)
    assert np.isnan(points).all()
    assert table.loc[0, "n_faces"] == 0
    assert np.isnan(table.loc[0, "score"])
    assert np.isnan(table.loc[0, "asymmetry"])
    assert table["n_faces"].isna().tolist() == [False, True]
    assert table.loc[1, "problem"] == "is empty"


def test_two_faces_are_counted(face):
    table, _ = check_entries([Entry("a.jpg", np.tile(face, (2, 2, 1)))], 512)
    assert table.loc[0, "n_faces"] == 4
