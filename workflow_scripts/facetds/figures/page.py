"""The parts of the report: figures and tables as plain values for the template.

Every number comes from a table; whatever a table lacks is left out, and said.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from facetds.figures import verdict
from facetds.figures.listings import list_scores
from facetds.figures.performance import MEAN
from facetds.figures.rejects import count_reasons
from facetds.figures.scores import TITLES
from facetds.figures.sheets import format_number
from facetds.figures.sprites import Sprite, embed_picture
from facetds.foreign import read_image
from facetds.rejects import Reject
from facetds.tables import read_table

SHOWN_WIDTH = 0.7
"""CSS pixels per pixel of a figure: type of 9 points at 150 dpi becomes 13 pixels tall."""

INTERVAL = ("ci_low", "ci_high")

MOST_ROWS = 300
"""Rows (at most) of a list of single items."""


class Files:
    """The files of a run that the report may show, found by the end of their paths."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self.paths = [path for path in paths if path.exists()]

    def find(self, *ends: str) -> list[Path]:
        """Return the files whose path matches one of the patterns, such as "fer/*.csv"."""
        return [path for path in self.paths if any(path.match(end) for end in ends)]

    def table(self, end: str, columns: Iterable[str] = ()) -> pd.DataFrame | None:
        """Return the tables that match as one, or None if there is none."""
        found = self.find(end)
        if not found:
            return None
        return pd.concat([read_table(path, columns) for path in found], ignore_index=True)

    def json(self, end: str) -> dict[str, Any] | None:
        """Return the JSON file that matches, or None."""
        found = self.find(end)
        return json.loads(found[0].read_text(encoding="utf-8")) if found else None


def read_captions(files: Files) -> dict[str, str]:
    """Return the captions by the names of their figures: report/<name>.rst as one line."""
    return {
        path.stem: " ".join(path.read_text(encoding="utf-8").split())
        for path in files.find("report/*.rst")
    }


def make_figures(files: Files, without: Iterable[str] = ()) -> dict[str, dict[str, Any]]:
    """Return src, width (CSS pixels), caption by figure name, of all figures but `without`.

    Figures that every arm has share the caption <kind>-arm. Tables and galleries are no pictures in
    the page, nor are the figures of single arms that the thesis does not show.
    """
    captions = read_captions(files)
    figures = {}
    for path in files.find("figures/*.png"):
        name = path.name.removesuffix(".png")
        if name in without or name.startswith(("table-", "gallery-")) or is_of_arm(name):
            continue
        pixels = read_image(path)
        width = round(pixels.shape[1] * SHOWN_WIDTH)
        kind = "roc-arm" if "roc-" in name else "auc-arm"
        figures[name] = {
            "name": name, "src": embed_picture(pixels, width), "width": width,
            "caption": captions.get(name) or captions.get(kind, ""),
        }  # fmt: skip
    return figures


def is_of_arm(name: str) -> bool:
    """Return whether a figure shows one arm alone and has no number in the thesis."""
    return name.startswith(("roc-", "auc-")) and name != "roc-arms"


def list_linked(files: Files) -> list[str]:
    """Return the names of the figures of single arms that the page names but does not show."""
    names = [path.name.removesuffix(".png") for path in files.find("figures/*.png")]
    return sorted(filter(is_of_arm, names))


def make_text_tables(files: Files) -> dict[str, dict[str, Any] | None]:
    """Return the tables of the thesis whose cells are text, by name; None for those not made."""
    tables = {}
    for name in ("table-3.1-databases", "table-3.2-expressions", "table-A.1-aus"):
        found = files.table(f"figures/{name}.csv")
        tables[name] = (
            make_table(found, {column: column for column in found}, 1)
            if found is not None
            else None
        )
    return tables


def read_galleries(files: Files) -> dict[str, pd.DataFrame]:
    """Return the lists of the galleries (gallery, image, reason, ...) by the name of the figure."""
    names = ("gallery-selection", "gallery-aus")
    found = {name: files.table(f"figures/{name}.csv", ("gallery", "image")) for name in names}
    return {name: table for name, table in found.items() if table is not None}


