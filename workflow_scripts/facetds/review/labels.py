"""What a reviewer can say of a seed, as one short text.

"" nothing yet; "passed" and "marked": seen in the grid and left, or marked to be looked at alone;
"reject": unusable; AUs such as "AU1 AU12", or "neutral"; "unsure", alone or behind a best guess.
"""

from itertools import combinations

from facetds.aus import AU_NAMES

PASSED, MARKED, REJECT, NEUTRAL, UNSURE = "passed", "marked", "reject", "neutral", "unsure"
GRID = ("", PASSED, MARKED)
"""The labels of the first pass, before a face is looked at alone."""

_GUESSES = (
    "",
    NEUTRAL,
    *(" ".join(aus) for n in range(1, len(AU_NAMES) + 1) for aus in combinations(AU_NAMES, n)),
)
LABELS = frozenset((*GRID, REJECT, *_GUESSES, *(f"{guess} {UNSURE}".strip() for guess in _GUESSES)))
"""All labels there are."""


def decide(label: str) -> tuple[str, tuple[int, ...]]:
    """Return the decision (keep, neutral, reject, unsure; "" if none yet) and the six 0/1 marks.

    A face passed in the grid is rejected; one that was only marked there is not decided.
    """
    words = label.split()
    marks = tuple(int(name in words) for name in AU_NAMES)
    if label in ("", MARKED):
        return "", marks
    if label in (PASSED, REJECT):
        return "reject", marks
    if UNSURE in words:
        return "unsure", marks
    return ("keep" if any(marks) else "neutral"), marks
