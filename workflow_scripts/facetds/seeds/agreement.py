"""Agreement of two reviewers beyond chance, per AU."""

import numpy as np
import pandas as pd

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.randomness import generator

DRAWS = 2000


def measure_agreement(a: pd.DataFrame, b: pd.DataFrame, root_seed: int) -> pd.DataFrame:
    """Return a row per AU: how far two reviews (seed, decision, AU1 to AU15, reviewer) agree.

    n: seeds that neither rejected; an unsure reviewer's mark counts as its best guess. n_a, n_b:
    seeds that each marked; both: that both marked; prevalence: the mean share; agreement: share of
    equal marks; kappa: Cohen 1960; ac1: Gwet 2008, steady at low prevalence; facs_index: 2 both /
    (n_a + n_b) (Ekman and Friesen); each with _low and _high, the 95 % percentile bootstrap
    interval over seeds. n_decided, agreement_decided: of the seeds on which neither was unsure.
    """
    both = a.merge(b, on="seed", suffixes=("_a", "_b"), validate="one_to_one")
    if len(both) != len(a) or len(both) != len(b):
        raise FacetdsError("The reviewers saw different seeds; review the seeds again.")
    seen = (both["decision_a"] != "reject") & (both["decision_b"] != "reject")
    sure = seen & (both["decision_a"] != "unsure") & (both["decision_b"] != "unsure")
    rows = []
    for number, au in enumerate(AU_NAMES):
        marks = both.loc[seen, [f"{au}_a", f"{au}_b"]].to_numpy(np.int64)
        counts = np.bincount(2 * marks[:, 0] + marks[:, 1], minlength=4)
        row = describe(au, counts, generator(root_seed, "seeds", number))
        equal = (both.loc[sure, f"{au}_a"] == both.loc[sure, f"{au}_b"]).to_numpy(bool)
        row |= {
            "n_decided": len(equal),
            "agreement_decided": equal.mean() if len(equal) else np.nan,
        }
        rows.append(row | {"reviewers": " ".join([a["reviewer"].iloc[0], b["reviewer"].iloc[0]])})
    return pd.DataFrame(rows)


def describe(name: str, counts: np.ndarray, random: np.random.Generator) -> dict[str, float]:
    """Return the row of one 2 x 2 table (00, 01, 10, 11): counts, coefficients, intervals."""
    draws = random.multinomial(counts.sum(), counts / max(counts.sum(), 1), DRAWS)
    row = {"au": name, "n": counts.sum(), "n_a": counts[2:].sum(), "n_b": counts[[1, 3]].sum()}
    row |= {"both": counts[3]}
    row["prevalence"] = (row["n_a"] + row["n_b"]) / (2 * row["n"]) if row["n"] else np.nan
    spreads = coefficients(draws)
    for key, value in coefficients(counts).items():
        spread = spreads[key][np.isfinite(spreads[key])]
        low, high = np.percentile(spread, [2.5, 97.5]) if len(spread) else (np.nan, np.nan)
        row |= {key: float(value), f"{key}_low": low, f"{key}_high": high}
    return row


def coefficients(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Return agreement, kappa, ac1 and facs_index of 2 x 2 tables (... x 4: 00, 01, 10, 11).

    NaN where a coefficient is not defined.
    """
    counts = np.asarray(counts, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        neither, only_b, only_a, both = np.moveaxis(counts / counts.sum(-1, keepdims=True), -1, 0)
        agreement = neither + both
        a, b = only_a + both, only_b + both
        by_chance = a * b + (1 - a) * (1 - b)
        prevalence = (a + b) / 2
        gwet = 2 * prevalence * (1 - prevalence)
        return {
            "agreement": agreement,
            "kappa": (agreement - by_chance) / (1 - by_chance),
            "ac1": (agreement - gwet) / (1 - gwet),
            "facs_index": 2 * both / (a + b),
        }
