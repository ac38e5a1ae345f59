"""Small folders in the layouts of CFD 3.0 and DISFA."""

import cv2
import numpy as np
import openpyxl
import pytest

from facetds.aus import DISFA_AUS
from facetds.images import encode_jpeg

PIXELS = encode_jpeg(np.full((8, 12, 3), 200, np.uint8))


def write_workbook(path, sheets):
    """Write a norming workbook: per sheet {model: age}, below the preamble of the real one."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    book.create_sheet("CFD 3.0 Codebook").append(["VarID", "Label", "Meaning"])
    for title, ages in sheets.items():
        sheet = book.create_sheet(title)
        for _ in range(4):
            sheet.append([None, "The Chicago Face Database"])
        sheet.append(["", "S001", "S002", "R002"])
        sheet.append(["Model", "EthnicitySelf", "GenderSelf", "AgeRated"])
        sheet.append([None, "text", "text", "years"])
        for model, age in ages.items():
            sheet.append([model, model[0], model[1], age])
    book.save(path)


@pytest.fixture
def cfd(tmp_path):
    """Return a CFD folder of seven photos with litter, a misnamed file and a workbook."""
    root = tmp_path / "CFD Version 3.0"
    for path in (
        "CFD/WM-012/CFD-WM-012-034-N.jpg",
        "CFD/WM-012/CFD-WM-012-035-HO.jpg",
        "CFD/AF-200/CFD-AF-200-228-N.jpg",
        "CFD-MR/MF-329/CFD-MF-329-001-N.jpg",
        "CFD-India/IM-719/CFD-IM-719-221-N.jpg",
        "CFD-India/IM-647/CFD-IM-647-548-N.jpg",
        "CFD-India/IF-612/CFD-IF-612-488-2-N.jpg",
        "CFD/WM-012/.DS_Store",
        "CFD/WM-012/Icon\r",
        "CFD/WM-012/CFD-WM-012-034-X.jpg",
    ):
        (root / "Images" / path).parent.mkdir(parents=True, exist_ok=True)
        (root / "Images" / path).write_bytes(PIXELS)
    write_workbook(
        root / "CFD 3.0 Norming Data and Codebook.xlsx",
        {
            "CFD U.S. Norming Data": {"WM-012": 25.5, "AF-200": "NA"},
            "CFD-MR U.S. Norming Data": {"MF-329": 31},
            "CFD-I U.S. Norming Data": {"IM719-220": 40, "IM647-548": 29, "IF612-488": 33},
            "CFD-I INDIA Norming Data": {"IM647-548": 99},
        },
    )
    return root


def write_video(path, count):
    """Write an AVI of `count` frames (48 x 32) at 20 frames a second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 20, (48, 32))
    for number in range(count):
        writer.write(np.full((32, 48, 3), number, np.uint8))
    writer.release()


def write_subject(root, subject, n_video=12, n_labels=12):
    """Write the right video and twelve label files, all 0 but AU12, which is frame mod 4."""
    write_video(root / f"Videos_RightCamera/RightVideo{subject}_comp.avi", n_video)
    folder = root / "ActionUnit_Labels" / subject
    folder.mkdir(parents=True)
    for au in DISFA_AUS:
        lines = [f"{f},{f % 4 if au == 12 else 0}\n" for f in range(1, n_labels + 1)]
        (folder / f"{subject}_au{au}.txt").write_text("".join(lines))


@pytest.fixture
def disfa(tmp_path):
    """Return a DISFA folder of two subjects; SN002's labels go one line beyond its video."""
    root = tmp_path / "DISFA"
    write_subject(root, "SN001")
    write_subject(root, "SN002", n_labels=13)
    return root
