"""The config against its schemas: what is written, what is refused, and how it is said."""

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
STAGES = [name for name, section in CONFIG.items() if isinstance(section, dict)]


@pytest.mark.parametrize("stage", STAGES)
def test_schema_and_config_name_the_same_keys(stage):
    schema = yaml.safe_load((ROOT / f"schemas/{stage}.schema.yaml").read_text(encoding="utf-8"))
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == set(CONFIG[stage]) == set(schema["required"])
    for key, rule in schema["properties"].items():
        assert rule.get("description"), f"{stage}.{key} has no description"


def test_every_key_has_a_comment():
    commented = False
    for number, line in enumerate((ROOT / "config.yaml").read_text().splitlines(), 1):
        text = line.strip()
        starts_key = ":" in text and not text.startswith(("#", "-", "SN", '"'))
        if starts_key and not line.startswith("    "):
            assert commented or "#" in text, f"line {number}: {text}"
        # A comment may serve the keys right below it, until an empty line.
        commented = text.startswith("#") or (commented and bool(text))


@pytest.mark.parametrize(
    ("overlay", "words"),
    [
        ("crop: {sice: 3}", "Configuration, crop: Additional properties are not allowed ('sice'"),
        ("crop: {size: 3}", "Configuration, crop.size: 3 is less than the minimum of 32"),
        ("select: {mode: best}", "Configuration, select.mode: 'best' is not one of"),
        ("nope: 1", "('nope' was unexpected)"),
        ("crop: null", "Configuration, crop: None is not of type 'object'"),
    ],
)
def test_a_wrong_key_or_value_is_named(copied, tmp_path, overlay, words):
    (tmp_path / "wrong.yaml").write_text(overlay)
    done = copied.snakemake("-n", "--configfile", str(tmp_path / "wrong.yaml"), check=False)
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 1
    assert words in said
    assert "lists every key" in said
    assert "Traceback" not in said


def test_a_missing_data_set_is_named(copied, tmp_path):
    (tmp_path / "wrong.yaml").write_text("data: {cfd: /nowhere/CFD}")
    done = copied.snakemake(
        "results/data/cfd.csv", "--configfile", str(tmp_path / "wrong.yaml"), check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert "data.cfd" in said
    assert "/nowhere/CFD" in said
    assert "Traceback" not in said
