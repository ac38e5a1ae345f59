"""How far an edit moves a face away from its seed's labels, by direction and degree (thesis 4.7).

The audit's estimators look at the same seeds at every degree. They were fitted on other images, so
that their probabilities mean little here; what they call present is the share of faces that the
labels do, those with the highest probabilities among the seeds' own images.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from facetds.annotate.auditors import DECIDING, MEASURING
from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.estimators import Estimators, estimate
from facetds.expressions import describe_face
from facetds.faces import find_face, inter_ocular_distance, landmarks
from facetds.randomness import generator
from facetds.shards import Entry

DRAWS = 2000
GROUPS = {"decide": DECIDING, "measure": MEASURING}
GAINS = {"agreement": "agreement_gain", "label_agreement": "label_gain"}


def look_along(
    seeds: Iterable[int],
    entries: Iterable[Entry],
    estimators: Estimators,
    predictor: Path | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the probabilities (float N x R x 6) of images whose first of a seed is its own.

    An edit leaves the head where it is, so the face is looked for in the seed's own image alone,
    and its landmarks at the same place in the others. NaN where there is none, with the reason
    beside it (array of str N: "" for a face, else no_face, odd_face or unreadable).
    """
    found, reasons = [], []
    boxes: dict[int, tuple | None] = {}
    for seed, entry in zip(seeds, entries, strict=True):
        chances = np.full((len(estimators.names), len(AU_NAMES)), np.nan)
        reason = "unreadable"
        if entry.pixels is not None:
            if seed not in boxes:
                face = find_face(entry.pixels).face
                boxes[seed] = face.box if face else None
            reason = "no_face"
            if boxes[seed] is not None:
                points = landmarks(entry.pixels, boxes[seed], predictor)
                reason = "odd_face" if inter_ocular_distance(points) < 1 else ""
                if not reason:
                    chances = estimate(estimators, describe_face(entry.pixels, points))
        found.append(chances)
        reasons.append(reason)
    return np.array(found), np.array(reasons)


def compare_edits(
    probe: pd.DataFrame, chances: np.ndarray, labels: pd.DataFrame, names: tuple[str, ...]
) -> pd.DataFrame:
    """Return a row per image of `probe`: how its face compares with the seed's.

    probe: seed, index, degree, role; chances: N x R x 6 (`look_along`); labels: seed and AU1 to
    AU15; names: of the R estimators, of which those of the image's role look at it. Columns: seed,
    index, degree, role; agreement: share of the six AUs that they see as in the seed's own image;
    label_agreement: share that they see as the seed is labelled; drift_AU1 to drift_AU15: share of
    them that see this AU otherwise than in the seed's own image. Seeds without a face in their own
    image are left out.

    Raises `FacetdsError` if a role has no seed left.
    """
    seeds = probe["seed"].to_numpy()
    own = (probe["degree"] == 0).to_numpy()
    usable = np.isin(seeds, seeds[own & np.isfinite(chances).any(axis=(1, 2))])
    if set(probe.loc[usable, "role"]) != set(GROUPS):
        raise FacetdsError(
            "The audit finds too few faces in the seeds' own images to measure drift; raise "
            "annotate.probe_seeds."
        )
    probe, chances, own = probe[usable], chances[usable], own[usable]
    labelled = labels.set_index("seed").loc[probe["seed"], list(AU_NAMES)].to_numpy(bool)
    seen = mark(chances, chances[own], labelled[own].mean(axis=0))
    start = dict(zip(probe.loc[own, "seed"], np.flatnonzero(own), strict=True))
    before = seen[probe["seed"].map(start).to_numpy()]
    known = np.isfinite(seen + before)
    flips = np.where(known, seen != before, np.nan)
    right = np.where(known, seen == labelled[:, None], np.nan)
    parts = []
    for role, group in GROUPS.items():
        rows = np.flatnonzero(probe["role"] == role)
        block = np.ix_(rows, [names.index(name) for name in group])
        part = probe.iloc[rows][["seed", "index", "degree", "role"]].assign(
            agreement=1 - _mean(flips[block].reshape(len(rows), -1)),
            label_agreement=_mean(right[block].reshape(len(rows), -1)),
        )
        for au, name in enumerate(AU_NAMES):
            part[f"drift_{name}"] = _mean(flips[block][:, :, au])
        parts.append(part)
    return pd.concat(parts).sort_index(ignore_index=True)


