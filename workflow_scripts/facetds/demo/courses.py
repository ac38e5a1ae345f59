"""How Action Units come and go in a recording: onset, apex, offset, and what goes with what.

A recording of DISFA shows a watching face: neutral for long, then events in which several AUs rise
and fall together. Time is counted in frames of 20 per second; as stand-ins are short, events follow
each other faster than in DISFA and AUs are more frequent.
"""

from collections.abc import Mapping

import numpy as np

from facetds.aus import DISFA_AUS

FRAME_RATE = 20
NEUTRAL = 10
"""Frames at the start in which nothing happens."""

ROUND = 60
"""Frames in which every event has its chance once."""

EVENTS = {
    "smile": (0.95, {12: (1, 2, 5), 6: (0.85, 1.5, 4.5), 25: (0.5, 1, 4), 26: (0.15, 1, 3)}),
    "surprise": (0.75, {1: (1, 2.5, 5), 2: (0.85, 2, 5), 5: (0.6, 2, 5), 25: (0.4, 1, 3)}),
    "frown": (0.75, {4: (1, 2.5, 5), 9: (0.3, 1, 3.5), 17: (0.2, 1, 3)}),
    "sorrow": (0.75, {15: (1, 2, 5), 17: (0.7, 1.5, 4), 1: (0.35, 2, 4.5), 4: (0.3, 1.5, 4)}),
    "stare": (0.5, {5: (1, 3, 5), 1: (0.25, 1, 4), 2: (0.2, 1, 4), 4: (0.2, 1, 3)}),
    "disgust": (0.4, {9: (1, 1.5, 4.5), 4: (0.7, 1.5, 4.5), 6: (0.4, 1.5, 4), 17: (0.4, 1, 4)}),
    "fright": (0.25, {1: (1, 2.5, 5), 4: (0.7, 2, 4.5), 20: (1, 1.5, 4), 25: (0.6, 1, 4)}),
}
"""Chance of each event in a round, and for each of its AUs the chance, and the lowest and highest
intensity at the apex."""


def draw_course(frames: int, random: np.random.Generator) -> np.ndarray:
    """Return the intensities of `DISFA_AUS` in every frame as float64 frames x 12, from 0 to 5.

    The first `NEUTRAL` frames are 0. Where events overlap, the stronger intensity of an AU holds.
    """
    course = np.zeros((frames, len(DISFA_AUS)))
    liveliness = random.uniform(0.8, 1.1)
    for first in range(NEUTRAL, frames, ROUND - NEUTRAL):
        chosen = [name for name, (chance, _) in EVENTS.items() if random.random() < chance]
        slot = (min(first + ROUND - NEUTRAL, frames) - first) / max(1, len(chosen))
        for place, name in enumerate(random.permutation(chosen).tolist()):
            middle = first + (place + random.uniform(0.3, 0.7)) * slot
            envelope = _envelope(frames, middle, slot * random.uniform(0.9, 1.4), random)
            for au, peak in _draw_peaks(EVENTS[name][1], random).items():
                column = DISFA_AUS.index(au)
                rise = np.clip(envelope * liveliness * peak, 0, 5)
                course[:, column] = np.maximum(course[:, column], rise)
    course[:NEUTRAL] = 0
    return course


def _draw_peaks(aus: Mapping[int, tuple], random: np.random.Generator) -> dict[int, float]:
    drawn = {au: random.uniform(size=2) for au in aus}
    return {
        au: low + (high - low) * drawn[au][1]
        for au, (chance, low, high) in aus.items()
        if drawn[au][0] < chance
    }


def _envelope(frames: int, middle: float, length: float, random: np.random.Generator) -> np.ndarray:
    """Return one event's rise and fall, 0 to 1: onset (30 %), apex (35 %), slower offset."""
    apex = 0.35 * length
    onset = 0.3 * length * random.uniform(0.7, 1.2)
    offset = 0.4 * length * random.uniform(0.8, 1.3)
    distance = np.arange(frames) - middle
    rising = np.clip((distance + apex / 2 + onset) / onset, 0, 1)
    falling = np.clip((apex / 2 + offset - distance) / offset, 0, 1)
    height = np.minimum(rising, falling)
    return height * height * (3 - 2 * height)


def disturb(course: np.ndarray, random: np.random.Generator, amount: float = 0.7) -> np.ndarray:
    """Return what the face shows: the course with noise of at most `amount`, slow in time.

    A face does not show an intensity as the coder grades it, and it never rests.
    """
    noise = wander(len(course), course.shape[1], 4, random) * amount / 2
    return np.clip(course + np.clip(noise, -amount, amount), 0, 5)


def code(course: np.ndarray, random: np.random.Generator, error: float = 0.12) -> np.ndarray:
    """Return a coder's labels of a course as int64, 0 to 5: rounded, and some off by one.

    The share `error` of the frames in which an AU shows is moved by one, up or down, and a sixth of
    it of those in which none shows up to 1.
    """
    labels = np.rint(course).astype(np.int64)
    wrong, up = random.random(labels.shape), random.random(labels.shape) < 0.5
    visible = labels > 0
    step = np.where(visible, np.where(up, 1, -1) * (wrong < error), wrong < error / 6)
    step[:NEUTRAL] = 0
    return np.clip(labels + step, 0, 5)


def wander(frames: int, columns: int, smoothness: float, random: np.random.Generator) -> np.ndarray:
    """Return slow noise as float64 frames x columns with mean about 0 and SD about 1.

    `smoothness` is the standard deviation, in frames, of the Gaussian that white noise is
    averaged with.
    """
    reach = int(np.ceil(3 * smoothness))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / smoothness) ** 2)
    kernel /= np.sqrt((kernel**2).sum())
    white = random.normal(size=(frames + 2 * reach, columns))
    return np.stack([np.convolve(column, kernel, "valid") for column in white.T], axis=1)


def draw_blinks(frames: int, random: np.random.Generator) -> np.ndarray:
    """Return how far the lids are closed in every frame, 0 to 1: a blink in about 50 frames."""
    closed = np.zeros(frames)
    position = random.uniform(5, 50)
    while position < frames:
        distance = np.abs(np.arange(frames) - position)
        closed = np.maximum(closed, np.clip(1.4 - 0.6 * distance, 0, 1))
        position += random.uniform(30, 75)
    return closed


def draw_speech(frames: int, random: np.random.Generator) -> np.ndarray:
    """Return how far speech opens the mouth in every frame, as an intensity of AU25 from 0 to 2."""
    spoken = wander(frames, 1, 8, random)[:, 0] > 1.2
    return np.where(spoken, np.abs(wander(frames, 1, 1, random)[:, 0]), 0).clip(0, 2)
