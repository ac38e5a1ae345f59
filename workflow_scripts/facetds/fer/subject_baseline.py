"""A person's own neutral face as the baseline of their other faces (thesis 3.11.2).

`subtract` takes the mean score of the neutral face off every score; `siamese` shows the network the
neutral face beside every face (as in one-frame calibration, Feng and de Sa 2024). Both need a
recording of the neutral face of everyone, also of those that the classifier is used on.
"""

from collections.abc import Callable, Sequence

import numpy as np

from facetds.errors import FacetdsError
from facetds.fer.inputs import Examples, Part, select_rows
from facetds.progress import say

BASELINES = ("none", "subtract", "siamese")
"""Names of the ways (fer.subject_baseline)."""

LIMIT = 1e-7
"""Least distance of a probability from 0 and 1, so that its log-odds are finite."""

MAX_LOG_ODDS = 20
"""No log-odds are larger, with that limit."""

CHOICE = "least intensity of the 12 AUs by DISFA's labels; not scored"
"""How references are chosen: the labels stand for knowing that a person was asked to be calm."""

Arrays = dict[str, np.ndarray]
Ask = Callable[[np.ndarray], np.ndarray]
"""A model: inputs (N x ...) to probabilities (N x AUs, or N x members x AUs)."""


def check_baseline(name: str) -> None:
    """Raise `FacetdsError` for a name that is not in `BASELINES`."""
    if name not in BASELINES:
        raise FacetdsError(
            f"fer.subject_baseline {name} is not known; set one of {', '.join(BASELINES)}."
        )


