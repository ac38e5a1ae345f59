"""Whole faces pass and painted-over ones do not: benchmarks/completeness.py has larger numbers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from completeness import measure_gate

from facetds.completeness import (
    LEAST_FACES,
    MIRRORED,
    SIDES,
    asymmetry,
    calibrate,
    explain,
    judge,
    read_gate,
    write_gate,
)
from facetds.errors import BadInput

ROOT = Path(__file__).parents[2]


def test_faces_without_an_eye_nose_or_mouth_are_rejected_and_whole_ones_are_not():
    crop = yaml.safe_load((ROOT / "config.yaml").read_text())["crop"]
    shares = measure_gate(60, crop["gate_percentile"], crop["gate_margin"])
    assert shares.pop("nothing") <= 0.02
    assert min(shares.values()) >= 0.9


@pytest.fixture
def known():
    """Return measures and landmarks of 40 made-up faces."""
    random = np.random.default_rng(0)
    measures = pd.DataFrame(random.normal(1, 0.1, (40, len(SIDES))), columns=list(SIDES))
    names = [name for name in SIDES if not name.startswith("shape")]
    return measures[names], random.normal(0, 1, (40, 68, 2)) + np.arange(68)[:, None]


def test_a_measure_beyond_its_limit_is_named(known):
    measures, landmarks = known
    gate = calibrate(measures, landmarks, 2, 0.5)
    row = measures.iloc[:1].assign(shape_distance=1.0, shape_residual=0.0)
    assert judge(row, gate).tolist() == [""]
    beyond = {"mouth_contrast": (0.1, "below"), "asymmetry": (9.0, "above"),
              "warmth": (-9.0, "below"), "eye_contrast": (np.nan, "below")}  # fmt: skip
    for name, (value, side) in beyond.items():
        assert judge(row.assign(**{name: value}), gate).tolist() == [name]
        assert f"{name} is {side}" in explain(name, value, gate)


def test_limits_of_positive_measures_are_set_in_logarithms(known):
    measures, landmarks = known
    narrow, wide = (calibrate(measures, landmarks, 2, margin) for margin in (0, 9))
    place = narrow.names.index("nose_contrast")
    bottom, middle = np.percentile(measures["nose_contrast"], [2, 50])
    assert narrow.low[place] == pytest.approx(bottom, rel=1e-3)
    assert wide.low[place] == pytest.approx(middle * (narrow.low[place] / middle) ** 10, rel=1e-3)
    place = narrow.names.index("warmth")
    bottom, middle = np.percentile(measures["warmth"], [2, 50])
    assert wide.low[place] == pytest.approx(middle - 10 * (middle - bottom))


def test_few_faces_set_no_limits(known):
    measures, landmarks = known
    gate = calibrate(measures[: LEAST_FACES - 1], landmarks[: LEAST_FACES - 1], 2, 0.5)
    row = measures.iloc[:1].assign(shape_distance=99.0, shape_residual=99.0, mouth_contrast=0.0)
    assert judge(row, gate).tolist() == [""]


def test_a_gate_is_written_and_read(known, tmp_path):
    gate = calibrate(*known, 2, 0.5)
    write_gate(tmp_path / "gate.npz", gate)
    again = read_gate(tmp_path / "gate.npz")
    assert again.names == gate.names
    for name in ("low", "high", "mean", "axes", "scale"):
        assert np.array_equal(getattr(again, name), getattr(gate, name))
    np.savez(tmp_path / "other.npz", x=1)
    with pytest.raises(BadInput, match="holds no gate"):
        read_gate(tmp_path / "other.npz")


def test_a_symmetric_face_has_no_asymmetry():
    points = np.random.default_rng(1).normal((10, 0), 1, (68, 2))
    points[42:48] += [3, 0]
    symmetric = (points + (points * [-1, 1])[MIRRORED]) / 2
    assert asymmetry(symmetric) == pytest.approx(0, abs=1e-12)
    assert asymmetry(points) > 0.1
    assert sorted(MIRRORED) == list(range(68))
