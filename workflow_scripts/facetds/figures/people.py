"""Who is in CFD, person by person: an image count favours those with five expressions (3.4.1)."""

import pandas as pd
from matplotlib.figure import Figure

from facetds.figures import style
from facetds.figures.counts import SET_COLOURS, SEXES


def count_people(photos: pd.DataFrame) -> pd.DataFrame:
    """Return set, race, sex, count: the models of `photos` (model, set, race, sex; a row each)."""
    people = photos.drop_duplicates("model")
    return people.groupby(["set", "race", "sex"]).size().rename("count").reset_index()


def draw_sexes(people: pd.DataFrame) -> Figure:
    """Draw women and men in each part of CFD (set, sex, count; thesis Figure 3.2)."""
    table = people.pivot_table(
        index="set", columns="sex", values="count", aggfunc="sum", fill_value=0
    ).reindex(columns=list(SEXES), fill_value=0)
    sets = [name for name in SET_COLOURS if name in table.index]
    sets += [name for name in table.index if name not in SET_COLOURS]
    figure, axes = style.panels(1, max(1, len(sets)), 2.2 * max(1, len(sets)) + 0.4, 2.6)
    for axis, name in zip(axes[0], sets, strict=True):
        row = table.loc[name]
        bars = axis.bar(
            list(SEXES.values()), row, width=0.62, color=SET_COLOURS.get(name, style.MUTED)
        )
        words = [f"{value:,.0f}\n({100 * value / row.sum():.0f} %)" for value in row]
        axis.bar_label(bars, words, fontsize=8.5, padding=2)
        axis.set(title=name, ylim=(0, 1.3 * row.max()))
        axis.yaxis.get_major_locator().set_params(integer=True)
        axis.grid(axis="x", visible=False)
    axes[0, 0].set_ylabel("people")
    return figure
