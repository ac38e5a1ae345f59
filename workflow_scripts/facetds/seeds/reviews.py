"""What the simulated reviewers say of seeds, how far they agree, and what is published."""

import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.estimators import Estimators, estimate, look
from facetds.labels import COLUMNS
from facetds.shards import Entry

REVIEWERS = ("a", "b")
DECIDED = ("keep", "neutral")

# The tables have probabilities of five decimals; no logit of theirs needs a farther shift.
LEAST_CHANCE, FARTHEST = 1e-5, 30.0


def estimate_entries(
    entries: Iterable[Entry],
    estimators: Estimators,
    least_score: float,
    predictor: Path | None = None,
) -> pd.DataFrame:
    """Return image, n_faces, score, reason and the probabilities a_AU1 to b_AU15 of each preview.

    reason: "" for a face that can be judged, else that of `look`, or unreadable.
    """
    rows = []
    for entry in entries:
        row = {"image": entry.image, "n_faces": 0, "score": np.nan, "reason": "unreadable"}
        if entry.pixels is not None:
            seen = look(entry.pixels, estimators, least_score, predictor)
            row |= {"n_faces": seen.n_faces, "score": seen.score, "reason": seen.reason}
            if seen.features is not None:
                chances = estimate(estimators, seen.features)
                for name in REVIEWERS:
                    columns = [f"{name}_{au}" for au in AU_NAMES]
                    own = chances[estimators.names.index(name)]
                    row |= dict(zip(columns, own.tolist(), strict=True))
        rows.append(row)
    columns = [f"{name}_{au}" for name in REVIEWERS for au in AU_NAMES]
    return pd.DataFrame(rows, columns=["image", "n_faces", "score", "reason", *columns])


def match_rates(estimates: pd.DataFrame, rates: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    """Return `estimates` with each reviewer's logits moved so that AUs are as frequent as `rates`.

    rates: by reviewer (a, b) and AU the mean probability in the originals, above 0 and below 1. A
    network gives its faces a look of their own, softer and smoother than drawn ones, which an
    estimator takes for an AU; as the network learnt from the originals, their AUs are the ones to
    expect. One shift per reviewer and AU over all seeds with a face keeps the order of the seeds
    (prior correction of logistic regression: King and Zeng 2001, Political Analysis 9).
    """
    from scipy.optimize import brentq
    from scipy.special import expit, logit

    matched = estimates.copy()
    judged = (estimates["reason"].fillna("") == "").to_numpy()
    for name, au in itertools.product(REVIEWERS, AU_NAMES):
        chances = estimates.loc[judged, f"{name}_{au}"].to_numpy(np.float64)
        logits = logit(np.clip(chances, LEAST_CHANCE, 1 - LEAST_CHANCE))
        if not len(logits):
            break

        def excess(shift: float, logits: np.ndarray = logits, rate: float = rates[name][au]):
            return expit(logits + shift).mean() - rate

        shift = brentq(excess, -FARTHEST, FARTHEST)
        matched.loc[judged, f"{name}_{au}"] = expit(logits + shift)
    return matched


def review(estimates: pd.DataFrame, name: str, threshold: float, unsure: float) -> pd.DataFrame:
    """Return seed, decision, AU1 to AU15 (0/1), reviewer, reason: one reviewer's view of each seed.

    A face has an AU if its probability reaches `threshold`. Within `unsure` of the threshold the
    reviewer does not trust itself: such a seed is "unsure" and `reason` names the AUs in doubt. A
    seed without AUs is "neutral", one with AUs "keep", one without a clear face "reject": it has no
    marks and the reason of `look`.
    """
    chances = estimates[[f"{name}_{au}" for au in AU_NAMES]].to_numpy(np.float64)
    faults = estimates["reason"].fillna("").to_numpy(object)
    marks = (chances >= threshold).astype(np.int64)
    doubts = np.abs(chances - threshold) < unsure
    rejected = faults != ""
    decisions = np.select(
        [rejected, doubts.any(axis=1), marks.sum(axis=1) == 0],
        ["reject", "unsure", "neutral"],
        default="keep",
    )
    reasons = [
        fault or " ".join(np.array(AU_NAMES)[doubt])
        for fault, doubt in zip(faults, doubts, strict=True)
    ]
    table = pd.DataFrame({"seed": estimates["seed"], "decision": decisions})
    table[list(AU_NAMES)] = pd.DataFrame(marks, table.index).astype("Int64")
    table.loc[rejected, list(AU_NAMES)] = pd.NA
    table = table.assign(reviewer=f"simulated_{name}", reason=reasons)
    return table.sort_values("seed", ignore_index=True)


def merge_reviews(
    reviews: list[pd.DataFrame], source: str, network: str, psi: float
) -> pd.DataFrame:
    """Return the table of `labels.COLUMNS`: seeds that all reviewers decided, and decided alike.

    A seed is taken where every reviewer says keep or neutral and all six marks are the same. Raises
    `FacetdsError` if the reviewers saw different seeds or agree on none.
    """
    marks = list(AU_NAMES)
    first = reviews[0].set_index("seed")
    agreed = first["decision"].isin(DECIDED)
    for other in (table.set_index("seed") for table in reviews[1:]):
        if not other.index.equals(first.index):
            raise FacetdsError("The reviewers saw different seeds; review the seeds again.")
        agreed &= other["decision"].isin(DECIDED) & (other[marks] == first[marks]).all(axis=1)
    if not agreed.any():
        raise FacetdsError(
            "The reviewers agree on no seed; lower seeds.unsure, raise seeds.previews, or train "
            "the network longer (results/seeds/review_simulated_*.csv have the reasons)."
        )
    table = first.loc[agreed, marks].astype(np.uint8).reset_index()
    return table.assign(
        neutral=(table[marks].sum(axis=1) == 0).astype(np.uint8),
        reviewers=len(reviews),
        source=source,
        network=network,
        psi=psi,
    )[list(COLUMNS)]
