"""What the numbers say, in sentences: the verdict, and answers to the research questions (1.4)."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from facetds.figures.performance import MEAN
from facetds.figures.sheets import format_number
from facetds.randomness import generator

LEVEL = 0.05
REPLICATES = 2000
MINUS = "−"


def signed(value: float, decimals: int = 3) -> str:
    """Return a number with its sign, a true minus for a hyphen."""
    text = format_number(value, decimals)
    return f"+{text}" if value > 0 else text.replace("-", MINUS)


def judge(low: float, high: float, equivalent: object = "no", p_holm: float = np.nan) -> str:
    """Return what the 95 % interval of a difference says.

    "higher" or "lower", if it leaves out 0 (and `p_holm`, where a difference was adjusted, is below
    0.05); "the same", if it was found `equivalent` ("yes"), to within the margin of
    fer.equivalence_margin; else "not distinguishable".
    """
    if not np.isfinite([low, high]).all():
        return "undefined"
    if (low > 0 or high < 0) and not p_holm >= LEVEL:
        return "higher" if low > 0 else "lower"
    return "the same" if equivalent == "yes" else "not distinguishable"


def judge_row(row: pd.Series) -> str:
    """Return `judge` of a row of differences (ci_low, ci_high, p_holm, maybe equivalent)."""
    return judge(row["ci_low"], row["ci_high"], row.get("equivalent", "no"), row["p_holm"])


def find_contrast(differences: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Return the rows of first - second, turned round if the table has second - first; maybe none.

    `differences` has contrast, au, difference, ci_low, ci_high, p, p_holm.
    """
    rows = differences[differences["contrast"] == f"{first} - {second}"]
    if len(rows):
        return rows
    turned = differences[differences["contrast"] == f"{second} - {first}"]
    return turned.assign(
        contrast=f"{first} - {second}",
        difference=-turned["difference"],
        ci_low=-turned["ci_high"],
        ci_high=-turned["ci_low"],
    )


def describe_mean(rows: pd.DataFrame, first: str, second: str) -> str:
    """Return a sentence on the mean AUC of two arms, of the rows of their contrast."""
    mean = rows[rows["au"] == MEAN]
    if mean.empty or not np.isfinite(mean["difference"].iloc[0]):
        return f"The mean AUC of {first} and {second} cannot be compared: it is undefined."
    row = mean.iloc[0]
    word = judge_row(row)
    ends = {
        "higher": f"{first} is higher.",
        "lower": f"{first} is lower.",
        "the same": "the two are the same, to within the margin.",
        "not distinguishable": "the two are not distinguishable.",
        "undefined": "the interval is undefined.",
    }
    return (
        f"Mean AUC of {first} minus {second}: {signed(row['difference'])} "
        f"[{signed(row['ci_low'])}, {signed(row['ci_high'])}] (95 %, subjects resampled); "
        f"{ends[word]}"
    )


def describe_aus(rows: pd.DataFrame) -> str:
    """Return which AUs are higher and lower in a contrast, by Holm where it was adjusted."""
    single = rows[rows["au"] != MEAN]
    adjusted = single["p_holm"].notna().any()
    words = "By AU, adjusted by Holm" if adjusted else "By AU, unadjusted"
    said = pd.Series(
        [judge_row(row) for _, row in single.iterrows()], index=single.index, dtype=str
    )
    aus = {word: _list(single.loc[said == word, "au"]) for word in ("higher", "lower", "the same")}
    unclear = int((~said.isin(aus)).sum())
    same = f"the same for {aus['the same']}, " if (said == "the same").any() else ""
    return (
        f"{words}: higher for {aus['higher']}, lower for {aus['lower']}, {same}"
        f"not distinguishable or undefined for {unclear} of {len(single)}."
    )


def describe_selection(choices: pd.DataFrame) -> str:
    """Return how many images were generated, selected and held back (reason, kept)."""
    total, kept = len(choices), int(choices["kept"].sum())
    held = choices[(choices["kept"] == 0) & (choices["reason"] != "ranked_below")]
    counts = held["reason"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    text = f"Of {total:,} generated images {kept:,} ({100 * kept / total:.0f} %) were selected"
    if counts.empty:
        return f"{text}; none was held back by a gate."
    reasons = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items())
    filled = int(choices["reason"].str.startswith("filled:").sum())
    text = f"{text}; {len(held):,} were passed over ({reasons})"
    return f"{text}, {filled:,} filled places left over." if filled else f"{text}."


def describe_copies(copies: pd.DataFrame) -> str:
    """Return how near the sets come to the originals (set, images, copies, least, limit, usual)."""
    parts = ", ".join(
        f"{int(row.copies):,} of {int(row.images):,} {row.set}" for row in copies.itertuples()
    )
    first = copies.iloc[0]
    text = (
        f"Copies of an original, nearer to it than {format_number(first['limit'], 2)} where two "
        f"people's photographs are {format_number(first['usual'], 2)} apart: {parts} images"
    )
    return f"{text}; the nearest of all is {format_number(first['least'], 2)} away."


def describe_gain(
    scores: pd.DataFrame, seeds: tuple[pd.DataFrame, pd.DataFrame], metric: str, title: str
) -> str:
    """Return how selected images score beside random ones, with a 95 % interval over seeds.

    `scores` has image and `metric`; `seeds` are the selected and the random images (image, seed).
    Images of one seed are alike, so seeds are resampled, with both sets' images of a seed together.
    """
    sums = []
    for part in seeds:
        merged = part.merge(scores[["image", metric]]).dropna()
        sums.append(merged.groupby("seed")[metric].agg(["sum", "count"]))
    joined = pd.concat(sums, axis=1).fillna(0).to_numpy()
    counts = generator(0, "figures.gain").multinomial(
        len(joined), np.full(len(joined), 1 / len(joined)), size=REPLICATES
    )
    totals = np.vstack([joined.sum(axis=0), counts @ joined])
    gaps = totals[:, 0] / totals[:, 1] - totals[:, 2] / totals[:, 3]
    low, high = np.percentile(gaps[1:], [2.5, 97.5])
    return (
        f"{title}, selected minus random: {signed(gaps[0])} [{signed(low)}, {signed(high)}] "
        "(95 %, seeds resampled)."
    )


def describe_distances(distances: pd.DataFrame) -> str:
    """Return the Fréchet distances of the sets to the originals (set, extractor, distance)."""
    known = distances[distances["set"].isin(["selected", "random", "all synthetic"])]
    parts = ", ".join(f"{row.set} {format_number(row.distance)}" for row in known.itertuples())
    text = f"Fréchet distance to the originals ({distances['extractor'].iloc[0]} features): {parts}"
    halves = distances.loc[distances["set"] == "originals in halves", "distance"]
    if len(halves):
        text += f"; the originals' two halves {format_number(halves.iloc[0])} from each other"
    return f"{text}. Smaller is closer."


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
