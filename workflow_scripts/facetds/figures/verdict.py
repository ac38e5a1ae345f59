"""What the numbers say, in sentences: the verdict, and answers to the research questions (1.4)."""

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
    said = {
        "higher": f"{first} is better than {second}",
        "lower": f"{first} is worse than {second}",
        "the same": f"{first} and {second} are equally good, to within the margin",
        "not distinguishable": f"These subjects cannot tell whether {first} is better than "
        f"{second}",
        "undefined": f"Whether {first} is better than {second} is undefined",
    }[judge_row(row)]
    return (
        f"{said}: the mean AUC differs by {signed(row['difference'])} "
        f"[{signed(row['ci_low'])}, {signed(row['ci_high'])}] (95 %, subjects resampled)."
    )


def describe_aus(rows: pd.DataFrame) -> str:
    """Return which AUs are higher and lower in a contrast, by Holm where it was adjusted."""
    single = rows[rows["au"] != MEAN]
    words = "adjusted by Holm" if single["p_holm"].notna().any() else "not adjusted"
    found: dict[str, list[str]] = {"higher": [], "lower": [], "the same": []}
    counts = {"not distinguishable": 0, "undefined": 0}
    for _, row in single.iterrows():
        word = judge_row(row)
        if word in found:
            found[word].append(row["au"])
        else:
            counts[word] += 1
    parts = [f"{word} for {', '.join(aus)}" for word, aus in found.items() if aus]
    many = {n: f"{n} of {len(single)}" for n in counts.values()} | {len(single): "all"}
    parts += [f"{word} for {many[n]}" for word, n in counts.items() if n]
    return f"By AU ({words}): {', '.join(parts)}."


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
    scores: pd.DataFrame,
    seeds: tuple[pd.DataFrame, pd.DataFrame],
    metric: str,
    title: str,
    better: str,
) -> str:
    """Return how selected images score beside random ones, with a 95 % interval over seeds.

    `scores` has image and `metric`, of which `better` is "low" or "high"; `seeds` are the selected
    and the random images (image, seed). Images of one seed are alike, so seeds are resampled, with
    both sets' images of a seed together.
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
    word = {"higher": "high", "lower": "low"}.get(judge(low, high))
    said = "not distinguishable from" if word is None else "better than"
    said = "worse than" if word not in (None, better) else said
    return (
        f"In {title} the selected images are {said} the random ones: {signed(gaps[0])} "
        f"[{signed(low)}, {signed(high)}] (95 %, seeds resampled; {better} is better)."
    )


def describe_distances(distances: pd.DataFrame) -> str:
    """Return the Fréchet distances of the sets to the originals (set, extractor, distance)."""
    known = distances.set_index("set")["distance"]
    parts = [
        f"{format_number(known[name])} for the {name} images"
        for name in ("selected", "random")
        if name in known
    ]
    text = f"The Fréchet distance to the originals ({distances['extractor'].iloc[0]} features) is "
    text += " and ".join(parts) or "not known"
    if "originals in halves" in known:
        halves = format_number(known["originals in halves"])
        text += f"; two halves of the originals are {halves} apart"
    if len(parts) == 2 and known["selected"] > known["random"]:
        return f"{text}. As a set the selected images are thus farther from the originals."
    return f"{text}. Smaller is closer."
