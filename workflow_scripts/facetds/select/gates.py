"""What an image must pass before its scores count, as reason codes.

The gates of mode "sound" ask whether an image lies where real photographs lie, never how near it
is to their middle: what they let through is then ranked and spread. That the face is whole, in
proportion and in colour (requirements 1 to 3 of the thesis, section 1.4) is judged by
`facetds.completeness`, as for the photographs themselves.
"""

import re

import numpy as np
import pandas as pd

from facetds.completeness import FAULTS, Gate, judge
from facetds.errors import FacetdsError

NO_FACE = ("unreadable", "no_face", "several_faces")
GATES = {
    "score": ("weak_face", False),
    "iod": ("face_size", True),
    "turn": ("turned", False),
    "brightness": ("exposure", False),
    "clipped": ("clipped", False),
    "sharpness": ("sharpness", True),
}
"""Other measures of the face: the reason of a gate, and whether the measure is a ratio.

Ratios are compared as logarithms: half as sharp and twice as sharp are equally far.
"""

ONE_SIDED = {"score": "low", "clipped": "high"}
LEAST_RANGE = {"clipped": 0.1, "turn": 0.4}
"""Widths that a range has at least: studio photographs are more frontal and even than need be."""

_LIMIT = re.compile(r"([a-z_]+)\s*(<=|>=)\s*(-?\d+(?:\.\d+)?(?:e-?\d+)?)")


def face_ranges(originals: pd.DataFrame, width: float) -> dict[str, tuple[float, float]]:
    """Return the range (low, high) of each gate, from what the originals measure.

    It reaches `width` interquartile ranges beyond the quartiles (Tukey's fences; 3 is "far out").
    A measure that no original has gets no range.
    """
    ranges = {}
    for name, (_, ratio) in GATES.items():
        values = originals[name].to_numpy(float)
        values = values[np.isfinite(values) & ((values > 0) | (not ratio))]
        if not len(values):
            continue
        low, high = np.percentile(np.log(values) if ratio else values, [25, 75])
        margin = width * max(high - low, 0)
        low, high = low - margin, high + margin
        if ratio:
            low, high = np.exp(low), np.exp(high)
        short = max(0.0, LEAST_RANGE.get(name, 0.0) - (high - low)) / 2
        side = ONE_SIDED.get(name)
        low = -np.inf if side == "high" else low - short
        ranges[name] = (float(low), np.inf if side == "low" else float(high + short))
    return ranges


def read_thresholds(texts: list[str]) -> list[tuple[str, str, float]]:
    """Return thresholds such as "ssim>=0.2" as (metric, comparison, value)."""
    found = []
    for text in texts:
        match = _LIMIT.fullmatch(text.strip())
        if match is None:
            raise FacetdsError(
                f"select.thresholds has {text!r}; write a score, <= or >=, and a number, such as "
                "brisque_svr<=0.4."
            )
        found.append((match[1], match[2], float(match[3])))
    return found


def gate(
    table: pd.DataFrame,
    mode: str,
    whole: Gate | None,
    ranges: dict[str, tuple[float, float]],
    thresholds: list[tuple[str, str, float]],
    least_realism: float = -np.inf,
    copy_distance: float = 0.0,
) -> np.ndarray:
    """Return the first reason against each image, "" for none (array of str).

    `table` has `problem`, and for mode "sound" `n_faces`, the measures of `whole` (what a whole
    face is) and of `GATES`, `realism` and `nearest_distance`: an image is unrealistic below
    `least_realism`, and copies an original (or its mirror image) within `copy_distance`.
    `thresholds` hold in both modes. An undefined measure passes no gate. Otherwise mode "thesis"
    asks only whether the image can be read.
    """
    checks = [("unreadable", table["problem"].notna().to_numpy())]
    if mode == "sound":
        faces = table["n_faces"].to_numpy(float, na_value=np.nan)
        checks += [("no_face", ~(faces >= 1)), ("several_faces", faces > 1)]
        faults = judge(table, whole)
        checks += [(reason, faults == name) for name, reason in FAULTS.items()]
        for name, (low, high) in ranges.items():
            values = table[name].to_numpy(float)
            checks.append((GATES[name][0], ~((values >= low) & (values <= high))))
        checks.append(("unrealistic", ~(table["realism"].to_numpy(float) >= least_realism)))
        checks.append(
            ("copies_original", table["nearest_distance"].to_numpy(float) < copy_distance)
        )
    for name, comparison, limit in thresholds:
        if name not in table or not pd.api.types.is_numeric_dtype(table[name]):
            raise FacetdsError(
                f"select.thresholds names {name!r}, which is no score; results/iqa/batch-*.csv, "
                "faces-*.csv and places-*.csv have the names."
            )
        values = table[name].to_numpy(float)
        inside = values <= limit if comparison == "<=" else values >= limit
        checks.append((f"threshold_{name}", ~inside))
    reasons = np.full(len(table), "", dtype=object)
    for reason, failed in reversed(checks):
        reasons[failed] = reason
    return reasons
