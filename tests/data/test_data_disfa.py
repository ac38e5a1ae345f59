"""Reading DISFA: labels joined by frame number, and the traps in them."""

import shutil

import numpy as np
import pytest

from facetds.data.describe_disfa import describe_disfa
from facetds.data.intensities import read_intensities, read_subject
from facetds.data.list_disfa import list_disfa
from facetds.data.sources import fingerprint
from facetds.errors import BadInput, FacetdsError
from facetds.tables import read_table


def labels(root, subject, au):
    return root / f"ActionUnit_Labels/{subject}/{subject}_au{au}.txt"


def test_frames_and_intensities_are_read(disfa):
    row, table, rejects = read_subject(disfa, "SN001", "right")
    assert (row["n_video_frames"], row["n_label_frames"]) == (12, 12)
    assert row["video"] == "Videos_RightCamera/RightVideoSN001_comp.avi"
    assert table["frame"].tolist() == list(range(1, 13))
    assert table["AU12"].tolist() == [f % 4 for f in range(1, 13)]
    assert rejects == []


def test_labels_beyond_the_video_are_set_aside(disfa):
    row, table, rejects = read_subject(disfa, "SN002", "right")
    assert (row["n_video_frames"], row["n_label_frames"]) == (12, 13)
    assert table["frame"].max() == 12
    reason = "frames 13 have a label but no picture in the video"
    file = "ActionUnit_Labels/SN002"
    assert rejects == [("disfa", "SN002 all AUs", file, reason, "bad_label")]


def test_a_missing_line_does_not_shift_the_labels(disfa):
    path = labels(disfa, "SN001", 12)
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:4] + lines[5:]))
    _, table, rejects = read_subject(disfa, "SN001", "right")
    assert table["frame"].tolist() == [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12]
    assert table["AU12"].tolist() == [f % 4 for f in table["frame"]]
    file = "ActionUnit_Labels/SN001/SN001_au12.txt"
    reason = "frames 5 of the video have no label"
    assert rejects == [("disfa", "SN001 AU12", file, reason, "bad_label")]


@pytest.mark.hostile("H200")
def test_bad_values_set_their_frames_aside_with_reasons(disfa):
    path = labels(disfa, "SN001", 4)
    path.write_text("\ufeff1,0\r\n2,7\r\n3,-1\r\n\r\n4,0\n4,2\nfive,1\n6,2.5\n5,0\n6,5\n")
    values, reasons = read_intensities(path)
    assert values.dropna().to_dict() == {1: 0, 5: 0, 6: 5}
    assert reasons == [
        "lines 7-8 are not frame,intensity",
        "frames 2-3 have an intensity outside 0 to 5",
        "frames 4 have two different intensities",
    ]
    _, table, _ = read_subject(disfa, "SN001", "right")
    assert table["frame"].tolist() == [1, 5, 6]


def test_a_file_of_garbage_leaves_no_frame(disfa):
    labels(disfa, "SN001", 4).write_text("no labels here\n")
    row, table, rejects = read_subject(disfa, "SN001", "right")
    assert (row["n_label_frames"], len(table)) == (0, 0)
    assert [r.reason for r in rejects] == [
        "lines 1 are not frame,intensity",
        "frames 1-12 of the video have no label",
    ]


def test_label_files_in_any_order_give_the_same_table(disfa):
    before = read_subject(disfa, "SN001", "right")[1]
    path = labels(disfa, "SN001", 12)
    path.write_text("\n".join(reversed(path.read_text().splitlines())))
    assert read_subject(disfa, "SN001", "right")[1].equals(before)


def test_the_camera_and_both_spellings_of_its_folder(disfa):
    with pytest.raises(BadInput, match="Video_LeftCamera/LeftVideoSN001"):
        read_subject(disfa, "SN001", "left")
    video = disfa / "Video_LeftCamera/LeftVideoSN001_comp.avi"
    video.parent.mkdir()
    shutil.copy(disfa / "Videos_RightCamera/RightVideoSN001_comp.avi", video)
    assert read_subject(disfa, "SN001", "left")[0]["n_video_frames"] == 12


def run(root, out, subjects):
    list_disfa(root, subjects, "right", out / "s.csv", out / "f.csv", out / "r.csv")
    return [read_table(out / name) for name in ("s.csv", "f.csv", "r.csv")]


def test_subjects_without_video_or_labels_are_set_aside(disfa, tmp_path, capsys):
    labels(disfa, "SN002", 25).unlink()
    subjects, frames, rejected = run(disfa, tmp_path, ["SN001", "SN002", "SN003"])
    assert subjects["subject"].tolist() == ["SN001"]
    assert set(frames["subject"]) == {"SN001"}
    reasons = rejected.set_index("item")["reason"]
    assert reasons["SN002"] == "there are no labels of AU25"
    assert "RightVideoSN003" in reasons["SN003"]
    assert "data.dropped_subjects" in capsys.readouterr().err


def test_video_that_is_none_sets_its_subject_aside(disfa, tmp_path):
    (disfa / "Videos_RightCamera/RightVideoSN001_comp.avi").write_bytes(b"RIFFxxxxAVI broken")
    _, _, rejected = run(disfa, tmp_path, ["SN001", "SN002"])
    assert "without frames" in rejected.set_index("item").loc["SN001", "reason"]


def test_folder_without_subjects_is_named_with_the_key(tmp_path):
    with pytest.raises(FacetdsError, match=r"data\.disfa.*ActionUnit_Labels"):
        run(tmp_path, tmp_path, ["SN001"])


def test_rates_count_every_frame_of_every_au(disfa, tmp_path):
    run(disfa, tmp_path, ["SN001", "SN002"])
    subjects = tmp_path / "subjects.csv"
    describe_disfa(tmp_path / "f.csv", tmp_path / "rates.csv", subjects, 2)
    rates = read_table(tmp_path / "rates.csv").set_index(["au", "intensity"])
    assert rates.loc[("AU12", 3), "frames"] == 6
    assert rates.loc[("AU1", 0), "share"] == 1
    assert np.allclose(rates.groupby("au")["share"].sum(), 1)
    frames = read_table(tmp_path / "f.csv")
    for row in read_table(subjects).itertuples():
        shown = frames.loc[frames["subject"] == row.subject, row.au]
        assert (row.frames, row.positives) == (len(shown), (shown >= 2).sum())
        assert row.share == pytest.approx((shown >= 2).mean(), abs=1e-6)


def test_fingerprint_sees_a_corrected_label_and_no_landmark_files(disfa):
    before = fingerprint(disfa, "disfa")
    deep = disfa / "Landmark_Points/SN001/tmp_frame_lm"
    deep.mkdir(parents=True)
    (deep / "l0001.mat").write_bytes(b"x")
    assert fingerprint(disfa, "disfa") == before
    path = labels(disfa, "SN001", 12)
    path.write_text(path.read_text().replace("2,2", "2,3", 1))
    assert fingerprint(disfa, "disfa") != before
