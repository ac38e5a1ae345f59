"""Every named definition against the values of the tool or the brute force it is named after."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from facetds.errors import BadInput, FacetdsError
from facetds.iqa import definitions, score_pair
from facetds.iqa.definitions import SETS, VARIANTS, choose_definitions, score_variants
from facetds.iqa.metrics import METRICS

ROOT = Path(__file__).parents[2]
FIXTURES = Path(__file__).parent / "fixtures"
CASES = json.loads((FIXTURES / "variants.json").read_text())
BRUTE = json.loads((FIXTURES / "values.json").read_text())["pairs"]
THESIS = {
    "rmse": ("rmse_global", 1e-12),
    "psnr": ("psnr", 1e-12),
    "ssim": ("ssim_uniform7", 1e-10),
    "issm": ("issm_pkg8", 1e-9),
    "sam": ("sam_pixel_valid", 1e-7),
    "uiq": ("uiq8_wang", 1e-10),
}


@pytest.fixture(scope="module")
def pairs():
    with np.load(FIXTURES / "image_pairs.npz", allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def worst_error(variant, values, pairs):
    """Return the largest |error| / max(1, |value|); unequal NaN or infinities count infinite."""
    errors = []
    for pair, text in values.items():
        expected, got = float(text), variant(pairs[f"{pair}_ref"], pairs[f"{pair}_dst"])
        if math.isfinite(expected) and math.isfinite(got):
            errors.append(abs(got - expected) / max(1, abs(expected)))
        else:
            same = got == expected or (math.isnan(got) and math.isnan(expected))
            errors.append(0 if same else math.inf)
    return max(errors)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['metric']}:{case['variant']}")
def test_variants_match_their_tools(pairs, case):
    error = worst_error(VARIANTS[case["metric"]][case["variant"]], case["values"], pairs)
    print(f"{case['metric']}:{case['variant']}: worst error {error:.1e}, by {case['peer']}")
    assert len(case["values"]) >= 13
    assert error <= case["tolerance"]


@pytest.mark.parametrize("metric", METRICS)
def test_thesis_definitions_match_brute_force(pairs, metric):
    name, tolerance = THESIS[metric]
    values = {
        pair: v for pair, v in BRUTE[name].items() if pair != "p19" and f"{pair}_ref" in pairs
    }
    error = worst_error(VARIANTS[metric][SETS["thesis"][metric]], values, pairs)
    print(f"{metric}: worst error {error:.1e}, by brute force in float64")
    assert error <= tolerance


def test_every_variant_has_values_but_degrees():
    checked = {(case["metric"], case["variant"]) for case in CASES}
    checked |= set(SETS["thesis"].items())
    others = {(m, v) for m, variants in VARIANTS.items() for v in variants} - checked
    assert all(variant.endswith("-degrees") for _, variant in others)


def test_degrees_are_radians_in_another_unit(pairs):
    pair = pairs["p02_ref"], pairs["p02_dst"]
    for name in ("pixels", "black-0", "black-half", "bands", "whole"):
        assert VARIANTS["sam"][f"{name}-degrees"](*pair) == math.degrees(
            VARIANTS["sam"][name](*pair)
        )
        assert definitions.UNITS["sam", f"{name}-degrees"] == "degrees"


@pytest.mark.parametrize("level", [0, 7, 255])
@pytest.mark.parametrize("other", [0, 90])
@pytest.mark.parametrize(("metric", "name"), [(m, v) for m in VARIANTS for v in VARIANTS[m]])
def test_flat_pairs_have_a_defined_answer(metric, name, level, other):
    x, y = (np.full((16, 16, 3), value, np.uint8) for value in (level, other))
    value = VARIANTS[metric][name](x, y)
    black = level == 0 or other == 0
    if metric == "issm" and name != "ism-0.3.6":
        assert math.isnan(value), "no edges, no correlation"
    elif metric == "sam" and name.removesuffix("-degrees") in ("pixels", "bands", "whole"):
        assert math.isnan(value) if black else value == pytest.approx(0, abs=1e-7)
    elif metric == "psnr" and level == other:
        assert value == pytest.approx(
            {"floor": 80, "luma": 80, "opencv": 361.202}.get(name, math.inf)
        )
    elif metric == "uiq" and name == "ism-0.3.6":
        assert value == 0, "the package counts flat windows as 0"
    elif metric == "uiq" and name != "sewar":
        light = 1 if level == other else 2 * level * other / (level**2 + other**2)
        assert value == pytest.approx(light, abs=1e-7)
    else:
        assert math.isfinite(value)


def test_names_choose_definitions():
    assert choose_definitions([]) == SETS["thesis"]
    assert set(choose_definitions(["ism-0.3.6"]).values()) == {"ism-0.3.6"}
    mixed = choose_definitions(["ssim:gaussian-11", "thesis"])
    assert mixed == SETS["thesis"] | {"ssim": "gaussian-11"}
    for wrong in (["thesis", "ism-0.3.6"], ["isn"], ["ssim:gauss"], ["fsim:piq"]):
        with pytest.raises(FacetdsError, match=r"iqa\.definitions names"):
            choose_definitions(wrong)


def test_schema_knows_every_definition():
    schema = yaml.safe_load((ROOT / "schemas/iqa.schema.yaml").read_text(encoding="utf-8"))
    known = re.compile(schema["$defs"]["definition"]["pattern"])
    names = [f"{metric}:{variant}" for metric in VARIANTS for variant in VARIANTS[metric]]
    assert [name for name in [*SETS, *names] if not known.search(name)] == []
    assert not any(known.search(name) for name in ("fsim", "ssim:", "sam:wang", "ssim:clamped:x"))


def test_only_other_definitions_are_computed(pairs):
    x, y = pairs["p02_ref"], pairs["p02_dst"]
    assert score_variants(SETS["thesis"], x, y) == {}
    ism = score_variants(SETS["ism-0.3.6"], x, y)
    assert set(ism) == set(METRICS)
    assert ism["issm"] == 0
    assert ism["rmse"] == pytest.approx(score_pair(x, y)["rmse"] / 4095, rel=1e-5)
    chosen = choose_definitions(["ssim:gaussian-11"])
    assert set(score_variants(chosen, x, y)) == {"ssim"}
    with pytest.raises(BadInput, match="11 x 11"):
        score_variants(chosen, x[:9], y[:9])
    with pytest.raises(BadInput, match="uint8"):
        score_variants(chosen, x.astype(float), y)
