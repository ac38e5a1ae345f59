"""Labels by a model or with its flags, and what an annotation must be."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from facetds.annotate.annotate_set import annotate_set
from facetds.annotate.checks import find_faults
from facetds.annotate.predictions import COLUMNS, flag_contradictions
from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError

IMAGES = ["9_000001.jpg", "91_000004.jpg", "9_000007.jpg"]
LABELS = pd.DataFrame(
    [[9, 1, 0, 0, 0, 0, 0, 0, "ab"], [91, 0, 0, 0, 0, 0, 0, 1, "ab"]],
    columns=["seed", *AU_NAMES, "neutral", "network"],
)
ROWS = np.array([[1, 0, 0, 0, 0, 0], [0] * 6, [1, 0, 0, 0, 0, 0]], np.uint8)
CHANCES = np.array([[0.05, 0.5, 0, 0, 0, 0.95], [0.6] * 6, [0.8, 0, 0, 0, 0, 0.89]])


@pytest.fixture
def annotated(tmp_path):
    """Return a function that annotates `IMAGES` and gives array and table."""
    seeds = [int(name.split("_")[0]) for name in IMAGES]
    pd.DataFrame({"batch": 0, "image": IMAGES, "seed": seeds}).to_csv(
        tmp_path / "listed.csv", index=False
    )
    LABELS.to_csv(tmp_path / "labels.csv", index=False)
    table = pd.DataFrame(CHANCES, columns=COLUMNS).assign(image=IMAGES)
    # Other images, another order and more columns do no harm.
    other = table[:1].assign(image="5_000009.jpg")
    pd.concat([other, table[::-1]]).assign(subject=1).to_csv(tmp_path / "p.csv", index=False)

    def annotate(**options):
        outs = tmp_path / "a.npy", tmp_path / "a.csv"
        files = tmp_path / "listed.csv", tmp_path / "labels.csv"
        annotate_set(*files, *outs, tmp_path / "generate", **options)
        return np.load(outs[0]), pd.read_csv(outs[1], keep_default_na=False)

    return annotate


def test_seeds_give_the_labels_by_default(annotated):
    rows, table = annotated()
    assert rows.tolist() == ROWS.tolist()
    assert (table["flagged"] == "").all()


def test_a_model_gives_the_labels(annotated, tmp_path):
    rows, table = annotated(source="prediction", predictions=tmp_path / "p.csv", threshold=0.6)
    assert rows.tolist() == [[0, 0, 0, 0, 0, 1], [1] * 6, [1, 0, 0, 0, 0, 1]]
    assert table[list(AU_NAMES)].to_numpy().tolist() == rows.tolist()


def test_a_model_flags_what_it_is_sure_is_wrong(annotated, tmp_path):
    rows, table = annotated(source="hybrid", predictions=tmp_path / "p.csv", sure=0.9)
    assert rows.tolist() == ROWS.tolist()
    # Of the first image the model sees AU15 for sure, and AU1 for sure not.
    assert table["flagged"].tolist() == ["AU1 AU15", "", ""]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t[t["image"] != IMAGES[1]], r"lacks 1 of 3 images, the first 91_000004\.jpg"),
        (lambda t: pd.concat([t, t[:1]]), r"names 5_000009\.jpg twice"),
        (lambda t: t.assign(P_AU5=1.2), r"p\.csv, line 2: P_AU5 is no probability"),
        (lambda t: t.assign(P_AU5="x"), "P_AU5 is no probability"),
        (lambda t: t.drop(columns="P_AU5"), "lacks the column P_AU5"),
    ],
)
def test_predictions_that_cannot_be_used_are_refused(annotated, tmp_path, change, message):
    change(pd.read_csv(tmp_path / "p.csv")).to_csv(tmp_path / "p.csv", index=False)
    with pytest.raises(FacetdsError, match=message):
        annotated(source="hybrid", predictions=tmp_path / "p.csv")
    assert not (tmp_path / "a.npy").exists()


def test_a_model_must_be_named(annotated):
    with pytest.raises(FacetdsError, match=r"annotate\.predictions"):
        annotated(source="hybrid")


@given(
    arrays.arrays(np.uint8, (4, 6), elements=st.integers(0, 1)),
    arrays.arrays(float, (4, 6), elements=st.floats(0, 1)),
    st.floats(0.5, 1, exclude_min=True),
)
def test_flags_are_contradictions(labels, chances, sure):
    flags = flag_contradictions(labels, chances, sure)
    # No flag where the model says the same at one half, fewer flags the surer it must be.
    assert not (flags & ((chances >= 0.5) == labels.astype(bool))).any()
    assert (flag_contradictions(labels, chances, 1.0) <= flags).all()
    assert (flags <= ((labels == 1) == (chances <= 0.5))).all()


def test_a_good_annotation_has_no_faults():
    assert find_faults(ROWS, IMAGES, LABELS) == []
    assert find_faults(ROWS.astype(bool)) == []


def changed(row, column, value):
    rows = ROWS.astype(int)
    rows[row, column] = value
    return rows


@pytest.mark.parametrize(
    ("array", "images", "message"),
    [
        (ROWS[:, :5], IMAGES, "the array is 3 x 5, not images x 6"),
        (ROWS[0], None, "the array is 6, not images x 6"),
        (ROWS.astype(float), None, "the values are float64"),
        (changed(1, 2, 7), None, r"row 1, AU5 is 7, not 0 or 1 \(1 such values\)"),
        (ROWS[:2], IMAGES, "the array has 2 rows, but there are 3 images"),
        (ROWS, [*IMAGES[:2], "9-7.jpg"], r"9-7\.jpg is not named like"),
        (ROWS, IMAGES[::-1], r"91_000004\.jpg does not come after 9_000007\.jpg"),
        (ROWS, [*IMAGES[:2], "8_000007.jpg"], "seed 8 is not in the table"),
        (changed(1, 0, 1), IMAGES, r"row 1, 91_000004\.jpg is \[1, .*, but its seed is neutral"),
        (changed(2, 3, 1), IMAGES, r"row 2, .*, but its seed has \[1, 0, 0, 0, 0, 0\]"),
    ],
)
def test_faults_are_found_and_named(array, images, message):
    faults = find_faults(array, images, LABELS if images else None)
    assert len(faults) == 1
    assert re.search(message, faults[0])
