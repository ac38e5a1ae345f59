"""Figures that count: who is in the data, what was set aside, what is left (thesis 2.8, 3.4)."""

import textwrap

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from facetds.aus import AU_NAMES
from facetds.figures import style

SET_COLOURS = {"CFD": "#004488", "CFD-MR": "#BB5566", "CFD-INDIA": "#DDAA33"}
RACES = {
    "A": "Asian",
    "B": "Black",
    "I": "Indian",
    "L": "Latino",
    "M": "Multiracial",
    "W": "White",
}
SEXES = {"F": "female", "M": "male"}
EXPRESSIONS = {
    "N": "neutral",
    "A": "angry",
    "F": "fearful",
    "HC": "happy, closed",
    "HO": "happy, open",
}


def draw_stacked(
    groups: pd.DataFrame, column: str, names: dict[str, str], what: str = "images"
) -> Figure:
    """Draw the counts per `column` of `groups` (set, race, sex, ..., count), by CFD set."""
    table = groups.pivot_table(
        index=column, columns="set", values="count", aggfunc="sum", fill_value=0
    )
    table = table.loc[table.sum(axis=1).sort_values().index]
    figure, axes = style.panels(1, 1, 6.2, 0.42 * len(table) + 1.3)
    axis = axes[0, 0]
    left = np.zeros(len(table))
    for name in [s for s in SET_COLOURS if s in table] + [s for s in table if s not in SET_COLOURS]:
        colour = SET_COLOURS.get(name, style.MUTED)
        axis.barh(
            [names.get(k, k) for k in table.index],
            table[name],
            left=left,
            height=0.68,
            color=colour,
            label=name,
        )
        left += table[name].to_numpy()
    total = left.sum()
    for place, value in enumerate(left):
        axis.annotate(
            f"{value:,.0f} ({100 * value / total:.0f} %)",
            (value, place),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
        )
    axis.set(xlabel=what, xlim=(0, left.max() * 1.22))
    axis.grid(axis="y", visible=False)
    figure.legend(loc="outside upper left", ncols=len(table.columns))
    return figure


def mark_neutral(groups: pd.DataFrame) -> pd.DataFrame:
    """Return groups (race, expression, count) with column shows: "neutral only" or "expressions".

    Of CFD's models, only Black and White ones show an expression.
    """
    expressive = groups.loc[(groups["expression"] != "N") & (groups["count"] > 0), "race"]
    shows = np.where(groups["race"].isin(expressive), "expressions", "neutral only")
    return groups.assign(shows=shows)


def describe_neutral(groups: pd.DataFrame) -> str:
    """Return in words which races alone show expressions; "" if all do."""
    names = groups["race"].map(lambda race: RACES.get(race, race)).groupby(groups["shows"]).unique()
    if "neutral only" not in names:
        return ""
    others = " and ".join(names.get("expressions", [])) or "No"
    return f"{others} models alone show expressions; all others are neutral."


def draw_groups(groups: pd.DataFrame) -> Figure:
    """Draw images by race and expression as a heat map with counts (thesis Figure 3.7).

    `groups` is that of `mark_neutral`; races that show the neutral expression alone say so.
    """
    neutral = set(groups.loc[groups["shows"] == "neutral only", "race"])
    table = groups.pivot_table(
        index="race", columns="expression", values="count", aggfunc="sum", fill_value=0
    )
    table = table[
        [e for e in EXPRESSIONS if e in table] + [e for e in table if e not in EXPRESSIONS]
    ]
    figure, axes = style.panels(1, 1, 1.15 * table.shape[1] + 2.4, 0.45 * len(table) + 1.2)
    axis = axes[0, 0]
    values = table.to_numpy(float)
    axis.imshow(np.sqrt(values), cmap="Blues", aspect="auto", vmin=0)
    for (row, column), value in np.ndenumerate(values):
        light = np.sqrt(value) > np.sqrt(values.max()) * 0.6
        axis.text(
            column,
            row,
            f"{value:,.0f}" if value else "–",
            ha="center",
            va="center",
            color="white" if light else style.INK,
        )
    axis.set_xticks(range(table.shape[1]), [EXPRESSIONS.get(e, e) for e in table])
    words = [RACES.get(r, r) + (" (neutral only)" if r in neutral else "") for r in table.index]
    axis.set_yticks(range(len(table)), words)
    axis.grid(visible=False)
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)
    return figure


def draw_ages(ages: pd.DataFrame, summary: dict[str, float]) -> Figure:
    """Draw the histogram of rated ages (age_low, age_high, count; the upper end is not in).

    `summary` has mean and median, which are marked (thesis Figure 3.5).
    """
    figure, axes = style.panels(1, 1, 5.6, 3.0)
    axis = axes[0, 0]
    if ages.empty:
        style.say_empty(axis, "no rated age in the norming table")
        return figure
    widths = ages["age_high"] - ages["age_low"]
    axis.bar(ages["age_low"], ages["count"], widths * 0.94, align="edge", color="#004488")
    for name, dash in (("mean", "solid"), ("median", (0, (2, 1.5)))):
        if name in summary:
            label = f"{name} {summary[name]:.1f}"
            axis.axvline(summary[name], color="#BB5566", ls=dash, lw=1.4, label=label)
    if summary.keys() & {"mean", "median"}:
        axis.legend(loc="upper right")
    axis.set(xlabel="age as rated (years)", ylabel="people")
    axis.grid(axis="x", visible=False)
    return figure


