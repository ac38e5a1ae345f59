"""Every number in the tables of the report is that of the file it was read from, once rounded."""

import re

import numpy as np
import pandas as pd
import pytest
from figure_words import tables_of

from facetds.figures.page import MEASURES, OVER_AUS
from facetds.figures.scores import TITLES
from facetds.tables import read_table

NUMBER = re.compile(r"[−+]?\d+(?:,\d{3})*(?:\.\d+)?|−?∞")
GRID = "Grid of seeds, indexes and degrees; arrow keys go from image to image"
ARMS = ("original", "baseline", "enhanced", "control")

PLAIN = {
    "AUC with intervals over frames": (
        "fer/frame_level.csv", "of au value+ci_low+ci_high p"),
    "Agreement of the reviewers": (
        "seeds/agreement.csv", "reviewers au n agreement kappa+kappa_low+kappa_high"),
    "Audit of the labels": (
        "annotate/audit.csv", "set au images seeds effective_seeds checked "
        "agreement+agreement_low+agreement_high elsewhere+elsewhere_low+elsewhere_high"),
    "What leaving out edits saved": (
        "annotate/saving.csv", "plan agreement changed saved agreement_gain"),
    "AUs coded in DISFA": ("figures/table-A.1-aus.csv", None),
    "Databases": ("figures/table-3.1-databases.csv", None),
    "AUs of expressions": ("figures/table-3.2-expressions.csv", None),
}  # fmt: skip
"""Tables that show columns of a file as they are: a + joins those of one cell."""

WORDS = {"Checks against leaks", "Figures and tables", "Items that were set aside",
         "Checks of the run"}  # fmt: skip
"""Tables without numbers of their own; those of the checks are in test_figures_acceptance.py."""


@pytest.fixture(scope="module")
def shown(build, drawn, results, tmp_path_factory):
    return tables_of(build(results, tmp_path_factory.mktemp("numbers") / "report.html"))


def same(cell: str, *values) -> None:
    """Check that a cell shows the values: rounded to the decimals it gives, or words."""
    if isinstance(values[0], str):
        assert cell == " ".join(values[0].split())
        return
    finite = [value for value in values if np.isfinite(value) or np.isinf(value)]
    if not finite:
        assert cell in ("–", "undefined", ""), cell
        return
    texts = NUMBER.findall(cell)
    assert len(texts) == len(finite), cell
    for text, value in zip(texts, finite, strict=True):
        plain = text.replace(",", "").replace("−", "-").replace("∞", "inf")
        decimals = len(plain.partition(".")[2])
        assert decimals or float(value).is_integer() or np.isinf(value)
        assert float(plain) == value or abs(float(plain) - value) <= 0.5000001 * 10**-decimals
        assert "-" not in plain or value < 0


@pytest.mark.parametrize("label", PLAIN)
def test_tables_show_their_files(shown, results, label):
    name, wanted = PLAIN[label]
    table = read_table(results / name)
    rows = shown[label]
    columns = wanted.split() if wanted else list(table.columns)
    assert len(rows) == len(table) + 1
    for row, (_, values) in zip(rows[1:], table.iterrows(), strict=True):
        for cell, names in zip(row, columns, strict=True):
            same(cell, *(values[n] for n in names.split("+")))


def test_areas_and_differences(shown, results):
    rows = {row[0].replace("mean of AUs", "mean"): row for row in shown["AUC per AU and arm"]}
    summary = read_table(results / "fer/summary.csv")
    differences = read_table(results / "fer/differences.csv")
    contrasts = list(dict.fromkeys(differences["contrast"]))
    assert rows["AU"][1:] == [*ARMS, *(name.replace("-", "−") for name in contrasts)]
    cells = 0
    for row in summary.itertuples():
        same(rows[row.au][1 + ARMS.index(row.arm)], row.auc_pooled, row.ci_low, row.ci_high)
        cells += 1
    for row in differences.itertuples():
        words = rows[row.au][1 + len(ARMS) + contrasts.index(row.contrast)]
        same(words, row.difference, row.ci_low, row.ci_high, row.p_holm)
        cells += 1
    assert cells == sum(len(row) - 1 for row in rows.values()) - len(rows["AU"]) + 1


