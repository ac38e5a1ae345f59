"""How far reviewers agree: with each other, and with themselves on hidden repeats."""

from itertools import combinations

import numpy as np
import pandas as pd

from facetds.aus import AU_NAMES
from facetds.randomness import generator
from facetds.review.journal import State
from facetds.review.labels import decide
from facetds.seeds.agreement import describe, measure_agreement

RELIABLE, UNRELIABLE = 0.8, 0.7
"""FACS index from which an AU's labels are relied on, and below which they are not."""

COLUMNS = ("seed", "decision", *AU_NAMES, "reviewer")


def tabulate(state: State, reviewer: str, repeats: bool = False) -> pd.DataFrame:
    """Return the decided seeds of a journal: seed, decision, AU1 to AU15, reviewer.

    The same columns as the simulated reviewers'. `repeats` takes the hidden repeats instead.
    """
    rows = []
    for item, label in state.labels.items():
        if (item < 0) != repeats:
            continue
        decision, marks = decide(label)
        if decision:
            rows.append((item if item >= 0 else -1 - item, decision, *marks, reviewer))
    return pd.DataFrame(rows, columns=list(COLUMNS)).sort_values("seed", ignore_index=True)


def compare_all(states: dict[str, State], root_seed: int) -> pd.DataFrame:
    """Return the agreement of every pair of reviewers, and of each with itself on its repeats.

    states: by reviewer. One row per AU, and one "usable" (whether a face is kept at all, which
    marks of rejected faces cannot say), with the columns of `measure_agreement`, and the verdict.
    Pairs without a common seed are left out.
    """
    parts = []
    tables = {name: tabulate(state, name) for name, state in states.items()}
    pairs = [(tables[a], tables[b]) for a, b in combinations(sorted(tables), 2)]
    for name, state in sorted(states.items()):
        again = tabulate(state, f"{name} (repeat)", repeats=True)
        pairs.append((tables[name], again))
    for a, b in pairs:
        common = set(a["seed"]) & set(b["seed"])
        if common:
            a, b = (t[t["seed"].isin(common)].reset_index(drop=True) for t in (a, b))
            parts.append(measure_agreement(a, b, root_seed))
            parts.append(pd.DataFrame([_measure_usable(a, b, root_seed)]))
    if not parts:
        return pd.DataFrame(columns=["au", "reviewers", "verdict"])
    table = pd.concat(parts, ignore_index=True)
    return table.assign(verdict=[_judge(row) for row in table.itertuples()])


def _measure_usable(a: pd.DataFrame, b: pd.DataFrame, root_seed: int) -> dict:
    sure = ((a["decision"] != "unsure") & (b["decision"] != "unsure")).to_numpy()
    marks = np.stack([(t["decision"] != "reject").to_numpy(np.int64)[sure] for t in (a, b)], axis=1)
    counts = np.bincount(2 * marks[:, 0] + marks[:, 1], minlength=4)
    row = describe("usable", counts, generator(root_seed, "seeds", len(AU_NAMES)))
    return row | {"reviewers": f"{a['reviewer'].iloc[0]} {b['reviewer'].iloc[0]}"}


def _judge(row) -> str:
    if not np.isfinite(row.facs_index) or row.n_a + row.n_b < 20:
        return "too few marks"
    if row.facs_index >= RELIABLE:
        return "reliable"
    return "fair" if row.facs_index >= UNRELIABLE else "not reliable"
