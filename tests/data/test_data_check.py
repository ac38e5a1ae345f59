"""What `python -m facetds.data.check` says of data sets before a run."""

import pytest

from facetds.data.check import check, tell
from facetds.data.pretraining import list_own
from facetds.errors import FacetdsError


def test_cfd_is_counted_and_the_misnamed_photo_told(cfd, capsys):
    (cfd / "Images/CFD/AF-200/CFD-AF-200-228-N.jpg").write_bytes(b"\xff\xd8cut")
    check(cfd, deep=True)
    said = capsys.readouterr().out
    assert "3 photos of 2 models in CFD (CFD 3.0 has 1207 photos)" in said
    assert "3 photos of 3 models in CFD-INDIA" in said
    assert "CFD-WM-012-034-X" in said
    assert "CFD-AF-200-228-N.jpg): is not a JPEG" in said
    assert str(cfd) not in said.partition("\n")[2], "reasons name files from the folder on"


def test_reasons_name_files_from_the_folder_on(cfd, disfa, capsys):
    (cfd / "CFD 3.0 Norming Data and Codebook.xlsx").write_bytes(b"no workbook")
    (disfa / "Videos_RightCamera/RightVideoSN001_comp.avi").write_bytes(b"no video")
    for root in (cfd, disfa):
        check(root, rows=100)
        first, _, rest = capsys.readouterr().out.partition("\n")
        assert str(root) in first
        assert str(root) not in rest
        assert "is not an" in rest


def test_disfa_is_counted_and_missing_subjects_are_named(disfa, capsys):
    check(disfa, camera="right", rows=100)
    said = capsys.readouterr().out
    assert "2 of 27 subjects (right camera)" in said
    assert "frames 13 have a label but no picture in the video" in said
    assert "SN032" in said


def test_a_table_of_ones_own_is_read(tmp_path, capsys):
    (tmp_path / "a.jpg").write_bytes(b"")
    rows = "a.jpg,Ann,happiness\nb.jpg,Ben,happiness\na.jpg,Ann,glee\n"
    (tmp_path / "faces.csv").write_text("path,subject,expression\n" + rows)
    check(tmp_path / "faces.csv")
    said = capsys.readouterr().out
    assert "found: 1 images of 1 people" in said
    assert "'AU6': 1" in said
    assert "the image does not exist" in said
    assert "the expression is not one of" in said


def test_expressions_in_capitals_are_the_same_expressions(tmp_path):
    rows = ["a.jpg,Ann,Happiness", "a.jpg,Ben, happiness ", "a.jpg,Cid,"]
    (tmp_path / "a.jpg").touch()
    (tmp_path / "faces.csv").write_text("\n".join(["path,subject,expression", *rows]))
    images, rejects = list_own(tmp_path / "faces.csv")
    assert images["expression"].tolist() == ["happiness"] * 2
    assert images["AU12"].tolist() == [1, 1]
    assert [reject.code for reject in rejects] == ["bad_label"]


def test_affectnet_and_rafdb_are_told_apart(tmp_path, capsys):
    affectnet, rafdb = tmp_path / "AffectNet", tmp_path / "RAF-DB"
    (affectnet / "Manually_Annotated_Images/1").mkdir(parents=True)
    (affectnet / "Manually_Annotated_Images/1/a.jpg").touch()
    (affectnet / "Manually_Annotated_file_lists").mkdir()
    (affectnet / "Manually_Annotated_file_lists/training.csv").write_text(
        "subDirectory_filePath,expression\n1/a.jpg,1\n1/a.jpg,7\n1/gone.jpg,0\n"
    )
    (rafdb / "EmoLabel").mkdir(parents=True)
    (rafdb / "Image/aligned").mkdir(parents=True)
    (rafdb / "Image/aligned/train_00001_aligned.jpg").touch()
    (rafdb / "EmoLabel/list_patition_label.txt").write_text(
        "train_00001.jpg 6\ntrain_00002.jpg 9\ntest_0001.jpg 1\n"
    )
    assert (tell(affectnet), tell(rafdb)) == ("affectnet", "rafdb")
    check(affectnet)
    said = capsys.readouterr().out
    assert "found: 1 images" in said
    assert "contempt" in said
    check(rafdb)
    said = capsys.readouterr().out
    assert "found: 1 images" in said
    assert "label 9 is not 1 to 7" in said


def test_what_cannot_be_used_at_all_fails_after_its_reasons(disfa, tmp_path, capsys):
    with pytest.raises(FacetdsError, match="nothing in it can be used"):
        check(disfa, camera="left", rows=2)
    said = capsys.readouterr().out
    assert "0 of 27 subjects (left camera)" in said
    assert "there is no video Video_LeftCamera/LeftVideoSN001_comp.avi" in said
    (tmp_path / "a.jpg").write_bytes(b"no image")
    (tmp_path / "faces.csv").write_text("path,subject,expression\na.jpg,Ann,happiness\n")
    check(tmp_path / "faces.csv")
    with pytest.raises(FacetdsError, match="nothing in it can be used"):
        check(tmp_path / "faces.csv", deep=True)
    assert "[not_an_image]" in capsys.readouterr().out


def test_another_folder_is_refused_with_what_is_looked_for(tmp_path):
    with pytest.raises(FacetdsError, match="ActionUnit_Labels"):
        check(tmp_path)
