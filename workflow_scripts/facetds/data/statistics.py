"""Descriptive statistics of CFD and DISFA (thesis 3.4.1, A.1)."""

import numpy as np
import pandas as pd

from facetds.aus import DISFA_AUS

AGE_STEP = 4
GROUPS = ["set", "race", "sex", "expression"]


def count_groups(photos: pd.DataFrame) -> pd.DataFrame:
    """Return the photos per set, race, sex and expression (columns as named, and count)."""
    return photos.groupby(GROUPS).size().rename("count").reset_index()


def model_ages(photos: pd.DataFrame) -> np.ndarray:
    """Return the rated age of every model that has one, in years."""
    return photos.drop_duplicates(["set", "model"])["age_rated"].dropna().to_numpy(np.float64)


def histogram(ages: np.ndarray) -> pd.DataFrame:
    """Return models per span of four years: age_low, age_high (not included), count."""
    columns = ["age_low", "age_high", "count"]
    if not len(ages):
        return pd.DataFrame(columns=columns)
    first = int(ages.min() // AGE_STEP) * AGE_STEP
    edges = np.arange(first, ages.max() + AGE_STEP + 1e-9, AGE_STEP).astype(int)
    # The last edge is above the oldest, as numpy counts the last bin's upper edge in.
    counts = np.histogram(ages, edges)[0]
    return pd.DataFrame({"age_low": edges[:-1], "age_high": edges[1:], "count": counts})


def summarise_ages(ages: np.ndarray) -> pd.DataFrame:
    """Return statistic and value: n, mean, median, range, sd and outliers, as in thesis 3.4.1.

    Outliers lie more than 1.5 interquartile ranges outside the quartiles (Tukey). Without ages the
    table has n = 0 alone.
    """
    values = {"n": len(ages)}
    if len(ages):
        low, middle, high = np.percentile(ages, [25, 50, 75])
        outside = (ages < low - 1.5 * (high - low)) | (ages > high + 1.5 * (high - low))
        values |= {"mean": ages.mean(), "median": middle, "range": np.ptp(ages)}
        values |= {"sd": ages.std(ddof=1) if len(ages) > 1 else 0.0, "outliers": outside.sum()}
    return pd.DataFrame({"statistic": list(values), "value": [float(v) for v in values.values()]})


def one_expression_races(photos: pd.DataFrame) -> list[str]:
    """Return the races whose models show no expression but the neutral one."""
    shown = photos.groupby("race")["expression"].agg(set)
    return [race for race, expressions in shown.items() if expressions == {"N"}]


def intensity_rates(frames: pd.DataFrame) -> pd.DataFrame:
    """Return how often each AU has each intensity: au, intensity, frames, share (of all frames)."""
    rows = []
    for au in DISFA_AUS:
        counts = np.bincount(frames[f"AU{au}"], minlength=6)
        rows += [(f"AU{au}", i, int(n), n / max(len(frames), 1)) for i, n in enumerate(counts)]
    return pd.DataFrame(rows, columns=["au", "intensity", "frames", "share"])


def subject_rates(frames: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """Return how often subjects show AUs: subject, au, frames, positives, share (of their frames).

    frames: subject, AU1.. (0 to 5); an AU counts from intensity `threshold` on.
    """
    names = [f"AU{au}" for au in DISFA_AUS]
    shown = frames[names].ge(threshold).groupby(frames["subject"])
    positives = shown.sum().stack().rename("positives")
    table = positives.rename_axis(["subject", "au"]).reset_index()
    table.insert(2, "frames", table["subject"].map(shown.size()))
    return table.assign(share=table["positives"] / table["frames"])
