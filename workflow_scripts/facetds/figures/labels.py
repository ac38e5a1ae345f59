"""Figures of annotation and cross-validation (thesis 3.10)."""

import numpy as np
import pandas as pd
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from facetds.aus import AU_NAMES
from facetds.figures import style


def draw_annotation(rows: pd.DataFrame, thumbnails: list[np.ndarray | None]) -> Figure:
    """Draw images beside the labels that their seeds gave them (thesis Figure 3.9).

    `rows` has image and a 0/1 column per AU; `thumbnails` are uint8 S x S x 3, None where an image
    is missing.
    """
    figure, axes = style.panels(1, 1, 7.2, 0.5 * len(rows) + 0.6)
    axis = axes[0, 0]
    axis.set(xlim=(0, 9.6), ylim=(len(rows) + 0.02, -0.7))
    axis.set_axis_off()
    places = [3.9 + 0.95 * i for i in range(len(AU_NAMES))]
    axis.text(1.25, -0.3, "image", weight="bold", va="center")
    for x, au in zip(places, AU_NAMES, strict=True):
        axis.text(x, -0.3, au, weight="bold", ha="center", va="center")
    seeds = rows["image"].str.split("_").str[0].to_numpy()
    for row, (record, picture) in enumerate(zip(rows.to_dict("records"), thumbnails, strict=True)):
        if row and seeds[row] != seeds[row - 1]:
            axis.axhline(row, color=style.GRID, lw=1)
        if picture is not None:
            axis.imshow(picture, extent=(0.1, 1.02, row + 0.96, row + 0.04), aspect="auto",
                        interpolation="lanczos", zorder=2)  # fmt: skip
        axis.text(1.25, row + 0.5, record["image"], va="center", fontsize=8.5)
        for x, au in zip(places, AU_NAMES, strict=True):
            present = int(record[au])
            if present:
                axis.add_patch(
                    Rectangle(
                        (x - 0.4, row + 0.14),
                        0.8,
                        0.72,
                        lw=0,
                        facecolor=style.AU_COLOURS[au],
                        alpha=0.35,
                    )
                )
            axis.text(
                x,
                row + 0.5,
                str(present),
                ha="center",
                va="center",
                color=style.INK if present else style.MUTED,
                weight="bold" if present else "normal",
            )
    return figure


def draw_folds(folds: pd.DataFrame, synthetic: int | None) -> Figure:
    """Draw which subjects each fold validates (folds: fold, subject; thesis Figure 3.10).

    `synthetic` is the number of synthetic images every training set gets in the other arms.
    """
    subjects = sorted(folds["subject"].unique())
    names = sorted(folds["fold"].unique())
    matrix = np.zeros((len(names), len(subjects)), int)
    for row in folds.itertuples():
        matrix[names.index(row.fold), subjects.index(row.subject)] = 1
    figure, axes = style.panels(1, 1, 8.2, 0.24 * len(names) + 1.4)
    axis = axes[0, 0]
    axis.pcolormesh(
        matrix[::-1],
        cmap=ListedColormap(["#d9e4f1", "#004488"]),
        edgecolor="white",
        linewidth=1.2,
        vmin=0,
        vmax=1,
    )
    wide = len(subjects) * 1.22 + 1
    if synthetic:
        axis.add_patch(
            Rectangle(
                (len(subjects) + 0.5, 0),
                wide - len(subjects) - 0.5,
                len(names),
                facecolor="#f3e2b8",
                edgecolor="white",
            )
        )
        axis.text(
            (len(subjects) + 0.5 + wide) / 2,
            len(names) / 2,
            f"{synthetic:,}\nsynthetic\nimages,\nall for\ntraining",
            ha="center",
            va="center",
            fontsize=8,
        )
    axis.set_xlim(0, wide if synthetic else len(subjects))
    axis.set_xticks(np.arange(len(subjects)) + 0.5, subjects, rotation=90, fontsize=7)
    axis.set_yticks(np.arange(len(names)) + 0.5, names[::-1], fontsize=7.5)
    axis.set(ylabel="fold")
    axis.grid(visible=False)
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)
    for colour, name in (("#004488", "validates"), ("#d9e4f1", "trains")):
        axis.add_patch(Rectangle((0, 0), 0, 0, color=colour, label=name))
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, 1.16 + 0.6 / (len(names) + 1)), ncols=2)
    return figure


