"""Hostile config files and tables: refused in one line that names the file and the place."""

import os
from pathlib import Path

import jsonschema
import pandas as pd
import pytest
import yaml
from cases import outcome_of

from facetds.aus import AU_NAMES
from facetds.configs import check_config
from facetds.errors import BadInput, FacetdsError
from facetds.foreign import MAX_BYTES, read_lines, read_sheets
from facetds.labels import read_labels
from facetds.rejects import Reject, gather_rejected, write_rejected
from facetds.review.__main__ import read_settings
from facetds.tables import read_table

ROOT = Path(__file__).parents[2]
HASH = "ab" * 32


def bomb(kind):
    """Return a config of some hundred bytes that is a billion values."""
    first, each = ("[x, x]", "[{}]") if kind == "list" else ("{a: 1, b: 1}", "{{{}}}")
    lines = [f"crop:\n  k0: &a0 {first}"]
    for number in range(1, 31):
        names = ("", "") if kind == "list" else ("a: ", "b: ")
        inner = ", ".join(f"{name}*a{number - 1}" for name in names)
        lines.append(f"  k{number}: &a{number} {each.format(inner)}")
    return "\n".join(lines)


CONFIGS = {
    "H082 apply": ("crop: !!python/object/apply:os.system [x]", "line 1: the tag .*os.system"),
    "H082 name": ("crop: !!python/name:os.system", "line 1: the tag"),
    "H082 own": ("crop: !own x", "line 1: the tag !own"),
    "H083 lists": (bomb("list"), "aliases repeat values without end"),
    "H083 mappings": (bomb("mapping"), "aliases repeat values without end"),
    "H083 circle": ("crop: &a [*a]", "line 1: the alias a stands"),
    "H083 twice": ("a: &a [1]\nb: &a [*a]", "line 2: the anchor a comes twice"),
    "H083 texts": ("a: &a " + "x" * 9000 + "\nb: [" + "*a, " * 9000 + "1]", "without end"),
    "H083 deep": ("crop: " + "[" * 100_000, "line 1: values are nested without end"),
    "H083 long": ("crop: [" + "1, " * 30_000 + "1]", "without end"),
    "H084 in a section": ("crop:\n  size: 128\n  zoom: 1\n  size: 64", "line 4: size comes twice"),
    "H084 section": ("crop: {size: 64}\ncrop: {zoom: 1}", "line 2: crop comes twice"),
    "H084 JSON": ('{"seed": 1, "seed": 2}', "line 1: seed comes twice"),
    "H085 octal": ("seed: 012", "line 1: YAML takes 012 for a number of base 8"),
    "H085 base 60": ("seed: 12:30:45", "line 1: YAML takes 12:30:45 for a number of base 60"),
    "H085 negative": ("seed: -017", "base 8"),
    "H090 50 MB": ("seed: 1 #" + "x" * 50_000_000, "has 50,000,009 bytes; the limit is 1,000,000"),
    "H204 template": ("__use_yte__: true\nseed: ?1 + 1", "line 1: __use_yte__ lets the file run"),
    "H092 UTF-16": ("seed: 1".encode("utf-16"), "is not text in UTF-8"),
    "H092 NUL": ("seed: 1\0", "is not YAML: .* is not allowed|is not YAML"),
    "tabs": ("crop:\n\tsize: 64", "is not YAML: .*line 2"),
}  # fmt: skip


@pytest.mark.parametrize("case", CONFIGS)
def test_a_config_is_refused_with_the_line(case, tmp_path):
    content, words = CONFIGS[case]
    path = tmp_path / "own config.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    for check in (check_config, lambda path: read_settings([path])):
        with pytest.raises(FacetdsError, match=words) as error:
            check(path)
        assert "own config.yaml" in str(error.value)
        assert "\n" not in str(error.value)
        assert len(str(error.value)) < 500


def test_configs_in_use_pass():
    used = [ROOT / "config.yaml", ROOT / "tests/workflow/tiny.yaml"]
    for path in (*used, *ROOT.glob("profiles/*/*.yaml")):
        check_config(path)


