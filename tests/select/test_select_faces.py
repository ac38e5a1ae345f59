"""Faces without an eye, a nose or a mouth are held back, and whole ones are not.

fixtures/faces.jpg is what the gates see in the demo: 161 originals, then every 32nd of its 2,048
generated images. benchmarks/face_gates.py prints the same shares for any finished run.
"""

from pathlib import Path

import numpy as np
import pytest
import yaml
from completeness import PARTS, paint_out

from facetds.completeness import FAULTS, calibrate, measure_shapes
from facetds.foreign import read_image
from facetds.iqa.face_checks import check_entries
from facetds.select.gates import face_ranges, gate
from facetds.shards import Entry

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text())
ORIGINALS, GENERATED, SIZE, ROW = 161, 64, 64, 15


def measure(images):
    """Return what the gates look at but for shapes, and landmarks."""
    entries = [Entry(str(n), image) for n, image in enumerate(images)]
    table, landmarks = check_entries(entries, CONFIG["iqa"]["detect_size"])
    return table.assign(problem=np.nan, realism=1.0, nearest_distance=1.0), landmarks


def fit(table, landmarks):
    """Return what a whole face is, and the ranges of other measures."""
    chosen = CONFIG["select"]
    whole = calibrate(table, landmarks, chosen["gate_percentile"], chosen["gate_margin"])
    return whole, face_ranges(table, chosen["gate_width"])


def find_reasons(measured, limits):
    whole, ranges = limits
    table, landmarks = measured
    return gate(table.join(measure_shapes(landmarks, whole)), "sound", whole, ranges, [])


@pytest.fixture(scope="module")
def faces():
    """Return the images of the fixture, and of each of the two kinds table and landmarks."""
    sheet = read_image(Path(__file__).parent / "fixtures/faces.jpg")
    tiles = sheet.reshape(-1, SIZE, ROW, SIZE, 3).swapaxes(1, 2).reshape(-1, SIZE, SIZE, 3)
    originals, generated = tiles[:ORIGINALS], tiles[ORIGINALS : ORIGINALS + GENERATED]
    return generated, measure(originals), measure(generated)


def test_whole_faces_pass(faces):
    _, known, generated = faces
    assert (find_reasons(generated, fit(*known)) != "").mean() <= 0.05
    table, landmarks = known
    held_back = []
    # Every other original (a person has several), by the limits of the rest.
    for rest in (np.arange(ORIGINALS) % 2 == 0, np.arange(ORIGINALS) % 2 == 1):
        others = table[~rest].reset_index(drop=True), landmarks[~rest]
        held_back += list(find_reasons(others, fit(table[rest], landmarks[rest])) != "")
    assert np.mean(held_back) <= 0.02


@pytest.mark.parametrize("part", PARTS)
def test_generated_faces_without_a_part_are_held_back(faces, part):
    images, known, (_, landmarks) = faces
    painted = [paint_out(*face, PARTS[part]) for face in zip(images, landmarks, strict=True)]
    reasons = find_reasons(measure(painted), fit(*known))
    assert (reasons != "").mean() >= 0.9
    assert set(reasons) <= {*FAULTS.values(), ""}


def test_grey_images_and_swapped_channels_are_held_back(faces):
    images, known, _ = faces
    grey = np.repeat(images[:8].mean(axis=3, keepdims=True).astype(np.uint8), 3, axis=3)
    assert set(find_reasons(measure(grey), fit(*known))) == {"colourless"}
    swapped = images[:8, ..., ::-1]
    assert set(find_reasons(measure(swapped), fit(*known))) == {"wrong_colours"}