def test_further_measures(shown, results):
    table = read_table(results / "fer/measures.csv").set_index(["measure", "au", "arm"])
    names = {title: name for name, title in MEASURES.items()}
    of_aus = len(names) - len(OVER_AUS)
    for label, count in ((", means of the AUs", len(names)), (" of every AU", of_aus * 6)):
        rows = shown[f"Further measures{label}"][1:]
        assert len(rows) == count
        for row in rows:
            au = row[1] if len(row) == 2 + len(ARMS) else "mean"
            for arm, cell in zip(ARMS, row[-len(ARMS) :], strict=True):
                values = table.loc[(names[row[0]], au, arm)]
                same(cell, *values[["value", "ci_low", "ci_high"]])


def test_scores_and_distances(shown, results):
    summary = read_table(results / "iqa/summary.csv").set_index("metric")
    metrics = {TITLES[metric]: metric for metric in summary.index}
    for row in shown["Mean scores"][1:]:
        values = summary.loc[metrics[row[0]]]
        sets = ("original_itself", "original", "synthetic", "selected", "random")
        for cell, name in zip(row[1:-1], sets, strict=True):
            same(cell, values[name])
        assert row[-1] == values["better"]
    distances = read_table(results / "iqa/distances.csv")
    whole = distances["class"] == "all"
    first = distances["extractor"] == distances["extractor"].iloc[0]
    numbers = ["n", "distance", "kid", "precision", "recall", "density", "coverage"]
    for label, part, names in (
        ("Distances of the sets", distances[whole], ["extractor", "set"]),
        ("Distances by label", distances[~whole & first], ["extractor", "set", "class"]),
    ):
        assert len(shown[label]) == len(part) + 1
        for row, (_, values) in zip(shown[label][1:], part.iterrows(), strict=True):
            for cell, name in zip(row, [*names, *numbers], strict=True):
                same(cell, values[name])


def test_counts_of_what_was_set_aside_and_costs(shown, results):
    tables = [read_table(results / f"{stage}/rejected.csv") for stage in ("data", "crop")]
    counts = [int(row[-1]) for row in shown["Reasons"][1:]]
    assert sum(counts) == sum(map(len, tables))
    files = sorted(results.glob("benchmarks/*/*.tsv"))
    jobs = pd.concat([pd.read_csv(f, sep="\t").assign(stage=f.parent.name) for f in files])
    rows = {row[0]: row for row in shown["Cost of the stages"][1:]}
    for stage, part in [*jobs.groupby("stage"), ("all", jobs)]:
        for cell, value in zip(
            rows[stage][1:5],
            (len(part), part["s"].sum(), part["cpu_time"].sum(), part["max_rss"].max()),
            strict=True,
        ):
            assert abs(float(cell.replace(",", "")) - value) <= 0.5
    assert len(shown["Cost of the rules"]) - 1 == len(files)


def test_drift_below_the_faces_of_the_grid(shown, results):
    grid = read_table(results / "latent/grid.csv")
    drift = read_table(results / "generate/variants.csv").set_index(["index", "degree"])["drift"]
    cells = [cell for row in shown[GRID][1:] for cell in row[1:]]
    assert len(cells) == len(grid)
    for cell, row in zip(cells, grid.itertuples(), strict=True):
        value = drift.get((row.index, row.degree))
        assert cell == ("" if value is None else f"{100 * value:.0f} %")


def test_cards_on_the_first_screen(build, drawn, results, tmp_path):
    text = build(results, tmp_path / "report.html")
    cards = re.findall(r'<div class="card"><span>(.*?)</span><b>(.*?)</b><span>(.*?)</span>', text)
    told = {re.sub("<.*?>", "", label): (value, detail) for label, value, detail in cards}
    summary = read_table(results / "fer/summary.csv").query("au == 'mean'").set_index("arm")
    for arm, row in summary.iterrows():
        same(" ".join(told[f"mean AUC, {arm}"]), row["auc_pooled"], row["ci_low"], row["ci_high"])
    for label, name in (("labelled seeds", "seeds/seed_labels"),
                        ("generated images", "select/choices"),
                        ("selected images", "select/selected")):  # fmt: skip
        same(told[label][0], len(read_table(results / f"{name}.csv")))
    same(told["labelled seeds"][1], len(read_table(results / "seeds/shard-000.csv")))


def test_no_table_of_the_page_is_left_out(shown):
    tested = {"AUC per AU and arm", "Further measures, means of the AUs", "Reasons", GRID,
              "Further measures of every AU", "Mean scores", "Distances of the sets",
              "Distances by label", "Cost of the stages", "Cost of the rules"}  # fmt: skip
    assert set(shown) <= tested | set(PLAIN) | WORDS
