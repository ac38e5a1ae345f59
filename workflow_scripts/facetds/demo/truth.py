"""What was drawn, as columns of the truth tables: AUs, pose, landmarks."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from facetds.aus import DISFA_AUS
from facetds.demo.face import Scene
from facetds.tables import read_table

INTENSITIES = tuple(f"AU{au}" for au in DISFA_AUS)
POSE = ("yaw", "pitch", "roll")
LANDMARKS = tuple(f"{axis}{point}" for point in range(68) for axis in "xy")
ORIGIN = "drawn, not a real person"
"""Stands in column `origin` of every row, so that no excerpt passes for a finding about people."""

TEXTS = ("norming_key", "flaw")
"""Columns in which nothing is written for most pictures."""

DECIMALS = 3


def truth_columns(
    intensities: Mapping[int, float], scene: Scene, landmarks: np.ndarray
) -> dict[str, float]:
    """Return AU1..AU26 (0-5), yaw, pitch, roll (degrees), and x0, y0 .. x67, y67 (pixels)."""
    drawn = {f"AU{au}": float(intensities.get(au, 0)) for au in DISFA_AUS}
    pose = {name: float(getattr(scene, name)) for name in POSE}
    return drawn | pose | dict(zip(LANDMARKS, landmarks.ravel().tolist(), strict=True))


def missing_columns() -> dict[str, float]:
    """Return the same columns for a picture that shows no face: all NaN."""
    return dict.fromkeys((*INTENSITIES, *POSE, *LANDMARKS), np.nan)


def gather(paths: Sequence[Path]) -> pd.DataFrame:
    """Return the truth tables of all parts as one, in the order of `paths`; no text is missing."""
    parts = [read_table(path, ("origin",)) for path in paths]
    words = [name for name in TEXTS if name in parts[0]]
    return pd.concat(parts, ignore_index=True).fillna(dict.fromkeys(words, ""))