def make_gallery(table: pd.DataFrame, sprite: Sprite) -> list[dict[str, Any]]:
    """Return the galleries of a list: name and faces, each with image, reason, place in the sprite.

    An image that cannot be read has no place.
    """
    return [
        {
            "name": name,
            "faces": [
                {
                    "image": row["image"].removesuffix(".jpg"),
                    "reason": row["reason"].removeprefix("filled:").replace("_", " "),
                    "place": sprite.places.get(row["image"]),
                }
                for row in part.to_dict("records")
            ],
        }
        for name, part in table.groupby("gallery", sort=False)
    ]


def make_results(files: Files, arms: list[str]) -> dict[str, Any] | None:
    """Return the table of AUC: header, rows of cells, and the verdict of the first contrast."""
    summary = files.table("fer/summary.csv", ("arm", "au", "auc_pooled", "ci_low", "ci_high"))
    wanted = ("contrast", "au", "difference", "ci_low", "ci_high", "p_holm")
    differences = files.table("fer/differences.csv", wanted)
    if summary is None or differences is None:
        return None
    contrasts = list(dict.fromkeys(differences["contrast"]))
    rows = []
    for au in dict.fromkeys(summary["au"]):
        areas = [_cell(summary[(summary["arm"] == arm) & (summary["au"] == au)]) for arm in arms]
        gaps = [
            _gap(differences[(differences["contrast"] == c) & (differences["au"] == au)])
            for c in contrasts
        ]
        rows.append({"au": "mean of AUs" if au == MEAN else au, "areas": areas, "gaps": gaps})
    first, second = contrasts[0].split(" - ")
    main = differences[differences["contrast"] == contrasts[0]]
    return {
        "contrasts": [name.replace(" - ", f" {verdict.MINUS} ") for name in contrasts],
        "rows": rows,
        "verdict": [verdict.describe_mean(main, first, second), verdict.describe_aus(main)],
    }


def has_one_fold(files: Files) -> bool:
    """Return whether the classifier was tested in one fold alone; False if that is not known."""
    summary = files.table("fer/summary.csv")
    return summary is not None and "folds" in summary and summary["folds"].max() == 1


def _cell(row: pd.DataFrame) -> dict[str, str]:
    if row.empty or not np.isfinite(row["auc_pooled"].iloc[0]):
        return {"value": "undefined", "interval": "", "word": ""}
    values = row.iloc[0]
    interval = f"{format_number(values['ci_low'])} to {format_number(values['ci_high'])}"
    return {"value": format_number(values["auc_pooled"]), "interval": interval, "word": ""}


def _gap(row: pd.DataFrame) -> dict[str, str]:
    if row.empty or not np.isfinite(row["difference"].iloc[0]):
        return {"value": "undefined", "interval": "", "word": ""}
    values = row.iloc[0]
    interval = f"{verdict.signed(values['ci_low'])} to {verdict.signed(values['ci_high'])}"
    if np.isfinite(values["p_holm"]):
        interval += f", p {format_number(values['p_holm'])}"
    word = verdict.judge_row(values)
    return {"value": verdict.signed(values["difference"]), "interval": interval, "word": word}


MEASURES = {
    "auc_pooled": "AUC, all frames pooled",
    "auc_au_sd": "its SD over the AUs (0: all alike)",
    "auc_au_range": "its range over the AUs",
    "auc_ranked": "AUC, pooled after ranking in folds",
    "auc_within": "AUC, mean within subjects",
    "average_precision": "PR-AUC (average precision)",
    "base_rate": "base rate: PR-AUC of chance",
    "f1": "F1 at the threshold",
    "balanced_accuracy": "balanced accuracy at the threshold",
    "brier": "Brier score (0 is best)",
    "ece": "calibration error (0 is best)",
}
"""What else is measured of the classifier, in the order shown."""


