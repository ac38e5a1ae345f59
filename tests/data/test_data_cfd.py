"""Reading CFD: names, litter, the norming workbook, and folders that are no CFD."""

import shutil

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetds.data.describe_cfd import describe_cfd
from facetds.data.list_cfd import list_cfd
from facetds.data.photos import list_photos, parse_name
from facetds.data.sources import check_folder, fingerprint
from facetds.errors import BadInput, FacetdsError
from facetds.tables import read_table


@given(
    st.sampled_from("ABCIJLMW"),
    st.sampled_from("FM"),
    st.integers(0, 999),
    st.integers(0, 999),
    st.sampled_from(["", "1", "2"]),
    st.sampled_from(["N", "A", "F", "HC", "HO"]),
    st.sampled_from([".jpg", ".JPG", ".jpeg"]),
)
def test_every_name_of_the_codebook_is_parsed(race, sex, model, photo, signifier, shown, suffix):
    middle = f"{model:03d}-{photo:03d}" + (f"-{signifier}" if signifier else "")
    parsed = parse_name(f"CFD-{race}{sex}-{middle}-{shown}{suffix}")
    assert parsed == (race, sex, f"{model:03d}", f"{photo:03d}", signifier, shown)


@given(st.text(max_size=30))
def test_other_names_are_refused_not_misread(name):
    try:
        parsed = parse_name(name)
    except BadInput:
        return
    assert name.upper().startswith(f"CFD-{parsed.race}{parsed.sex}-{parsed.model}-{parsed.photo}")


@pytest.mark.parametrize(
    "name",
    [
        "CFD-WM-012-034-N.png",
        "CFD-XM-012-034-N.jpg",
        "CFD-WM-012-034-S.jpg",
        "CFD-WM-012-N.jpg",
        "CFD-WM-٠١٢-034-N.jpg",
        "CFD-WM-012-034-N.jpg.exe",
        "CFD-WM-012-034-1-2-N.jpg",
    ],
)
def test_wrong_names_are_refused(name):
    with pytest.raises(BadInput, match="CFD-WM-012-034-N"):
        parse_name(name)


def run(root, tmp_path):
    list_cfd(root, tmp_path / "cfd.csv", tmp_path / "rejected.csv")
    rejected = read_table(tmp_path / "rejected.csv")
    return read_table(tmp_path / "cfd.csv").set_index("path"), rejected


def test_photos_are_listed_with_model_expression_and_age(cfd, tmp_path):
    photos, rejected = run(cfd, tmp_path)
    assert photos["number"].tolist() == list(range(7))
    happy = photos.loc["Images/CFD/WM-012/CFD-WM-012-035-HO.jpg"]
    assert (happy["model"], happy["race"], happy["sex"]) == ("WM-012", "W", "M")
    assert (happy["expression"], happy["age_rated"], happy["set"]) == ("HO", 25.5, "CFD")
    assert set(photos["set"]) == {"CFD", "CFD-MR", "CFD-INDIA"}
    assert rejected["item"].tolist() == ["CFD-WM-012-034-X"]
    assert rejected["source"].tolist() == ["cfd"]


def test_photos_without_a_norming_row_are_flagged_and_kept(cfd, tmp_path):
    photos, _ = run(cfd, tmp_path)
    rows = photos.set_index("model")["norming_row"].to_dict()
    missing = {model for model, row in rows.items() if row == "missing"}
    # One id differs between folder and workbook; a second version of a photo was not rated.
    assert missing == {"IM-719", "IF-612"}
    ages = photos.set_index("model")["age_rated"]
    assert ages["IM-647"] == 29, "the rating by U.S. raters comes first"
    assert ages.loc[["AF-200", "IM-719", "IF-612"]].isna().all()
    assert rows["AF-200"] == "matched"


