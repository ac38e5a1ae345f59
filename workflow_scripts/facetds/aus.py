"""The Action Units: which, in which order, and in which colour (FACS; thesis 3.10, A.1)."""

AUS = (1, 4, 5, 6, 12, 15)
"""The AUs that facetds classifies, in the order of every label array's columns."""

AU_NAMES = tuple(f"AU{au}" for au in AUS)

DISFA_AUS = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
"""The AUs that DISFA codes, in the order of every intensity array's columns."""

DESCRIPTIONS = {
    1: "inner brow raiser",
    2: "outer brow raiser",
    4: "brow lowerer",
    5: "upper lid raiser",
    6: "cheek raiser",
    9: "nose wrinkler",
    12: "lip corner puller",
    15: "lip corner depressor",
    17: "chin raiser",
    20: "lip stretcher",
    25: "lips part",
    26: "jaw drop",
}

EXPRESSIONS = {"Sadness": (1, 15), "Happiness": (6, 12), "Anger": (4, 5)}
"""The AUs of each expression (thesis Table 3.2)."""
