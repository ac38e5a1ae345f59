"""Hostile names of files and folders: numbers go through the workflow, names are only shown."""

import contextlib
import os
import shutil
import subprocess
import unicodedata
import zipfile

import numpy as np
import pandas as pd
import pytest
import yaml
from cases import outcome_of
from pictures import PIXELS, encode
from PIL import Image

from facetds.data.list_cfd import list_cfd
from facetds.data.list_pretrain import list_pretrain
from facetds.gan.import_dataset import import_images
from facetds.labels import COLUMNS
from facetds.rejects import printable
from facetds.tables import read_table, write_table

PHOTO = encode("JPEG", Image.fromarray(PIXELS[:, :24]))
NAMES = {
    "H096 space": " a  b ",
    "H097 apostrophe": "it's",
    "H098 double quote": 'a"b',
    "H099 semicolon": "a;touch x;",
    "H100 dollar": "$(touch x)",
    "H101 backtick": "`touch x`",
    "H102 ampersand": "a & touch x",
    "H103 pipe": "a|touch x",
    "H104 newline": "a\ntouch x",
    "H105 tab": "a\tb",
    "H106 leading dash": "-rf",
    "H107 braces": "{x}{input}{{y",
    "H108 star": "*",
    "H109 undecodable": os.fsdecode(b"a\xff\xfe"),
    "H110 NFD": unicodedata.normalize("NFD", "\u00e9\u00fc"),
    "H110 NFC": "\u00e9\u00fc",
    "H111 lower": "case",
    "H111 upper": "CASE",
    "H112 RTL override": "a\u202egpj",
    "H113 255 bytes": "n" * 251,
    "H114 markup": "<img src=x onerror=alert(1)>",
    "H115 backslash": "a\\b",
    "H116 reserved": "con",
    "H116 trailing dot": "a.",
}


@pytest.fixture
def cfd(tmp_path):
    """Return cfd(name): a folder of CFD with one good photo, and two photos of hostile names."""

    def make(name):
        folder = tmp_path / "CFD Version 3.0/Images/CFD"
        for place in ("WM-012", name):
            (folder / place).mkdir(parents=True)
        (folder / "WM-012/CFD-WM-012-034-N.jpg").write_bytes(PHOTO)
        (folder / name / "CFD-BF-001-001-N.jpg").write_bytes(PHOTO)
        (folder / "WM-012" / f"{name}.jpg").write_bytes(PHOTO)
        return folder.parents[1]

    return make


@pytest.mark.parametrize("case", NAMES)
def test_a_photo_of_any_name_is_listed_on_one_line(case, cfd, tmp_path):
    name = NAMES[case]
    list_cfd(cfd(name), tmp_path / "cfd.csv", tmp_path / "rejected.csv")
    photos, rejected = read_table(tmp_path / "cfd.csv"), read_table(tmp_path / "rejected.csv")
    named = rejected[rejected["file"].str.endswith(printable(f"/{name}.jpg"))]
    assert named["reason"].tolist() == ["the name is not like CFD-WM-012-034-N.jpg"]
    # A folder that can be shown is used, any other is set aside with the reason.
    used = name == printable(name)
    assert len(photos) == 1 + used
    assert rejected["reason"].str.contains("cannot be printed").sum() == 1 - used
    for table in ("cfd.csv", "rejected.csv"):
        text = (tmp_path / table).read_text(encoding="utf-8")
        assert text == "".join(c for c in text if c.isprintable() or c == "\n")
    assert not rejected["item"].str.startswith(("=", "+", "-", "@")).any()
    assert outcome_of(case) == "harmless"


@pytest.mark.parametrize("case", NAMES)
def test_an_image_of_any_name_is_used_out_of_a_folder_or_a_zip(case, tmp_path):
    name = f"{NAMES[case][:250]}.png"
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / name).write_bytes(encode("PNG", Image.fromarray(PIXELS[:24, :24])))
    found = import_images(tmp_path / "set", 16)
    assert len(found.images) == 1
    if case[:4] in ("H109", "H115"):
        return  # A zip holds Unicode, and backslashes are refused in it (H119).
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr(name, (tmp_path / "set" / name).read_bytes())
    np.testing.assert_array_equal(import_images(tmp_path / "set.zip", 16).images, found.images)


