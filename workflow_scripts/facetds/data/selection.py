"""Which frames of a DISFA video are used, and their binary labels (thesis 3.5).

The thesis gives their number, 300 of each subject, but not the way they are chosen. Consecutive
frames are nearly the same picture, so the chosen ones are spread over time.
"""

import numpy as np
import pandas as pd

from facetds.aus import AU_NAMES, AUS, DISFA_AUS

POSITIVE_NAMES = tuple(f"P{au}" for au in AUS)
"""The columns of the binary labels: intensity at or above the threshold."""


def binarise(frames: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """Return `frames` with the columns `POSITIVE_NAMES` (uint8): AU intensity >= `threshold`."""
    positive = frames[list(AU_NAMES)].to_numpy() >= threshold
    return frames.assign(**dict(zip(POSITIVE_NAMES, positive.T.astype(np.uint8), strict=True)))


def select_frames(
    frames: pd.DataFrame,
    count: int,
    positive_share: float,
    min_gap: int,
    random: np.random.Generator,
) -> pd.DataFrame:
    """Return `count` of a subject's binarised frames (all, if there are fewer), in time order.

    First each of the six AUs, the rarest first, gets positive_share x count / 6 frames on which it
    is positive, as far as there are that many `min_gap` frames apart from all chosen ones. Neutral
    frames (all twelve intensities 0) fill up, then any frames; where these are too few at that
    distance, it is lowered step by step. The column chosen_for says for what each was taken: the
    AU whose share it fills, neutral, or any.
    """
    times = frames["frame"].to_numpy()
    positive = frames[list(POSITIVE_NAMES)].to_numpy() == 1
    neutral = (frames[[f"AU{au}" for au in DISFA_AUS]].to_numpy() == 0).all(axis=1)
    quota = int(positive_share * count / len(AUS))
    purpose: dict[int, str] = {}
    for au in np.argsort(positive.sum(axis=0), kind="stable"):
        pool = times[positive[:, au]]
        missing = quota - np.isin(pool, list(purpose)).sum()
        drawn = draw_spread(pool, missing, list(purpose), min_gap, random)
        purpose |= dict.fromkeys(drawn, AU_NAMES[au])
    for gap in range(min_gap, 0, -1):
        for name, pool in (("neutral", times[neutral]), ("any", times)):
            drawn = draw_spread(pool, count - len(purpose), list(purpose), gap, random)
            purpose |= dict.fromkeys(drawn, name)
    chosen = frames[np.isin(times, list(purpose))]
    return chosen.assign(chosen_for=chosen["frame"].map(purpose).astype(object))


def draw_spread(
    pool: np.ndarray, wanted: int, taken: list[int], min_gap: int, random: np.random.Generator
) -> list[int]:
    """Return up to `wanted` frames of `pool` (sorted), spread over it.

    They are at least `min_gap` frames from each other and from those `taken`. The free frames are
    cut into as many parts as frames are wanted, and one is drawn of each, until there are enough
    or none is free.
    """
    drawn: list[int] = []
    free = _free(pool, taken, min_gap)
    while len(drawn) < wanted and len(free):
        for part in np.array_split(free, min(wanted - len(drawn), len(free))):
            part = _free(part, drawn, min_gap)
            if len(part):
                drawn.append(int(random.choice(part)))
        free = _free(free, drawn, min_gap)
    return drawn


def _free(pool: np.ndarray, taken: list[int], min_gap: int) -> np.ndarray:
    """Return the frames of `pool` at least `min_gap` from all `taken` ones."""
    if not taken or not len(pool):
        return pool
    distance = np.abs(pool[:, None] - np.asarray(taken)[None, :]).min(axis=1)
    return pool[distance >= min_gap]
