"""The seed lists of the thesis (3.10), and how the labels combine and balance."""

import pandas as pd

from facetds.aus import AU_NAMES, AUS, DESCRIPTIONS, EXPRESSIONS

NAMES = (*AU_NAMES, "neutral")


def list_seeds(labels: pd.DataFrame) -> pd.DataFrame:
    """Return list and seed: which seeds stand in the list of each AU, and in that of neutral.

    A seed with several AUs stands in several lists. `labels` is from `facetds.labels.read_labels`.
    """
    parts = [labels.loc[labels[name] == 1, ["seed"]].assign(list=name) for name in NAMES]
    return pd.concat(parts, ignore_index=True)[["list", "seed"]]


def count_combinations(labels: pd.DataFrame) -> pd.DataFrame:
    """Return aus (such as "AU1 AU15"), expression, seeds and share, the most frequent first.

    expression: those of thesis Table 3.2 all of whose AUs are there, joined by " and ".
    """
    marks = labels[list(AU_NAMES)].to_numpy(bool)
    shown = [tuple(au for au, on in zip(AUS, row, strict=True) if on) for row in marks]
    counts = pd.Series(shown).value_counts()
    rows = [
        {
            "aus": " ".join(f"AU{au}" for au in aus) or "neutral",
            "expression": " and ".join(n for n, whole in EXPRESSIONS.items() if {*whole} <= {*aus}),
            "seeds": count,
            "share": count / len(labels),
        }
        for aus, count in counts.items()
    ]
    table = pd.DataFrame(rows)
    return table.sort_values(["seeds", "aus"], ascending=[False, True], ignore_index=True)


def count_expressions(labels: pd.DataFrame) -> pd.DataFrame:
    """Return thesis Table 3.2 with counts, a row per AU, and one for neutral.

    expression, au, name; seeds: with this AU; share: of all labelled seeds; alone: with no other
    AU; whole: with all AUs of the expression.
    """
    marks = labels[list(AU_NAMES)].astype(bool)
    rows = []
    for expression, aus in EXPRESSIONS.items():
        whole = int(marks[[f"AU{au}" for au in aus]].all(axis=1).sum())
        for au in aus:
            own = marks[f"AU{au}"]
            rows.append(
                {
                    "expression": expression,
                    "au": f"AU{au}",
                    "name": DESCRIPTIONS[au],
                    "seeds": int(own.sum()),
                    "share": own.mean(),
                    "alone": int((own & (marks.sum(axis=1) == 1)).sum()),
                    "whole": whole,
                }
            )
    neutral = int((labels["neutral"] == 1).sum())
    row = {"expression": "Neutral", "au": "neutral", "name": "none of the six", "seeds": neutral}
    row |= {"share": neutral / len(labels), "alone": neutral, "whole": neutral}
    return pd.DataFrame([*rows, row])
