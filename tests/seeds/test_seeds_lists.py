"""The seed lists, and the counts of Table 3.2."""

import pandas as pd
import pytest

from facetds.aus import AU_NAMES
from facetds.seeds.lists import count_combinations, count_expressions, list_seeds
from facetds.seeds.write_lists import write_lists

ROWS = {4: "AU1 AU15", 7: "AU1", 9: "AU6 AU12", 30: "AU12", 31: "neutral", 32: "AU1 AU6 AU12 AU15"}


@pytest.fixture
def labels():
    rows = [
        [seed, *(int(n in words.split()) for n in (*AU_NAMES, "neutral"))]
        for seed, words in ROWS.items()
    ]
    return pd.DataFrame(rows, columns=["seed", *AU_NAMES, "neutral"])


def test_a_seed_stands_in_the_list_of_each_of_its_aus(labels):
    lists = list_seeds(labels).groupby("list")["seed"].apply(list).to_dict()
    assert lists == {
        "AU1": [4, 7, 32], "AU6": [9, 32], "AU12": [9, 30, 32], "AU15": [4, 32], "neutral": [31],
    }  # fmt: skip


def test_combinations_name_whole_expressions(labels):
    table = count_combinations(labels).set_index("aus")
    assert table["seeds"].sum() == len(labels)
    assert table.loc["AU1 AU15", "expression"] == "Sadness"
    assert table.loc["AU1 AU6 AU12 AU15", "expression"] == "Sadness and Happiness"
    assert table.loc["AU1", "expression"] == ""
    assert table.loc["neutral", "share"] == pytest.approx(1 / 6)


def test_table_3_2_with_counts(labels):
    table = count_expressions(labels).set_index("au")
    assert table.loc["AU1", ["expression", "seeds", "alone", "whole"]].tolist() == [
        "Sadness",
        3,
        1,
        2,
    ]
    assert table.loc["AU12", ["expression", "seeds", "alone", "whole"]].tolist() == [
        "Happiness",
        3,
        1,
        2,
    ]
    assert table.loc["AU4", ["seeds", "whole"]].tolist() == [0, 0]
    assert table.loc["neutral", ["seeds", "alone"]].tolist() == [1, 1]


def test_the_thesis_lists_have_a_seed_a_line(labels, tmp_path):
    labels.assign(network="ab").to_csv(tmp_path / "labels.csv", index=False)
    write_lists(
        tmp_path / "labels.csv", tmp_path / "lists.csv",
        tmp_path / "combinations.csv", tmp_path / "expressions.csv",
    )  # fmt: skip
    assert (tmp_path / "lists/AU1.txt").read_text() == "4\n7\n32\n"
    assert (tmp_path / "lists/AU4.txt").read_text() == ""
    assert len(pd.read_csv(tmp_path / "lists.csv")) == 11