def draw_audit(audit: pd.DataFrame) -> Figure:
    """Draw images and effective seeds per AU and set (set, au, images, effective_seeds)."""
    sets = list(dict.fromkeys(audit["set"]))
    names = list(dict.fromkeys(audit["au"]))
    figure, axes = style.panels(1, 2, 8, 0.42 * len(names) + 1)
    height = 0.8 / max(1, len(sets))
    titles = {"images": "images with the AU", "effective_seeds": "effective seeds"}
    for axis, (column, title) in zip(axes[0], titles.items(), strict=True):
        for number, name in enumerate(sets):
            part = audit[audit["set"] == name].set_index("au")[column].reindex(names)
            bars = axis.barh(
                np.arange(len(names)) + (number - (len(sets) - 1) / 2) * height,
                part,
                height * 0.92,
                color=[style.au_colour(au) for au in names],
                **_second_look(number),
            )
            axis.bar_label(bars, [f"{value:,.0f}" for value in part], fontsize=7, padding=2)
        axis.set_yticks(range(len(names)), names)
        axis.set(title=title, xlim=(0, 1.12 * max(1, audit[column].max())))
        axis.invert_yaxis()
        axis.grid(axis="y", visible=False)
    handles = [
        Rectangle((0, 0), 1, 1, facecolor=style.MUTED, **_second_look(number))
        for number in range(len(sets))
    ]
    figure.legend(handles, sets, loc="outside upper center", ncols=max(1, len(sets)))
    return figure


def _second_look(number: int) -> dict:
    """Return how bars of a set look: those of the second and later ones are light and hatched."""
    return {"edgecolor": "white", "lw": 0.5} | ({"alpha": 0.45, "hatch": "///"} if number else {})


def draw_checks(audit: pd.DataFrame) -> Figure:
    """Draw how often the audit sees an AU in images labelled with it, and in the others.

    `audit` has set, au, agreement and elsewhere, with _low and _high of their 95 % intervals; what
    has no share in any set is left out.
    """
    sets = list(dict.fromkeys(audit["set"]))
    known = audit.loc[audit["agreement"].notna() | audit["elsewhere"].notna(), "au"]
    audit = audit[audit["au"].isin(known)]
    figure, axes = style.panels(1, len(sets), 4.1 * len(sets), 3.1, sharey=True)
    for axis, name in zip(axes[0], sets, strict=True):
        part = audit[audit["set"] == name].set_index("au")
        for place, (au, row) in enumerate(part.iterrows()):
            colour = style.au_colour(au)
            for column, shift, face in (("agreement", -0.1, colour), ("elsewhere", 0.1, "white")):
                low, high = row[f"{column}_low"], row[f"{column}_high"]
                axis.vlines(place + shift, low, high, color=colour, lw=1.4)
                axis.plot(place + shift, row[column], "o", color=colour, ms=7, mfc=face)
        axis.set_xticks(range(len(part)), part.index)
        axis.set(title=name, ylim=(-0.03, 1.03), xlim=(-0.5, len(part) - 0.5))
        axis.grid(axis="x", visible=False)
    axes[0, 0].set_ylabel("share in which the audit sees the AU")
    for face, words in ((style.MUTED, "labelled with it"), ("white", "not labelled with it")):
        axes[0, 0].plot([], [], "o", color=style.MUTED, mfc=face, label=words)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def draw_kappas(agreement: pd.DataFrame) -> Figure:
    """Draw Cohen's kappa of two reviewers per AU (au, kappa, kappa_low, kappa_high)."""
    figure, axes = style.panels(1, 1, 5.6, 3.0)
    axis = axes[0, 0]
    for place, row in enumerate(agreement.to_dict("records")):
        colour = style.au_colour(row["au"])
        if not np.isfinite(row["kappa"]):
            axis.text(place, 0.03, "undefined", ha="center", rotation=90, color=style.MUTED)
            continue
        axis.plot(place, row["kappa"], "o", color=colour, ms=7)
        axis.vlines(place, row["kappa_low"], row["kappa_high"], color=colour, lw=1.6)
        axis.annotate(f"{row['kappa']:.2f}", (place, row["kappa"]), (8, -3),
                      textcoords="offset points", fontsize=8)  # fmt: skip
    axis.set_xticks(range(len(agreement)), agreement["au"])
    axis.set(ylabel="Cohen's kappa", xlim=(-0.5, len(agreement) - 0.3))
    axis.set_ylim(min(0.0, axis.get_ylim()[0]), 1.02)
    axis.grid(axis="x", visible=False)
    return figure


def pick_examples(table: pd.DataFrame, seeds: int = 4, per_seed: int = 3) -> pd.DataFrame:
    """Return a few images of a few seeds with labels as different as possible.

    `table` has image, seed and a 0/1 column per AU. The seeds are those that add the most AUs not
    yet shown, the lower seed first where several do.
    """
    labels = table.groupby("seed")[list(AU_NAMES)].first()
    labels = labels[table["seed"].value_counts().reindex(labels.index) >= per_seed]
    chosen: list[int] = []
    shown = np.zeros(len(AU_NAMES), int)
    while len(chosen) < min(seeds, len(labels)):
        rest = labels.drop(index=chosen)
        gain = (rest.to_numpy() * (shown == 0)).sum(axis=1)
        seed = rest.index[int(np.argmax(gain))]
        chosen.append(seed)
        shown += labels.loc[seed].to_numpy()
    parts = [table[table["seed"] == seed].head(per_seed) for seed in sorted(chosen)]
    return pd.concat(parts, ignore_index=True) if parts else table.head(0)