OVER_AUS = ("auc_au_sd", "auc_au_range")
"""Those of them that say how much the AUs differ: an arm has one, not one per AU."""


def make_measures(files: Files, arms: list[str]) -> dict[str, Any] | None:
    """Return further measures with their intervals: of the mean over the AUs, and of every AU.

    A cell is value and interval; None without fer/measures.csv.
    """
    table = files.table("fer/measures.csv", ("arm", "au", "measure", "value", "ci_low", "ci_high"))
    if table is None:
        return None
    cells = table.set_index(["measure", "au", "arm"])

    def row(measure: str, au: str) -> list[dict[str, str]]:
        return [_measured(cells, (measure, au, arm)) for arm in arms]

    known = [name for name in MEASURES if (table["measure"] == name).any()]
    aus = [au for au in dict.fromkeys(table["au"]) if au != MEAN]
    return {
        "mean": [{"name": MEASURES[name], "cells": row(name, MEAN)} for name in known],
        "aus": [
            {"name": MEASURES[name], "au": au, "cells": row(name, au)}
            for name in known
            if name not in OVER_AUS
            for au in aus
        ],
    }


def _measured(cells: pd.DataFrame, key: tuple[str, str, str]) -> dict[str, str]:
    if key not in cells.index or not np.isfinite(cells.loc[key, "value"]):
        return {"value": "undefined", "interval": ""}
    value, low, high = (format_number(cells.loc[key, name]) for name in ("value", *INTERVAL))
    return {"value": value, "interval": f"{low} to {high}"}


FRAME_LEVEL = {"of": "arm or difference", "au": "AU", "value": "AUC", "p": "p"}


def list_checks(files: Files) -> dict[str, Any] | None:
    """Return what was checked against leaks: rows of a check and its outcome in every arm."""
    found = files.json("fer/checks.json")
    if found is None:
        return None
    arms = found["arms"]
    checks = [name for name in next(iter(arms.values()), {}) if _is_check(arms, name)]
    rows = [
        [name.replace("_", " "), *(_outcome(arms[arm][name]) for arm in arms)] for name in checks
    ]
    return {"header": ["check", *arms], "rows": rows}


def _is_check(arms: dict[str, dict], name: str) -> bool:
    return all(isinstance(told.get(name), bool | list) for told in arms.values())


def _outcome(value: bool | list) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "yes" if value else "no"


def pair_arms(arms: dict[str, dict[str, Any]]) -> list[list[tuple[str, str]]]:
    """Return the arms that answer the second and the third question, as pairs to be compared.

    arms: fer.arms. The first arm with selected images is compared with all that have random ones,
    and everything that has synthetic images with the first arm that has none.
    """
    sets = {name: arm["set"] for name, arm in arms.items()}
    chosen, plain = (
        [name for name in sets if sets[name] == kind][:1] for kind in ("selected", "none")
    )
    return [
        [(first, name) for first in chosen for name in sets if sets[name] == "random"],
        [(name, second) for second in plain for name in sets if sets[name] != "none"],
    ]