def mark(chances: np.ndarray, own: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return what is seen, 1, 0 or NaN (float N x R x 6), from probabilities (N x R x 6).

    Each estimator sees an AU from the probability on that a share `shares` (6) of the probabilities
    of the images `own` (M x R x 6) reaches.
    """
    limits = np.full(own.shape[1:], np.inf)
    for estimator, au in np.ndindex(limits.shape):
        values = own[:, estimator, au]
        values = values[np.isfinite(values)]
        # An AU that no seed shows is seen in none.
        if len(values) and shares[au] > 0:
            limits[estimator, au] = np.quantile(values, 1 - shares[au])
    return np.where(np.isfinite(chances), chances >= limits, np.nan)


def _mean(rows: np.ndarray) -> np.ndarray:
    """Return the mean of every row, over what is known of it."""
    return pd.DataFrame(rows).mean(axis=1).to_numpy()


def summarise_drift(images: pd.DataFrame) -> pd.DataFrame:
    """Return index, degree, drift, drift_AU1 to drift_AU15, agreement, label_agreement.

    images: `compare_edits`. drift: 1 - agreement of the estimators that decide, on their seeds;
    agreement, label_agreement: of those that measure, on theirs. A seed's own image (degree 0) has
    a row in every direction.
    """
    deciding, measuring = (
        images[images["role"] == role].groupby(["index", "degree"]) for role in GROUPS
    )
    table = pd.concat(
        [
            (1 - deciding["agreement"].mean()).rename("drift"),
            deciding[[f"drift_{au}" for au in AU_NAMES]].mean(),
            measuring[["agreement", "label_agreement"]].mean(),
        ],
        axis=1,
    ).reset_index()
    own = table[table["degree"] == 0]
    everywhere = [own.assign(index=index) for index in sorted(set(table["index"]))]
    table = pd.concat([table[table["degree"] != 0], *everywhere])
    return table.sort_values(["index", "degree"], ignore_index=True)


def measure_saving(
    images: pd.DataFrame, variants: pd.DataFrame, plan: pd.DataFrame, root_seed: int
) -> pd.DataFrame:
    """Return what keeping to some variants is worth: a row for blind and one for kept.

    images: `compare_edits`, of which the measuring ones count; variants: index, degree, kept; plan:
    index and degree of every planned image. blind: each variant equally often, as without an audit;
    kept: as often as planned. Columns: plan, variants, images; agreement and label_agreement of
    those images as estimated from the measured ones; changed: their labels that are expected not to
    hold (agreement); saved: how many less than blind; agreement_gain and label_gain over blind with
    _low and _high, the 95 % percentile bootstrap interval over seeds.
    """
    measured = images[images["role"] == "measure"]
    cells = pd.MultiIndex.from_frame(variants[["index", "degree"]])
    planned = plan.groupby(["index", "degree"]).size().reindex(cells, fill_value=0).to_numpy()
    ways = {"blind": np.full(len(cells), 1 / len(cells)), "kept": planned / planned.sum()}
    rows = {
        way: {"plan": way, "variants": np.count_nonzero(weights), "images": len(plan)}
        for way, weights in ways.items()
    }
    for number, column in enumerate(GAINS):
        grid = measured.pivot_table(index="seed", columns=["index", "degree"], values=column)
        grid = grid.reindex(columns=cells).to_numpy()
        per_seed = {way: _weigh(grid, weights) for way, weights in ways.items()}
        for way in ways:
            rows[way][column] = per_seed[way].mean()
        gains = per_seed["kept"] - per_seed["blind"]
        drawing = generator(root_seed, "annotate.drift", number)
        drawn = gains[drawing.integers(0, len(gains), (DRAWS, len(gains)))].mean(axis=1)
        low, high = np.percentile(drawn, [2.5, 97.5])
        name = GAINS[column]
        rows["kept"] |= {name: gains.mean(), f"{name}_low": low, f"{name}_high": high}
    for row in rows.values():
        row["changed"] = round((1 - row["agreement"]) * len(plan) * len(AU_NAMES))
        row["saved"] = rows["blind"]["changed"] - row["changed"]
    return pd.DataFrame(rows.values())


def _weigh(grid: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted mean of every row, over the columns that are known in it."""
    known = np.isfinite(grid) * weights
    return np.nansum(np.nan_to_num(grid) * known, axis=1) / known.sum(axis=1)