@pytest.mark.parametrize(
    "text",
    [
        "a: &x [1, 2]\nb: *x\n<<: {c: 1}",
        '{"a": {"b": [1, 0, 10.5e3]}}',
        "- a\n- a",
        "mirror: NO\nf: 0.5\nn: 0\nh: 0x1F\ns: '012'\nt: \"12:30\"",
        "a: [{b: 1}, {b: 1}]",
    ],
)
def test_what_means_one_thing_passes(text, tmp_path):
    (tmp_path / "c.yaml").write_text("\ufeff" + text)
    check_config(tmp_path / "c.yaml")


def schema_of(stage):
    return yaml.safe_load((ROOT / f"schemas/{stage}.schema.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("case", "stage", "key", "value"),
    [
        *(("H089", "fer", "folds", value) for value in (0, -1, 10**9, 13.5, "13", None)),
        ("H085", "data", "cfd", False), ("H085", "gan", "mirror", "NO"),
        ("H085", "fer", "arms", {"NO": False}), ("H089", "generate", "batches_per_job", 10**9),
        ("H089", "crop", "shards", 10**9), ("H089", "demo", "cfd_models", 10**9),
        ("H089", "generate", "n_images", 10**12), ("H089", "gan", "total_kimg", 10**12),
        ("H088", "data", "cfd", ""), ("H088", "gan", "network", ""),
    ],
)  # fmt: skip
def test_values_of_no_sense_are_refused_by_the_schema(case, stage, key, value):
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))[stage]
    schema = schema_of(stage)
    jsonschema.validate(config, schema)
    with pytest.raises(jsonschema.ValidationError) as error:
        jsonschema.validate({**config, key: value}, schema)
    assert f".{key}" in error.value.json_path
    assert outcome_of(case) == "refused"