def describe_ages(summary: dict[str, float]) -> str:
    """Return n, sd, range and outliers in words, as far as `summary` has them; "" for no ages."""
    if not summary.get("n"):
        return ""
    return (
        f"{summary['n']:.0f} people with a rated age; standard deviation {summary['sd']:.1f}, "
        f"range {summary['range']:.1f} years, outliers: {summary['outliers']:.0f}."
    )


def draw_rates(rates: pd.DataFrame) -> Figure:
    """Draw how often each AU of DISFA has each intensity (au, intensity, frames, share)."""
    table = rates.pivot_table(index="au", columns="intensity", values="share", aggfunc="sum")
    table = table.fillna(0).loc[sorted(table.index, key=lambda au: int(au.removeprefix("AU")))]
    present = [i for i in table if i > 0]
    figure, axes = style.panels(1, 1, 6.6, 3.3)
    axis = axes[0, 0]
    bottom = np.zeros(len(table))
    shades = ["#dceaf5", "#a6c8e4", "#62a0cf", "#2470ab", "#0a3f70"]
    for intensity in present:
        share = 100 * table[intensity].to_numpy()
        axis.bar(
            table.index,
            share,
            bottom=bottom,
            width=0.72,
            color=shades[(int(intensity) - 1) % 5],
            label=str(int(intensity)),
        )
        bottom += share
    axis.set_ylabel("share of frames (%)")
    axis.grid(axis="x", visible=False)
    figure.legend(title="intensity", ncols=5, loc="outside upper left")
    return figure


def draw_base_rates(rates: pd.DataFrame) -> Figure:
    """Draw in how many of their frames subjects show the study's AUs (subject, au, share)."""
    table = 100 * rates.pivot_table(index="subject", columns="au", values="share")[list(AU_NAMES)]
    figure, axes = style.panels(1, 1, 5.6, 1.0 + 0.2 * len(table))
    axis = axes[0, 0]
    # The root keeps the small rates apart, which most are.
    axis.imshow(np.sqrt(table), cmap="Blues", aspect="auto", vmin=0, vmax=10)
    for (row, column), value in np.ndenumerate(table.to_numpy()):
        colour = "white" if value > 36 else style.INK
        axis.text(column, row, f"{value:.0f}", ha="center", va="center", color=colour, fontsize=7)
    axis.set_xticks(range(len(AU_NAMES)), AU_NAMES)
    axis.set_yticks(range(len(table)), table.index)
    axis.tick_params(length=0)
    axis.xaxis.tick_top()
    axis.grid(visible=False)
    return figure


def draw_reasons(rejected: pd.DataFrame) -> Figure:
    """Draw what was set aside, by source and reason (source, reason, items)."""
    words = (f"{row.source}: {shorten(row.reason, 100)}" for row in rejected.itertuples())
    names = [textwrap.fill(text, 52) for text in words]
    lines = sum(text.count("\n") + 1.6 for text in names)
    figure, axes = style.panels(1, 1, 7, 0.15 * max(7, lines) + 0.9)
    axis = axes[0, 0]
    if rejected.empty:
        style.say_empty(axis, "nothing was set aside")
        return figure
    axis.barh(range(len(names)), rejected["items"], color="#BB5566", height=0.66)
    axis.set_yticks(range(len(names)), names)
    axis.invert_yaxis()
    for place, value in enumerate(rejected["items"]):
        axis.annotate(
            f"{value:,}",
            (value, place),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
        )
    axis.set(xlabel="items", xlim=(0, rejected["items"].max() * 1.12))
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.grid(axis="y", visible=False)
    return figure


def shorten(text: str, limit: int = 60) -> str:
    """Return `text` on one line, cut with an ellipsis beyond `limit` characters."""
    text = " ".join(str(text).split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def draw_pipeline(steps: pd.DataFrame) -> Figure:
    """Draw the phases as boxes with what is left after each (phase, step, count, of)."""
    phases = list(dict.fromkeys(steps["phase"]))
    deepest = steps["phase"].value_counts().max()
    figure, axes = style.panels(1, 1, 9, 0.95 * deepest + 0.9)
    axis = axes[0, 0]
    for column, phase in enumerate(phases):
        rows = steps[steps["phase"] == phase]
        axis.text(column, 0.62, phase, ha="center", weight="bold", fontsize=9)
        for row, step in enumerate(rows.itertuples()):
            _draw_box(axis, column, -row, step)
        if column:
            axis.annotate(
                "",
                (column - 0.46, 0),
                (column - 0.54, 0),
                arrowprops={"arrowstyle": "-|>", "color": style.INK, "lw": 1},
            )
    axis.set(xlim=(-0.5, len(phases) - 0.5), ylim=(-deepest + 0.5, 0.85))
    axis.set_axis_off()
    return figure


def _draw_box(axis, x: float, y: float, step) -> None:
    axis.add_patch(
        FancyBboxPatch((x - 0.4, y - 0.36), 0.8, 0.72, boxstyle="round,pad=0.01,rounding_size=0.05",
                       facecolor="#eef3f9", edgecolor="#004488", linewidth=0.9)
    )  # fmt: skip
    axis.text(x, y + 0.14, step.step, ha="center", va="center", fontsize=8)
    words = f"{step.count:,.0f}" if np.isfinite(step.count) else "not made"
    if np.isfinite(step.of) and step.of and np.isfinite(step.count):
        words += f"  ({100 * step.count / step.of:.0f} %)"
    axis.text(
        x, y - 0.17, words, ha="center", va="center", fontsize=9.5, weight="bold", color="#004488"
    )
