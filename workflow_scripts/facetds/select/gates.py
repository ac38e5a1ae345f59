"""What an image must pass before its scores count, as reason codes.

A hard gate keeps an image out for good; one behind a soft gate may still fill a batch that has not
enough others.
"""

import numpy as np
import pandas as pd

HARD = ("unreadable", "no_face", "several_faces")
SOFT = {"score": "weak_face", "eye_contrast": "unclear_eyes", "asymmetry": "asymmetric"}
"""The face measures with a limit: below the originals' low percentile, or above the high one."""

TOO_HIGH = ("asymmetry",)


def face_limits(originals: pd.DataFrame, percentile: float) -> dict[str, float]:
    """Return the limit of each soft gate, from what real faces measure (`percentile` of 100).

    A measure that no original has gets no limit.
    """
    limits = {}
    for name in SOFT:
        values = originals[name].to_numpy(float)
        values = values[np.isfinite(values)]
        if len(values):
            at = 100 - percentile if name in TOO_HIGH else percentile
            limits[name] = float(np.percentile(values, at))
    return limits


def gate(table: pd.DataFrame, limits: dict[str, float], mode: str) -> np.ndarray:
    """Return the reason why each image is held back, "" for none (array of str).

    `table` has `problem`, and for mode "sound" `n_faces` and the face measures. "thesis" holds
    back nothing but what cannot be read.
    """
    reasons = np.full(len(table), "", dtype=object)
    if mode == "sound":
        for name, limit in limits.items():
            values = table[name].to_numpy(float)
            inside = values <= limit if name in TOO_HIGH else values >= limit
            reasons[~inside & (reasons == "")] = SOFT[name]
        reasons[table["n_faces"].to_numpy() > 1] = "several_faces"
        reasons[table["n_faces"].to_numpy() == 0] = "no_face"
    reasons[table["problem"].notna().to_numpy()] = "unreadable"
    return reasons