@pytest.mark.parametrize(
    ("overlay", "words"),
    [
        pytest.param("crop: {zom: 1}", "'zom' was unexpected) (did you mean zoom?)", id="H087"),
        pytest.param("crop: !!python/object/apply:os.system [x]", "not valid JSON", id="H082"),
        pytest.param("__use_yte__: true", "__use_yte__ lets the file run code", id="H204"),
        pytest.param("gan: {network: ~/$HOME/n.pkl}", "gan.network: ~/$HOME/n.pkl does",
                     id="H088 home"),
        pytest.param("gan: {dataset: 'https://example.org/d.zip'}",
                     "gan.dataset: https://example.org/d.zip does not exist", id="H088 URL"),
        pytest.param("seeds: {previews: 1000000000000}", "shards, more than 1,000", id="H089"),
    ],
)  # fmt: skip
def test_the_workflow_says_it_in_one_line(overlay, words, copied, tmp_path):
    (tmp_path / "wrong.yaml").write_text(overlay)
    done = copied.snakemake("-n", "--configfile", str(tmp_path / "wrong.yaml"), check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert words in " ".join(said.split())
    assert "Traceback (most recent call last)" not in said


def labels(**changes):
    """Return a table of two seeds as text, with columns replaced by texts."""
    row = dict.fromkeys(AU_NAMES, "0") | {"neutral": "1", "network": HASH}
    table = pd.DataFrame([{"seed": "4", **row}, {"seed": "9", **row}])
    return table.assign(**changes).to_csv(index=False)


TABLES = {
    "H093 two": (labels(AU1=["2", "0"]), "line 2 .* mark other than 0 and 1"),
    "H093 minus one": (labels(AU1=["0", "-1"]), "line 3 .* mark other than 0 and 1"),
    "H093 NaN": (labels(AU1=["NaN", "0"]), "line 2: AU1 is 'NaN'"),
    "H093 empty": (labels(AU1=["0", ""]), "line 3: AU1 is empty"),
    "H093 yes": (labels(neutral=["yes", "1"]), "line 2: neutral is 'yes'"),
    "H093 infinite": (labels(AU4=["inf", "0"]), "line 2: AU4 is 'inf'"),
    "H095 blank": (labels(seed=["9 ", "4"]), "line 2: seed is '9 '"),
    "H095 Arabic": (labels(seed=["4", "\u0669"]), "line 3: seed is '\u0669'"),
    "H095 exponent": (labels(seed=["1e3", "4"]), "line 2: seed is '1e3'"),
    "H095 2^63": (labels(seed=[str(2**63), "4"]), "line 2: seed is '9223372036854775808'"),
    "H095 underscore": (labels(seed=["1_0", "4"]), "line 2: seed is '1_0'"),
    "H092 UTF-16": (labels().encode("utf-16"), "is not a CSV table in UTF-8"),
    "H092 NUL": (labels(seed=["4\0", "9"]), "line 2: seed is "),
    "H203 more cells": (labels() + "1,2,3,4,5,6,7,8,9,10,11\n", "is not a CSV table|more cells"),
    "H203 open quote": (labels() + '"', "is not a CSV table"),
    "H203 huge field": (labels(seed=["4", "9" * 10_000_000]), "line 3: seed is "),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLES)
def test_a_table_of_labels_is_refused_with_the_line(case, tmp_path):
    content, words = TABLES[case]
    path = tmp_path / "labels.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(FacetdsError, match=words) as error:
        read_labels(path)
    assert "labels.csv" in str(error.value)
    assert len(str(error.value)) < 500


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte order mark"])
@pytest.mark.hostile("H092")
def test_line_ends_and_byte_order_marks_do_not_matter(ending, mark, tmp_path):
    text = mark + labels().replace("\n", ending)
    (tmp_path / "labels.csv").write_bytes(text.encode())
    assert read_labels(tmp_path / "labels.csv")["seed"].tolist() == [4, 9]


@pytest.mark.hostile("H094")
def test_a_table_of_ten_million_rows_is_not_read(tmp_path):
    with (tmp_path / "labels.csv").open("w") as file:
        file.write(labels())
        # Sparse: no test needs the bytes.
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(FacetdsError, match=r"labels\.csv has more than 256,000,000 bytes"):
        read_labels(tmp_path / "labels.csv")


@pytest.mark.hostile("H203")
def test_a_fifo_or_a_folder_is_no_table(tmp_path):
    os.mkfifo(tmp_path / "fifo.csv")
    (tmp_path / "folder.csv").mkdir()
    for name in ("fifo.csv", "folder.csv"):
        for read in (read_table, read_labels, read_sheets, read_lines, check_config):
            with pytest.raises(FacetdsError, match=f"{name} is not a regular file"):
                read(tmp_path / name)


@pytest.mark.hostile("H203")
def test_a_csv_with_a_field_of_ten_megabytes_is_refused(tmp_path):
    (tmp_path / "Norming.csv").write_text("Model,AgeRated\n" + "x" * 10_000_000)
    with pytest.raises(BadInput, match=r"Norming\.csv is not a CSV table: field larger"):
        read_sheets(tmp_path / "Norming.csv")


@pytest.mark.hostile("H201")
def test_a_file_of_labels_must_be_text_of_some_megabytes(tmp_path):
    path = tmp_path / "SN001_au1.txt"
    path.write_bytes("1,0\n".encode("utf-16"))
    with pytest.raises(BadInput, match=r"SN001_au1\.txt is not text in UTF-8"):
        read_lines(path)
    path.write_bytes(b"1,0\n" * 5_000_000)
    with pytest.raises(BadInput, match=r"SN001_au1\.txt has 20,000,000 bytes; the limit is"):
        read_lines(path)


@pytest.mark.hostile("H091")
def test_no_cell_of_a_list_of_rejects_is_a_formula(tmp_path):
    cells = ("=HYPERLINK(1)", "+cmd|' /C calc'!A0", "-1+1", "@SUM(A1)", "\t=1", "a=b", "\r=1")
    rejects = [Reject("cfd", cell, cell, cell, "bad_name") for cell in cells]
    write_rejected(tmp_path / "r.csv", rejects)
    table = gather_rejected([tmp_path / "r.csv"])
    assert table["item"].tolist() == [
        "'=HYPERLINK(1)", "'+cmd|' /C calc'!A0", "'-1+1", "'@SUM(A1)", "\\t=1", "a=b", "\\r=1",
    ]  # fmt: skip
    assert (table["item"] == table["reason"]).all()
