"""What the scores say of the originals and of the synthetic sets (Table 4.1)."""

import numpy as np
import pandas as pd

from facetds.iqa.definitions import UNITS as VARIANT_UNITS
from facetds.iqa.definitions import choose_definitions
from facetds.iqa.scores import SCORES

UNITS = {
    "rmse": ("grey levels", "low"),
    "psnr": ("dB", "high"),
    "ssim": ("", "high"),
    "issm": ("", "high"),
    "sam": ("radians", "low"),
    "uiq": ("", "high"),
    "brisque_svr": ("severity 0..1", "low"),
    "thesis_brisque": ("", "low"),
    "thesis_svr": ("dummy target", "low"),
}
ITSELF = {"rmse": 0.0, "psnr": np.inf, "ssim": 1.0, "issm": 1.0, "sam": 0.0, "uiq": 1.0}
"""What an original scores against itself, as the thesis's column "Original" has it."""

SETS = ("original", "synthetic", "selected", "random")


def divide_sets(
    originals: pd.DataFrame, scores: pd.DataFrame, choices: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Return the score tables of `SETS`; `scores` and `choices` have rows alike."""
    return {
        "original": originals,
        "synthetic": scores,
        "selected": scores[choices["kept"].to_numpy() == 1],
        "random": scores[choices["random"].to_numpy() == 1],
    }


def summarise(
    sets: dict[str, pd.DataFrame], definitions: dict[str, str] | None = None
) -> pd.DataFrame:
    """Return a row per score: metric, its definition, unit, better, and original_itself.

    They are followed by mean and SD of each set. `definitions` names the variant of each of the six
    metrics, None for those of the thesis; only of those is known what an original scores against
    itself. Undefined and infinite scores are left out of means and counted in `<set>_undefined`.
    """
    usual, rows = choose_definitions([]), []
    for metric in SCORES:
        unit, better = UNITS[metric]
        definition = (definitions or usual).get(metric, "")
        same = definition == usual.get(metric, "")
        row = {
            "metric": metric,
            "definition": definition,
            "unit": VARIANT_UNITS.get((metric, definition), unit),
            "better": better,
            "original_itself": ITSELF.get(metric, np.nan) if same else np.nan,
        }
        for name, table in sets.items():
            values = table[metric].to_numpy(float)
            finite = values[np.isfinite(values)]
            row[name] = finite.mean() if len(finite) else np.nan
            row[f"{name}_sd"] = finite.std(ddof=1) if len(finite) > 1 else np.nan
            row[f"{name}_undefined"] = len(values) - len(finite)
        rows.append(row)
    return pd.DataFrame(rows)


def bin_scores(sets: dict[str, pd.DataFrame], bins: int = 24) -> pd.DataFrame:
    """Return histograms: set, metric, low, high, share (of the set's defined values, per bin).

    The bins of a metric are the same for all sets and reach from the 0.5th to the 99.5th
    percentile of all values; what lies outside counts in the first or last bin.
    """
    rows = []
    for metric in SCORES:
        values = {name: table[metric].to_numpy(float) for name, table in sets.items()}
        values = {name: v[np.isfinite(v)] for name, v in values.items()}
        joined = np.concatenate(list(values.values()))
        if not len(joined):
            continue
        low, high = np.percentile(joined, [0.5, 99.5])
        edges = np.linspace(low, high if high > low else low + 1e-6, bins + 1)
        for name, v in values.items():
            counts = np.histogram(np.clip(v, edges[0], edges[-1]), edges)[0]
            share = counts / max(1, len(v))
            rows += zip([name] * bins, [metric] * bins, edges[:-1], edges[1:], share, strict=True)
    return pd.DataFrame(rows, columns=["set", "metric", "low", "high", "share"])
