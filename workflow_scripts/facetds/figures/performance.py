"""Figures of the classifier: ROC curves and areas under them (thesis 4.2 and 4.8)."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from facetds.aus import AU_NAMES, AUS, DESCRIPTIONS
from facetds.figures import style
from facetds.figures.bands import GRID, roc_band
from facetds.randomness import generator

MEAN = "mean"
"""What the tables call the mean over the AUs."""


def measure_roc_band(predictions: pd.DataFrame, replicates: int, seed: int) -> pd.DataFrame:
    """Return au, fpr, low, high: 95 % pointwise over resampled subjects, for one arm's predictions.

    `predictions` has subject, a 0/1 column per AU and a probability column P_<AU>.
    """
    bands = []
    for number, au in enumerate(AU_NAMES):
        low, high = roc_band(
            predictions[au].to_numpy(),
            predictions[f"P_{au}"].to_numpy(),
            predictions["subject"].to_numpy(),
            replicates,
            generator(seed, "figures.roc", number),
        )
        bands.append(pd.DataFrame({"au": au, "fpr": GRID, "low": low, "high": high}))
    return pd.concat(bands, ignore_index=True)


def draw_roc(
    roc: pd.DataFrame, band: pd.DataFrame, summary: pd.DataFrame, arm: str, against: str | None
) -> Figure:
    """Draw an arm's ROC curve per AU with its band, and the curve of the arm it is compared with.

    `roc` has arm, au, fpr, tpr; `band` as `measure_roc_band` makes it; `summary` has arm, au,
    auc_pooled.
    """
    figure, axes = style.panels(2, 3, 8.4, 5.9, sharex=True, sharey=True)
    for axis, au in zip(axes.flat, AUS, strict=True):
        name = f"AU{au}"
        axis.set_title(f"{name}  {DESCRIPTIONS[au]}", fontsize=9)
        axis.plot([0, 1], [0, 1], color=style.GRID, linewidth=1, zorder=1)
        _draw_curves(axis, roc, band, summary, name, arm, against)
        axis.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    figure.supxlabel("False positive rate", fontsize=9)
    figure.supylabel("True positive rate", fontsize=9)
    return figure


def draw_roc_arms(roc: pd.DataFrame, summary: pd.DataFrame, arms: list[str]) -> Figure:
    """Draw the ROC curves of all arms per AU (roc: arm, au, fpr, tpr; summary as `draw_roc`)."""
    figure, axes = style.panels(2, 3, 8.4, 5.9, sharex=True, sharey=True)
    for axis, au in zip(axes.flat, AUS, strict=True):
        name = f"AU{au}"
        axis.set_title(f"{name}  {DESCRIPTIONS[au]}", fontsize=9)
        axis.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
        if not (roc["au"] == name).any():
            style.say_empty(axis, _no_curve(name))
            continue
        axis.plot([0, 1], [0, 1], color=style.GRID, linewidth=1, zorder=1)
        for arm, (colour, dash, _) in style.arm_styles(arms).items():
            curve = roc[(roc["arm"] == arm) & (roc["au"] == name)]
            label = f"{arm} {_area(summary, arm, name)}"
            axis.plot(curve["fpr"], curve["tpr"], color=colour, linestyle=dash, label=label)
        axis.legend(loc="lower right", title="AUC", alignment="right", title_fontsize=8)
    figure.supxlabel("False positive rate", fontsize=9)
    figure.supylabel("True positive rate", fontsize=9)
    return figure


def draw_precision_recall(curves: pd.DataFrame, measures: pd.DataFrame, arms: list[str]) -> Figure:
    """Draw the precision-recall curves of all arms per AU, and the base rate, which chance has.

    `curves` has arm, au, recall, precision; `measures` has arm, au, measure, value.
    """
    figure, axes = style.panels(2, 3, 8.4, 5.9, sharex=True, sharey=True)
    known = measures.set_index(["measure", "arm", "au"])["value"]
    for axis, au in zip(axes.flat, AUS, strict=True):
        name = f"AU{au}"
        axis.set_title(f"{name}  {DESCRIPTIONS[au]}", fontsize=9)
        axis.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
        if not (curves["au"] == name).any():
            style.say_empty(axis, f"no curve:\n{name} lacks positive frames")
            continue
        axis.axhline(known["base_rate", arms[0], name], color=style.MUTED, lw=0.8, ls=(0, (1, 2)))
        for arm, (colour, dash, _) in style.arm_styles(arms).items():
            curve = curves[(curves["arm"] == arm) & (curves["au"] == name)]
            label = f"{arm} {known['average_precision', arm, name]:.3f}"
            axis.plot(curve["recall"], curve["precision"], color=colour, linestyle=dash, lw=1.3,
                      label=label)  # fmt: skip
        axis.legend(loc="upper right", title="PR-AUC", alignment="right", title_fontsize=8)
    figure.supxlabel("Recall", fontsize=9)
    figure.supylabel("Precision", fontsize=9)
    return figure


def draw_reliability(table: pd.DataFrame, arms: list[str]) -> Figure:
    """Draw how often an AU is there where a probability is given, per AU, with 95 % intervals.

    `table` has arm, au, bin, frames, predicted, observed, ci_low, ci_high.
    """
    figure, axes = style.panels(2, 3, 8.4, 5.9, sharex=True, sharey=True)
    for axis, au in zip(axes.flat, AUS, strict=True):
        name = f"AU{au}"
        axis.set_title(f"{name}  {DESCRIPTIONS[au]}", fontsize=9)
        axis.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
        axis.plot([0, 1], [0, 1], color=style.GRID, linewidth=1, zorder=1)
        for number, (arm, (colour, dash, marker)) in enumerate(style.arm_styles(arms).items()):
            rows = table[(table["arm"] == arm) & (table["au"] == name)]
            x = rows["predicted"] + 0.008 * (number - (len(arms) - 1) / 2)
            axis.vlines(x, rows["ci_low"], rows["ci_high"], color=colour, lw=1, alpha=0.7)
            axis.plot(x, rows["observed"], color=colour, ls=dash, lw=1.1, marker=marker, ms=3.5,
                      label=arm)  # fmt: skip
    handles, names = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=max(1, len(arms)))
    figure.supxlabel("Probability that the classifier gives", fontsize=9)
    figure.supylabel("Share of frames with the AU", fontsize=9)
    return figure


def _no_curve(au: str) -> str:
    return f"no ROC curve:\n{au} lacks positive or\nnegative frames"


def _draw_curves(axis, roc, band, summary, au, arm, against) -> None:
    curve = roc[(roc["arm"] == arm) & (roc["au"] == au)]
    if curve.empty:
        style.say_empty(axis, _no_curve(au))
        return
    mine = band[band["au"] == au].dropna()
    colour = style.au_colour(au)
    axis.fill_between(mine["fpr"], mine["low"], mine["high"], color=colour, alpha=0.16, lw=0)
    if against:
        other = roc[(roc["arm"] == against) & (roc["au"] == au)]
        axis.plot(
            other["fpr"],
            other["tpr"],
            color=style.MUTED,
            linestyle=(0, (2, 1.2)),
            linewidth=1.2,
            label=f"{against} {_area(summary, against, au)}",
        )
    axis.plot(curve["fpr"], curve["tpr"], color=colour, label=f"{arm} {_area(summary, arm, au)}")
    axis.legend(loc="lower right", title="AUC", alignment="right", title_fontsize=8)


def _area(summary: pd.DataFrame, arm: str, au: str) -> str:
    row = summary[(summary["arm"] == arm) & (summary["au"] == au)]
    if row.empty or not np.isfinite(row["auc_pooled"].iloc[0]):
        return "undefined"
    return f"{row['auc_pooled'].iloc[0]:.3f}"


def draw_auc(folds: pd.DataFrame, summary: pd.DataFrame, arm: str) -> Figure:
    """Draw an arm's AUC per AU: every fold as a point, their mean, and the pooled interval.

    `folds` has arm, fold, au, auc; `summary` has arm, au, auc_mean, auc_pooled, ci_low, ci_high.
    """
    figure, axes = style.panels(1, 1, 6.4, 3.6)
    axis = axes[0, 0]
    for place, au in enumerate(AU_NAMES):
        values = folds[(folds["arm"] == arm) & (folds["au"] == au)]["auc"].dropna().to_numpy()
        row = summary[(summary["arm"] == arm) & (summary["au"] == au)]
        colour = style.au_colour(au)
        if len(values):
            spread = np.linspace(-0.16, 0.16, len(values)) if len(values) > 1 else [0]
            axis.scatter(
                place - 0.12 + np.asarray(spread), values, s=14, color=colour, alpha=0.45, lw=0
            )
            axis.hlines(values.mean(), place - 0.32, place + 0.08, color=colour, lw=2.2)
        if len(row) and np.isfinite(row["auc_pooled"].iloc[0]):
            _draw_interval(axis, place + 0.26, row.iloc[0], colour, style.AU_MARKERS[au])
    _finish_auc_axis(axis, AU_NAMES)
    _explain(axis)
    return figure


def _explain(axis) -> None:
    from matplotlib.lines import Line2D

    grey = style.MUTED
    axis.legend(
        [
            Line2D([], [], color=grey, alpha=0.5, marker="o", ls="", ms=4),
            Line2D([], [], color=grey, lw=2.2),
            Line2D([], [], color=grey, marker="o", ms=5, lw=1.4),
        ],
        ["one fold", "mean of folds", "all frames, 95 % over subjects"],
        loc="upper center",
        bbox_to_anchor=(0.5, 1.14),
        ncols=3,
    )


def draw_auc_summary(summary: pd.DataFrame, arms: list[str]) -> Figure:
    """Draw the pooled AUC of all arms per AU and on average, with 95 % intervals over subjects."""
    figure, axes = style.panels(1, 1, 7.6, 3.8)
    axis = axes[0, 0]
    rows = [*AU_NAMES, MEAN]
    axis.axvline(len(AU_NAMES) - 0.5, color=style.GRID, linewidth=1.2)
    width = 0.62 / max(1, len(arms))
    for number, (arm, (colour, _, marker)) in enumerate(style.arm_styles(arms).items()):
        for place, au in enumerate(rows):
            row = summary[(summary["arm"] == arm) & (summary["au"] == au)]
            if len(row) and np.isfinite(row["auc_pooled"].iloc[0]):
                shift = (number - (len(arms) - 1) / 2) * width
                _draw_interval(axis, place + shift, row.iloc[0], colour, marker)
        axis.plot([], [], color=colour, marker=marker, label=arm)
    _finish_auc_axis(axis, [*AU_NAMES, "mean of AUs"])
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, 1.14), ncols=max(1, len(arms)))
    return figure


def _draw_interval(axis, place: float, row: pd.Series, colour: str, marker: str) -> None:
    axis.plot(place, row["auc_pooled"], color=colour, marker=marker, ms=6, ls="", zorder=3)
    axis.vlines(place, row["ci_low"], row["ci_high"], color=colour, lw=1.6)


def _finish_auc_axis(axis, names) -> None:
    axis.set_xticks(range(len(names)), names)
    axis.set_xlim(-0.6, len(names) - 0.4)
    axis.grid(axis="x", visible=False)
    axis.set_ylabel("Area under the ROC curve")
    low, _ = axis.get_ylim()
    axis.set_ylim(min(low, 0.5), 1.005)
    axis.axhline(0.5, color=style.MUTED, lw=0.8, ls=(0, (1, 2)))
    axis.annotate(
        "chance",
        (0, 0.5),
        (3, 2),
        ("axes fraction", "data"),
        "offset points",
        fontsize=7.5,
        color=style.MUTED,
    )