def test_csv_twins_replace_a_broken_workbook(cfd, tmp_path):
    book = cfd / "CFD 3.0 Norming Data and Codebook.xlsx"
    book.write_bytes(b"not a workbook")
    twin = "decoration,,\n,,\nid,R002,\nModel,AgeRated,x\n,,\nWM-012,44.25,\nAF-200,,\n"
    (cfd / "CFD U.S. Norming Data.csv").write_text(twin, encoding="utf-8-sig")
    photos, rejected = run(cfd, tmp_path)
    matched = photos[photos["norming_row"] == "matched"]
    assert set(matched["model"]) == {"WM-012", "AF-200"}
    assert matched["age_rated"].dropna().tolist() == [44.25, 44.25]
    assert "is not an .xlsx workbook" in rejected["reason"].iloc[-1]


def test_cfd_without_norming_data_is_listed_with_a_reason(cfd, tmp_path):
    (cfd / "CFD 3.0 Norming Data and Codebook.xlsx").unlink()
    photos, rejected = run(cfd, tmp_path)
    assert (photos["norming_row"] == "missing").all()
    assert "ages are missing" in rejected["reason"].iloc[-1]
    describe_cfd(
        tmp_path / "cfd.csv", tmp_path / "groups.csv", tmp_path / "age.csv", tmp_path / "sum.csv"
    )
    assert read_table(tmp_path / "age.csv").empty
    assert read_table(tmp_path / "sum.csv")["value"].tolist() == [0]


def test_the_folder_above_is_understood(cfd, tmp_path):
    photos, _ = run(tmp_path, tmp_path)
    assert len(photos) == 7
    assert photos.index[0].startswith("CFD Version 3.0/Images/CFD/")


def test_a_photo_in_two_folders_counts_once(cfd):
    source = cfd / "Images/CFD/WM-012/CFD-WM-012-034-N.jpg"
    (cfd / "Images/CFD/WM-012 copy").mkdir()
    shutil.copy(source, cfd / "Images/CFD/WM-012 copy" / source.name)
    table, rejects = list_photos(cfd)
    assert len(table) == 7
    assert [r.reason for r in rejects if "two folders" in r.reason]


def test_folders_that_are_no_cfd_are_named_with_the_key(tmp_path):
    with pytest.raises(FacetdsError, match=r"data\.cfd.*nowhere is not a folder.*null"):
        check_folder(tmp_path / "nowhere", "cfd")
    with pytest.raises(FacetdsError, match=r"data\.cfd.*Images"):
        list_photos(tmp_path)
    (tmp_path / "Images/CFD/WM-012").mkdir(parents=True)
    with pytest.raises(FacetdsError, match=r"data\.cfd.*no photo"):
        list_photos(tmp_path)


def test_groups_and_ages(cfd, tmp_path):
    run(cfd, tmp_path)
    describe_cfd(
        tmp_path / "cfd.csv", tmp_path / "groups.csv", tmp_path / "age.csv", tmp_path / "sum.csv"
    )
    groups = read_table(tmp_path / "groups.csv")
    assert groups["count"].sum() == 7
    white = groups[groups["race"] == "W"].set_index("expression")["count"]
    assert white.to_dict() == {"N": 1, "HO": 1}
    ages = read_table(tmp_path / "age.csv")
    assert ages["count"].sum() == 3, "each model counts once: 25.5, 29 and 31 years"
    assert ages.loc[ages["count"] > 0, "age_low"].tolist() == [24, 28]
    summary = read_table(tmp_path / "sum.csv").set_index("statistic")["value"]
    assert summary["mean"] == pytest.approx(28.5)
    assert summary["median"] == 29
    assert summary["range"] == pytest.approx(5.5)
    assert summary["sd"] == pytest.approx(pd.Series([25.5, 29, 31]).std())
    assert summary["outliers"] == 0


def test_fingerprint_sees_changes_and_not_touches(cfd):
    before = fingerprint(cfd, "cfd")
    photo = cfd / "Images/CFD/WM-012/CFD-WM-012-034-N.jpg"
    photo.touch()
    assert fingerprint(cfd, "cfd") == before
    photo.write_bytes(photo.read_bytes() + b"\0")
    assert fingerprint(cfd, "cfd") != before
