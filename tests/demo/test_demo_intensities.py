"""The drawn person who shows each AU at every intensity."""

import numpy as np

from facetds.aus import AU_NAMES
from facetds.demo.intensities import INTENSITIES, choose_person, draw_aus


def test_each_au_moves_the_face_more_the_stronger_it_is():
    faces, table = draw_aus(1, 96)
    assert faces.shape == (36, 96, 96, 3)
    assert list(dict.fromkeys(table["au"])) == list(AU_NAMES)
    assert set(table["origin"]) == {"drawn, not a real person"}
    rows = faces.reshape(6, len(INTENSITIES), 96, 96, 3).astype(float)
    change = np.abs(rows - rows[:, :1]).mean(axis=(2, 3, 4))
    assert (change[:, 0] == 0).all()
    assert (np.diff(change, axis=1) > 0).all()
    # At rest all rows are the same picture.
    assert np.ptp(rows[:, 0], axis=0).max() == 0


def test_the_person_depends_on_the_seed_and_hides_nothing():
    people = [choose_person(seed) for seed in range(5)]
    assert len({person.seed for person in people}) == 5
    assert {person.beard for person in people} == {"none"}