def answer_questions(files: Files, arms: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the research questions of the thesis (1.4) with what the tables say to each.

    arms: fer.arms.
    """
    differences = files.table("fer/differences.csv")
    compared: list[list[str]] = [[], []]
    for answers, pairs in zip(compared, pair_arms(arms), strict=True):
        for pair in pairs if differences is not None else []:
            rows = verdict.find_contrast(differences, *pair)
            answers += [verdict.describe_mean(rows, *pair), verdict.describe_aus(rows)]
    return [
        {
            "question": "How to effectively evaluate synthetic image quality and optimize model "
            "performance using Training Data Selection (TDS)?",
            "answers": _answer_quality(files),
        },
        {
            "question": "How does integrating TDS pipeline, based on IQA metrics, impact emotion "
            "prediction using synthetic images? Does TDS improve prediction accuracy?",
            "answers": compared[0],
        },
        {
            "question": "What is the effectiveness of integrating more synthetic images in the "
            "baseline model for predicting AUs?",
            "answers": compared[1],
        },
    ]


def _answer_quality(files: Files) -> list[str]:
    answers = _answer_gain(files)
    distances = files.table("iqa/frechet.csv", ("set", "extractor", "distance"))
    if distances is not None:
        answers.append(verdict.describe_distances(distances))
    choices = files.table("select/choices.csv", ("reason", "kept"))
    if choices is not None:
        answers.append(verdict.describe_selection(choices))
    needed = ("set", "images", "copies", "least", "limit", "usual")
    copies = files.table("select/copies.csv", needed)
    if copies is not None:
        answers.append(verdict.describe_copies(copies))
    fitted = files.json("iqa/svr.json")
    if fitted:
        srocc = fitted["sound"]["srocc"]
        answers.append(
            "BRISQUE-SVR ranks the degradations of originals that it never saw with a rank "
            f"correlation of {format_number(srocc)}."
        )
    return answers


def _answer_gain(files: Files) -> list[str]:
    scores = files.table("iqa/batch-*.csv", ("image",))
    means = files.table("iqa/summary.csv", ("metric", "better"))
    sets = files.table("select/selected.csv"), files.table("select/random.csv")
    if scores is None or means is None or any(table is None or table.empty for table in sets):
        return []
    better = dict(zip(means["metric"], means["better"], strict=True))
    known = [name for name in ("brisque_svr", "ssim") if name in scores and name in better]
    return [verdict.describe_gain(scores, sets, name, TITLES[name], better[name]) for name in known]


def make_cards(files: Files, arms: list[str]) -> list[dict[str, str]]:
    """Return the figures of the first screen: label, value, detail."""
    cards = []
    summary = files.table("fer/summary.csv")
    for arm in arms if summary is not None else []:
        cell = _cell(summary[(summary["arm"] == arm) & (summary["au"] == MEAN)])
        cards.append({"label": f"mean AUC, {arm}", "value": cell["value"],
                      "detail": cell["interval"], "arm": arm})  # fmt: skip
    seeds = files.table("seeds/shard-*.csv", ("seed",))
    previews = "" if seeds is None else f"of {len(seeds):,} looked at"
    counted = (
        ("seeds/seed_labels.csv", "labelled seeds", previews),
        ("select/choices.csv", "generated images", "in all batches"),
        ("select/selected.csv", "selected images", "and as many drawn at random"),
    )
    for end, label, detail in counted:
        table = files.table(end)
        if table is not None:
            cards.append({"label": label, "value": f"{len(table):,}", "detail": detail})
    return cards


def make_table(
    table: pd.DataFrame | None,
    names: dict[str, str],
    decimals: int | dict[str, int] = 3,
    intervals: dict[str, tuple[str, str]] | None = None,
) -> dict[str, Any] | None:
    """Return the named columns of a table as text, or None.

    Numbers have so many `decimals`, or as many as are given for their column, else 3.
    A column of counts with empty cells, which pandas reads as floats, is shown as counts.
    `intervals` names the columns of the lower and upper limits of a column, which are shown behind
    its values.
    """
    if table is None:
        return None
    limits = {c: pair for c, pair in (intervals or {}).items() if {c, *pair} <= set(table)}
    known = [name for name in names if name in table]
    gappy = [name for name in known if table[name].isna().any() and table[name].dtype == float]
    counts = [name for name in gappy if (table[name].dropna() % 1 == 0).all()]
    cells = table.astype(dict.fromkeys(counts, "Int64"))
    columns = []
    for name in known:
        places = decimals if isinstance(decimals, int) else decimals.get(name, 3)
        triples = zip(cells[name], *_columns(cells, limits.get(name)), strict=True)
        columns.append([_text(value, places) + _limits(*pair, places) for value, *pair in triples])
    return {
        "header": [names[name] for name in known],
        "rows": [list(row) for row in zip(*columns, strict=True)],
    }


def _columns(cells: pd.DataFrame, limits: tuple[str, str] | None) -> list[list[float]]:
    if limits is None:
        return [[np.nan] * len(cells)] * 2
    return [cells[name].tolist() for name in limits]


def _limits(low: float, high: float, decimals: int) -> str:
    if not np.isfinite([low, high]).all():
        return ""
    return f" [{_text(low, decimals)}, {_text(high, decimals)}]"


def find_numeric(rows: list[list[str]]) -> list[bool]:
    """Return of each column of a table of text whether its cells are numbers (or a dash)."""
    return [
        all(cell[:1] in "0123456789+−–∞~" for cell in column) for column in zip(*rows, strict=True)
    ]


def list_index(files: Files) -> list[dict[str, str]]:
    """Return name and caption of every figure and table of the run, those of the thesis first."""
    captions = read_captions(files)
    paths = sorted(files.find("figures/*.png"), key=lambda path: _thesis_order(path.stem))
    names = [path.name.removesuffix(".png") for path in paths]
    return [
        {"name": name, "caption": captions.get(name) or captions.get(kind, "")}
        for name in names
        for kind in ["roc-arm" if "roc-" in name else "auc-arm"]
    ]


def _thesis_order(name: str) -> tuple[int, list[str | int], str]:
    """Return what sorts fig-2.2-x before fig-3.10-x, tables after figures, and the rest last."""
    kind, number, *_ = [*name.split("-"), ""]
    if kind not in ("fig", "table") or "." not in number:
        return 2, [], name
    parts = [f"{int(part):03d}" if part.isdigit() else part for part in number.split(".")]
    return int(kind == "table"), parts, name


def make_scores(files: Files) -> dict[str, Any] | None:
    """Return Table 4.1, or None."""
    summary = files.table("iqa/summary.csv")
    if summary is None:
        return None
    table = list_scores(summary)
    return make_table(table, {name: name for name in table})


def make_distances(files: Files) -> list[dict[str, Any]]:
    """Return how far the sets lie from the originals: in every feature space, and by AU.

    The second table holds the first space alone. No table if there are no distances.
    """
    table = files.table("iqa/distances.csv", ("set", "class", "extractor"))
    if table is None or table.empty:
        return []
    whole = table["class"] == "all"
    first = table["extractor"] == table["extractor"].iloc[0]
    names = {"extractor": "features", "set": "set", "class": "labels", "n": "images"}
    names |= {"distance": "Fréchet distance", "kid": "kernel distance"}
    names |= {n: n for n in ("precision", "recall", "density", "coverage")}
    parts = ((table[whole], names.keys() - {"class"}), (table[~whole & first], names.keys()))
    return [
        make_table(part, {n: text for n, text in names.items() if n in shown})
        for part, shown in parts
        if len(part)
    ]


def _text(value: object, decimals: int) -> str:
    if value is pd.NA:
        return format_number(None)
    if isinstance(value, float | np.floating):
        return format_number(value, decimals).replace("-", verdict.MINUS)
    return f"{value:,}" if isinstance(value, int | np.integer) else str(value)


def list_rejected(files: Files) -> dict[str, Any] | None:
    """Return what the stages set aside: reasons with counts, and the single items."""
    # The classifier's lists, one per synthetic set, need no source of their own.
    tables = [
        pd.DataFrame({"source": path.stem, **read_table(path, Reject._fields[1:])})
        for path in files.find("data/rejected.csv", "crop/rejected.csv", "features/*_rejected.csv")
    ]
    if not tables:
        return None
    found = pd.concat(tables, ignore_index=True)
    reasons = count_reasons([found])
    items = found.head(MOST_ROWS)[list(Reject._fields)].astype(str).to_numpy().tolist()
    return {
        "total": len(found),
        "reasons": reasons.to_numpy().tolist(),
        "items": items,
        "more": len(found) - len(items),
    }