def choose_references(disfa: Arrays, count: int, random: np.random.Generator) -> np.ndarray:
    """Return for every DISFA row (N) rows of its subject's neutral face: int64 N x count.

    disfa: subject, and intensity (N: the sum over the 12 coded AUs). At most half of a subject's
    neutral frames (intensity 0) are taken, since references are not scored; they are drawn, and
    repeat where they are fewer than `count`. A subject without a neutral frame has its calmest one.
    """
    chosen = np.empty((len(disfa["subject"]), count), np.int64)
    for name in np.unique(disfa["subject"]):
        rows = select_rows(disfa, [name])
        neutral = random.permutation(rows[disfa["intensity"][rows] == 0])
        calm = neutral[: (len(neutral) + 1) // 2]
        if not len(calm):
            calm = rows[[disfa["intensity"][rows].argmin()]]
        chosen[rows] = np.resize(np.sort(calm[:count]), count)
    return chosen


def choose_counterparts(synthetic: Arrays, count: int, random: np.random.Generator) -> np.ndarray:
    """Return for every synthetic row (N) rows of a neutral synthetic face: int64 N x count.

    All images of a seed have the AUs of that seed, so that only a neutral seed has a neutral face
    of its own. Others get drawn neutral faces of the set: of other people, but as synthetic.

    synthetic: labels, seed. Raises `FacetdsError` for a set without a neutral image.
    """
    neutral = np.flatnonzero(synthetic["labels"].sum(axis=1) == 0)
    if not len(neutral):
        raise FacetdsError(
            "fer.subject_baseline siamese needs neutral synthetic images, and the set has none; "
            "keep neutral seeds in the review, or set it to subtract or none."
        )
    chosen = random.choice(neutral, (len(synthetic["labels"]), count))
    for seed in np.unique(synthetic["seed"][neutral]):
        rows = np.flatnonzero(synthetic["seed"] == seed)
        chosen[rows] = random.choice(np.intersect1d(rows, neutral), (len(rows), count))
    return chosen


def select_references(disfa: Arrays, subjects: Sequence[str]) -> np.ndarray:
    """Return the rows (int64) that are references of subjects; none without a baseline."""
    rows = select_rows(disfa, subjects)
    return np.unique(disfa["references"][rows]) if "references" in disfa else rows[:0]


def select_scored(disfa: Arrays, subjects: Sequence[str]) -> np.ndarray:
    """Return the rows (int64) of subjects that are scored: all but the references."""
    return np.setdiff1d(select_rows(disfa, subjects), select_references(disfa, subjects))


def describe_references(disfa: Arrays, count: int) -> dict[str, object]:
    """Return what training.json says of references, and say who is never neutral.

    Its keys: choice, count, frames (by subject), never_neutral (subjects whose reference is only
    their calmest frame).
    """
    names = np.unique(disfa["subject"]).tolist()
    rows = {name: select_references(disfa, [name]) for name in names}
    never = [name for name in names if disfa["intensity"][rows[name]].any()]
    if never:
        say(f"{', '.join(never)}: no frame is neutral; the calmest one is the baseline.")
    return {
        "choice": CHOICE,
        "count": count,
        "frames": {name: disfa["frame"][rows[name]].tolist() for name in names},
        "never_neutral": never,
    }


def recall_references(disfa: Arrays, told: dict[str, object]) -> np.ndarray:
    """Return the references (int64 N x count) of DISFA rows that `describe_references` told."""
    chosen = np.empty((len(disfa["subject"]), told["count"]), np.int64)
    for name, frames in told["frames"].items():
        rows = select_rows(disfa, [name])
        chosen[rows] = np.resize(rows[np.isin(disfa["frame"][rows], frames)], told["count"])
    return chosen


def join(faces: np.ndarray, neutral: np.ndarray) -> np.ndarray:
    """Return pairs, as a siamese network takes them: features B x 2D, images B x 2 x S x S x 3."""
    if faces.ndim == 2:
        return np.concatenate([faces, neutral], axis=1)
    return np.stack([faces, neutral], axis=1)


class Pairs(Examples):
    """Examples of `inputs`, each with one of its references, which is drawn when it is shown.

    A face and its reference are mirrored together.
    """

    def __init__(
        self, parts: Sequence[Part], references: Sequence[np.ndarray], random: np.random.Generator
    ) -> None:
        """Take, for each part, the references of all rows of its set (int64 N x count)."""
        super().__init__(parts)
        chosen = np.concatenate([r[p.rows] for p, r in zip(parts, references, strict=True)])
        splits = np.cumsum([len(part.rows) for part in parts])[:-1]
        self.neutral = [
            Examples(
                [
                    Part(part.inputs, part.mirrored, part.labels, rows)
                    for part, rows in zip(parts, np.split(column, splits), strict=True)
                ]
            )
            for column in chosen.T
        ]
        self.random = random

    def take(self, places: np.ndarray, flips: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return pairs and labels of B examples, mirrored left to right where `flips` is true."""
        faces, labels = super().take(places, flips)
        neutral = np.empty_like(faces)
        drawn = self.random.integers(len(self.neutral), size=len(places))
        for number, examples in enumerate(self.neutral):
            mine = drawn == number
            neutral[mine] = examples.take(places[mine], flips[mine])[0]
        return join(faces, neutral), labels

    def gather(self) -> np.ndarray:
        """Return the pairs of all examples with their first references, a copy."""
        return join(super().gather(), self.neutral[0].gather())


def to_log_odds(probabilities: np.ndarray) -> np.ndarray:
    """Return log-odds (float64): differences of them do not saturate, as of probabilities do."""
    p = np.clip(probabilities.astype(np.float64), LIMIT, 1 - LIMIT)
    return np.log(p) - np.log1p(-p)


def to_probabilities(log_odds: np.ndarray) -> np.ndarray:
    """Return the probabilities (float32) of log-odds."""
    return (1 / (1 + np.exp(-log_odds))).astype(np.float32)


def score_pairs(
    ask: Ask, inputs: np.ndarray, rows: np.ndarray, references: np.ndarray
) -> np.ndarray:
    """Return what a siamese model says of `rows` of N inputs: the mean log-odds over references.

    references: int64 N x count. Returns probabilities, float32 B x ... x AUs.
    """
    scores = [ask(join(inputs[rows], inputs[column[rows]])) for column in references.T]
    return to_probabilities(np.mean([to_log_odds(score) for score in scores], axis=0))


def score_neutral(
    ask: Ask, inputs: np.ndarray, rows: np.ndarray, references: np.ndarray
) -> np.ndarray:
    """Return the mean log-odds of the references of `rows`, float64 B x ... x AUs."""
    shown, places = np.unique(references[rows], return_inverse=True)
    scores = to_log_odds(ask(inputs[shown]))
    return scores[places.reshape(len(rows), -1)].mean(axis=1)


def score_subtracted(
    ask: Ask, inputs: np.ndarray, rows: np.ndarray, references: np.ndarray, usual: np.ndarray
) -> np.ndarray:
    """Return probabilities of `rows` from which, as log-odds, those of their references are taken.

    usual: log-odds (... x AUs) of the usual neutral face, the mean of `find_neutral` over the
    people of training. They are added again, so that probabilities stay what they were there.
    """
    neutral = score_neutral(ask, inputs, rows, references)
    return to_probabilities(to_log_odds(ask(inputs[rows])) - neutral + usual)


def score(
    baseline: str,
    ask: Ask,
    inputs: np.ndarray,
    rows: np.ndarray,
    references: np.ndarray | None,
    usual: np.ndarray | None,
) -> np.ndarray:
    """Return probabilities (float32 B x ... x AUs) of `rows` of inputs, by a name of `BASELINES`.

    references: int64 N x count; usual: see `score_subtracted`; None for the others.
    """
    if baseline == "siamese":
        return score_pairs(ask, inputs, rows, references)
    if baseline == "subtract":
        return score_subtracted(ask, inputs, rows, references, usual)
    return ask(inputs[rows])


def find_neutral(ask: Ask, disfa: Arrays, subjects: Sequence[str]) -> np.ndarray:
    """Return the log-odds of the neutral faces of some subjects, float64 S x ... x AUs."""
    first = [select_rows(disfa, [name])[0] for name in subjects]
    return score_neutral(ask, disfa["inputs"], np.array(first), disfa["references"])


def average_neutral(ask: Ask, disfa: Arrays, plan: Sequence[Sequence[str]]) -> np.ndarray:
    """Return `usual` of an ensemble, members x AUs; plan: the subjects that each member saw."""
    names = np.unique(disfa["subject"])
    scores = find_neutral(ask, disfa, names)
    return np.stack([scores[np.isin(names, own), m].mean(axis=0) for m, own in enumerate(plan)])