def test_twins_are_two_photos(tmp_path):
    for pair in (("H110 NFD", "H110 NFC"), ("H111 lower", "H111 upper")):
        folder = tmp_path / pair[0] / "Images/CFD"
        for number, case in enumerate(pair):
            (folder / NAMES[case]).mkdir(parents=True, exist_ok=True)
            (folder / NAMES[case] / f"CFD-WM-012-{number:03d}-N.jpg").write_bytes(PHOTO)
        list_cfd(tmp_path / pair[0], tmp_path / "cfd.csv", tmp_path / "rejected.csv")
        assert len(read_table(tmp_path / "cfd.csv")) == 2


def test_names_in_a_table_of_ones_own(tmp_path):
    header = "path,subject,AU1,AU4,AU5,AU6,AU12,AU15\n"
    rows = ""
    for case, name in NAMES.items():
        if case[:4] not in ("H104", "H109"):
            (tmp_path / f"{name}.jpg").write_bytes(PHOTO)
            cell = name.replace('"', '""')
            rows += f'"{cell}.jpg",{case[1:4]},1,0,0,0,1,0\n'
    for path in ("../x.jpg", "/etc/passwd", "none.jpg", "a/../../x.jpg"):
        rows += f"{path},1,1,0,0,0,1,0\n"
    (tmp_path / "own.csv").write_text(header + rows, encoding="utf-8")
    list_pretrain(tmp_path / "own.csv", "csv", tmp_path / "out.csv", tmp_path / "rej.csv", seed=1)
    rejected = read_table(tmp_path / "rej.csv").set_index("file")["reason"]
    hidden = [printable(NAMES[case]) for case in ("H105 tab", "H112 RTL override")]
    expected = [f"{name}.jpg" for name in hidden]
    expected += ["../x.jpg", "/etc/passwd", "none.jpg", "a/../../x.jpg"]
    assert rejected.index.tolist() == expected
    assert rejected["none.jpg"] == "the image does not exist"
    assert len(read_table(tmp_path / "out.csv")) == len(NAMES) - 4


def test_a_careless_shell_is_taken_in(tmp_path):
    """Without this, the names could be of a kind that nothing happens with anyway."""
    trapped = 0
    for name in NAMES.values():
        folder = tmp_path / "folder"
        folder.mkdir()
        with contextlib.suppress(ValueError):
            (folder / name).write_bytes(PHOTO)
            command = f"cp {name} copy"
            subprocess.run(command, shell=True, cwd=folder, capture_output=True, check=False)
        copied = (folder / "copy").is_file() and sorted(os.listdir(folder)) == sorted(
            (name, "copy")
        )
        trapped += not copied
        shutil.rmtree(folder)
    assert trapped >= 12


# All of them at once, in folders that the user names in the config.
NASTY = """ it's "a";touch x;$(touch x)`touch x` & touch x|touch x*\u00e9 <img onerror>"""


@pytest.mark.hostile("H086", "H099", "H100", "H101", "H102", "H103", "H104", "H106", "H107")
def test_the_workflow_takes_folders_and_files_of_any_name(copied, tmp_path):
    root, files = tmp_path / NASTY / "{x}\n<b>/-rf", tmp_path / NASTY / "-rf"
    files.mkdir(parents=True)
    photos = root / "Images/CFD/WM-012"
    photos.mkdir(parents=True)
    (photos / "CFD-WM-012-034-N.jpg").write_bytes(PHOTO)
    network = files / "network.pkl"
    shutil.copy(copied.folder / "resources/demo-gan.pkl", network)
    row = dict.fromkeys(COLUMNS, 0) | {"seed": 9, "AU6": 1, "network": "ab" * 32}
    write_table(files / "labels.csv", pd.DataFrame([row]))
    config = {"data": {"cfd": str(root)}, "gan": {"network": str(network)},
              "seeds": {"labels": str(files / "labels.csv")}}  # fmt: skip
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    before = {path for path in copied.folder.rglob("x")}
    done = copied.snakemake(
        "results/data/cfd.csv", "results/gan/network.pkl", "results/seeds/seed_labels.csv",
        "--configfile", "tests/workflow/tiny.yaml", str(tmp_path / "own.yaml"),
        "--keep-going", "--directory", str(tmp_path / "work"), check=False,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert (tmp_path / "work/results/data/cfd.csv").is_file(), said[-3000:]
    assert len(read_table(tmp_path / "work/results/data/cfd.csv")) == 1
    assert (tmp_path / "work/results/gan/network.pkl").is_file(), said[-3000:]
    # The labels are of another network, and the refusal names their file as it is.
    assert f"{files}/labels.csv was made for another network" in said
    assert {path for path in copied.folder.rglob("x")} == before
    assert not list(tmp_path.rglob("x"))
