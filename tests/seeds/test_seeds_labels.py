"""The published table of seed labels: what is accepted, and what is refused in words."""

import numpy as np
import pandas as pd
import pytest

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.files import digest
from facetds.labels import COLUMNS, read_labels
from facetds.seeds.copy_labels import copy_labels

HASH = "ab" * 32


def make_labels(**changes):
    table = pd.DataFrame({"seed": [91, 9, 4]})
    table[list(AU_NAMES)] = [[1, 0, 0, 0, 0, 0], [0, 0, 0, 1, 1, 0], [0, 0, 0, 0, 0, 0]]
    return table.assign(neutral=[0, 0, 1], network=HASH, **changes)


def write(tmp_path, table):
    path = tmp_path / "seed_labels.csv"
    table.to_csv(path, index=False)
    return path


def test_labels_are_sorted_and_completed(tmp_path):
    table = read_labels(write(tmp_path, make_labels()), HASH)
    assert tuple(table.columns) == COLUMNS
    assert table["seed"].tolist() == [4, 9, 91]
    assert table.loc[1, list(AU_NAMES)].tolist() == [0, 0, 0, 1, 1, 0]
    assert set(table["source"]) == {"user"}
    assert set(table["reviewers"]) == {1}
    assert table["psi"].isna().all()
    assert table["AU1"].dtype == np.uint8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="AU12"), "lacks the column AU12"),
        (lambda t: t.drop(columns="network"), "lacks the column network"),
        (lambda t: t.iloc[:0], "no rows"),
        (lambda t: t.assign(seed=[9, 9, 4]), r"line 3 \(seed 9\) repeats"),
        (lambda t: t.assign(seed=[1, -2, 4]), r"line 3 .* negative"),
        (lambda t: t.assign(seed=[1, 2.5, 4]), r"line 3: seed is .*2\.5"),
        (lambda t: t.assign(seed=["x", 2, 4]), "line 2: seed is 'x'"),
        (lambda t: t.assign(AU1=[2, 0, 0]), r"line 2 \(seed 91\) has a mark other"),
        (lambda t: t.assign(AU1=[np.nan, 0, 0]), "line 2: AU1 is empty"),
        (lambda t: t.assign(neutral=[0, 1, 1]), r"line 3 \(seed 9\) must have either"),
        (lambda t: t.assign(neutral=0), r"line 4 \(seed 4\) must have either"),
        (lambda t: t.assign(network=[HASH, HASH, "cd" * 32]), "several networks"),
    ],
)
def test_errors_name_the_line(tmp_path, change, message):
    with pytest.raises(FacetdsError, match=message):
        read_labels(write(tmp_path, change(make_labels())))


def test_labels_of_another_network_are_refused(tmp_path):
    with pytest.raises(FacetdsError, match="made for another network"):
        read_labels(write(tmp_path, make_labels()), "cd" * 32)


def test_the_users_table_is_copied_if_it_fits_the_network(tmp_path):
    network = tmp_path / "network.pkl"
    network.write_bytes(b"weights")
    fits = write(tmp_path, make_labels().assign(network=digest(network), source="two students"))
    copy_labels(fits, network, tmp_path / "out.csv")
    copied = pd.read_csv(tmp_path / "out.csv")
    assert copied["seed"].tolist() == [4, 9, 91]
    assert set(copied["source"]) == {"two students"}
    other = write(tmp_path, make_labels())
    with pytest.raises(FacetdsError, match=r"gan\.network"):
        copy_labels(other, network, tmp_path / "other.csv")
    assert not (tmp_path / "other.csv").exists()
