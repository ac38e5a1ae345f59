"""Every figure is drawn from the sample results: its files, its numbers, its words."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from figure_words import words_of
from hypothesis import given, settings
from hypothesis import strategies as st

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.figures import (
    bands,
    counts,
    drift,
    examples,
    galleries,
    labels,
    latent,
    listings,
    performance,
    scores,
    style,
    training,
)
from facetds.figures.family import save_figures
from facetds.figures.funnel import count_steps
from facetds.figures.names import name_figure
from facetds.figures.rejects import count_reasons, generalise
from facetds.figures.sheets import format_number
from facetds.tables import read_table, write_table

ARMS = ["original", "baseline", "enhanced", "control"]
REPORT = Path(__file__).parents[2] / "report"


def test_every_figure_has_three_files_and_a_caption(drawn):
    names = {path.name.removesuffix(".png") for path in drawn.glob("*.png")}
    assert len(names) == 43
    for name in names:
        assert (drawn / f"{name}.pdf").read_bytes().startswith(b"%PDF")
        assert len(read_table(drawn / f"{name}.csv")), name
        kind = re.sub(r"(fig-4.\d-)?(roc|auc)-(baseline|enhanced)", r"\2-arm", name)
        assert (REPORT / f"{kind}.rst").is_file(), name


def test_the_same_inputs_give_the_same_bytes(drawn, results, tmp_path):
    table = read_table(results / "fer/summary.csv")
    for folder in ("a", "b"):
        figure = performance.draw_auc_summary(table, ARMS)
        style.save_figure(figure, tmp_path / folder / "x.png", table, 50, "a note")
    for suffix in ("png", "pdf", "csv"):
        a, b = (tmp_path / folder / f"x.{suffix}" for folder in "ab")
        assert a.read_bytes() == b.read_bytes()


def test_an_unknown_figure_is_named(tmp_path):
    with pytest.raises(FacetdsError, match=r"nope\.png: there is no such figure; choose from a, b"):
        save_figures([tmp_path / "nope.png"], {"a": None, "b": None}, 50)


def test_the_auc_summary_shows_every_arm_with_its_interval(results):
    table = read_table(results / "fer/summary.csv")
    axis = performance.draw_auc_summary(table, ARMS).axes[0]
    shown = sorted(
        float(line.get_ydata()[0])
        for line in axis.lines
        if len(line.get_ydata()) == 1 and line.get_marker() in "osD^"
    )
    np.testing.assert_allclose(shown, np.sort(table["auc_pooled"]))
    bars = [part for part in axis.collections if len(part.get_segments()) == 1]
    ends = sorted((s[:, 1].min(), s[:, 1].max()) for b in bars for s in b.get_segments())
    np.testing.assert_allclose(ends, sorted(zip(table["ci_low"], table["ci_high"], strict=True)))


def test_arms_and_aus_keep_their_colours_and_differ():
    colours = [*style.AU_COLOURS.values(), *(look[0] for look in style.ARM_STYLES.values())]
    assert len(set(colours)) == 9
    assert style.arm_styles(["mine", "enhanced"])["enhanced"] == style.ARM_STYLES["enhanced"]
    assert len({look[0] for look in style.arm_styles(["a", "b", "c"]).values()}) == 3


def test_roc_panels_have_the_curves_and_say_where_there_is_none(results):
    roc = read_table(results / "fer/roc.csv")
    summary = read_table(results / "fer/summary.csv")
    roc = roc[roc["au"] != "AU5"]
    summary.loc[summary["au"] == "AU5", "auc_pooled"] = np.nan
    figure = performance.draw_roc_arms(roc, summary, ARMS)
    assert any("AU5 lacks positive" in text for text in words_of(figure))
    curve = roc[(roc["arm"] == "enhanced") & (roc["au"] == "AU1")]
    label = f"enhanced {summary.loc[0, 'auc_pooled']:.3f}".split()[0]
    line = next(one for one in figure.axes[0].lines if str(one.get_label()).startswith(label))
    np.testing.assert_allclose(line.get_xydata(), curve[["fpr", "tpr"]])
    band = pd.DataFrame(columns=["au", "fpr", "low", "high"], dtype=float)
    single = performance.draw_roc(roc, band, summary, "enhanced", "baseline")
    assert any("AU5 lacks positive" in text for text in words_of(single))


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(2, 6))
def test_a_band_lies_around_the_curve_of_all_subjects(seed, subjects):
    random = np.random.default_rng(seed)
    owner = np.repeat(np.arange(subjects), 12)
    truth = np.tile([0, 1], len(owner) // 2)
    score = truth + random.normal(size=len(owner)).round(1)
    low, high = bands.roc_band(truth, score, owner, 60, np.random.default_rng(0))
    assert ((low <= high) & (low >= 0) & (high <= 1)).all()
    assert (np.diff(low) >= -1e-12).all()
    again = bands.roc_band(truth, 2 * score, owner, 60, np.random.default_rng(0))
    np.testing.assert_allclose(again[0], low)


def test_a_band_of_perfect_and_of_single_class_scores():
    owner = np.repeat(np.arange(4), 4)
    truth = np.tile([0, 0, 1, 1], 4)
    low, high = bands.roc_band(truth, truth.astype(float), owner, 50, np.random.default_rng(1))
    assert (low == 1).all()
    assert (high == 1).all()
    low, high = bands.roc_band(np.ones(16), truth, owner, 5, np.random.default_rng(1))
    assert np.isnan(low).all()
    assert np.isnan(high).all()


def test_tsne_colours_seeds_by_their_first_au(results):
    known = pd.DataFrame(0, index=range(3), columns=list(AU_NAMES)).assign(seed=[4, 5, 6])
    known.loc[0, ["AU6", "AU12"]] = 1
    known.loc[1, "AU15"] = 1
    groups = latent.group_seeds(pd.Series([4, 5, 6, 7]), known)
    assert groups.tolist() == ["AU6", "AU15", "neutral", "not reviewed or left out"]
    tsne = read_table(results / "latent/tsne.csv")
    figure = latent.draw_tsne(tsne, known)
    points = sum(len(part.get_offsets()) for axis in figure.axes for part in axis.collections)
    assert points == len(tsne)


def test_the_error_heatmap_writes_its_numbers(results):
    figure = latent.draw_agreement(read_table(results / "latent/tsne_mse.csv"))
    words = words_of(figure)
    assert words.count("100") == words.count("-0.20") == words.count("0.20") == 6


def test_counts_are_those_of_the_tables(drawn, results):
    groups = read_table(results / "data/cfd_groups.csv")
    race = read_table(drawn / "fig-3.1-cfd-race.csv")
    assert race["count"].sum() == groups["count"].sum()
    figure = counts.draw_stacked(race, "race", counts.RACES)
    total = groups["count"].sum()
    asian = groups.loc[groups["race"] == "A", "count"].sum()
    assert f"{asian:,} ({100 * asian / total:.0f} %)" in words_of(figure)
    base = counts.draw_base_rates(read_table(results / "data/disfa_subject_rates.csv")).axes[0]
    assert len(base.texts) == 26 * 6
    assert {text.get_text() for text in base.texts[:6]} == {"3"}
    assert base.get_yticklabels()[0].get_text() == "SN001"
    rates = counts.draw_rates(read_table(results / "data/disfa_rates.csv"))
    heights = {patch.get_height() for patch in rates.axes[0].patches}
    np.testing.assert_allclose(sorted(heights), [1, 2, 3, 4, 5])


def test_figures_of_nothing_say_so():
    ages = pd.DataFrame(columns=["age_low", "age_high", "count"])
    assert "no rated age in the norming table" in words_of(counts.draw_ages(ages, {}))
    assert "nothing was set aside" in words_of(counts.draw_reasons(count_reasons([])))


def test_reasons_are_counted_without_the_names_of_files(results):
    assert generalise("a/b c.jpg: no face") == "the file the file: no face"
    assert generalise("SN003_au1.txt lacks frames 17, 18") == "the file lacks frames …"
    tables = [read_table(results / f"{stage}/rejected.csv") for stage in ("data", "crop")]
    found = count_reasons(tables)
    assert found.loc[0].tolist() == ["cfd", "no face found", 2]
    assert found["items"].sum() == 4


def test_the_funnel_counts_what_is_left(results):
    files = [results / "data/cfd.csv", results / "crop/cfd.csv"]
    files.append(results / "select/choices.csv")
    steps = count_steps(files).set_index("step")
    assert steps.loc["CFD crops", "count"] == steps.loc["CFD images", "count"] - 2
    chosen = read_table(files[2])
    assert steps.loc["best of batches", "count"] == chosen["kept"].sum()
    assert steps.loc["one clear face", "count"] == (chosen["reason"] != "no_face").sum()
    assert np.isnan(steps.loc["labelled seeds", "count"])
    assert "not made" in words_of(counts.draw_pipeline(count_steps(files)))


def test_the_funnel_tells_whole_faces(results, tmp_path):
    chosen = choices(results)
    below = chosen["reason"] == "ranked_below"
    path = tmp_path / "select/choices.csv"
    write_table(path, chosen.assign(reason=chosen["reason"].mask(below, "unclear_nose")))
    counts = count_steps([path]).set_index("step")["count"]
    assert counts["one clear face"] - counts["whole, in colour"] == below.sum() > 0


def test_races_without_expressions_say_so_in_figure_and_table():
    rows = [("A", "N", 5), ("B", "N", 2), ("B", "HO", 1), ("W", "N", 3), ("W", "A", 0)]
    groups = counts.mark_neutral(pd.DataFrame(rows, columns=["race", "expression", "count"]))
    shown = groups.drop_duplicates("race").set_index("race")["shows"]
    assert shown.to_dict() == {"A": "neutral only", "B": "expressions", "W": "neutral only"}
    words = words_of(counts.draw_groups(groups))
    assert "Asian (neutral only)" in words
    assert "Black (" not in words
    assert counts.describe_neutral(groups).startswith("Black models alone show expressions")
    assert counts.describe_neutral(groups[groups["race"] == "B"]) == ""


def choices(results):
    return read_table(results / "select/choices.csv")


def test_galleries_show_the_right_images(results):
    table = choices(results)
    picked = galleries.pick_gallery(table, 6)
    assert (picked["best"]["kept"] == 1).all()
    assert picked["best"]["aggregate"].is_monotonic_decreasing
    ranked = table[table["reason"] == "kept"]
    assert picked["best"]["aggregate"].iloc[0] == ranked["aggregate"].max()
    assert picked["just kept"]["kept"].tolist() == [1] * 6
    assert picked["just not kept"]["kept"].tolist() == [0] * 6
    assert picked["just kept"]["aggregate"].iloc[-1] == ranked["aggregate"].min()
    below = table.loc[table["reason"] == "ranked_below", "aggregate"]
    assert picked["just not kept"]["aggregate"].iloc[0] == below.max()
    assert picked["worst"]["aggregate"].iloc[0] == table.loc[
        table["reason"] == "ranked_below", "aggregate"].min()  # fmt: skip
    assert set(picked["rejected"]["reason"]) == {"no_face", "seed_cap"}
    assert (picked["rejected"]["kept"] == 0).all()


def test_a_gallery_names_images_that_cannot_be_read(results, tmp_path):
    table = choices(results).head(3)
    shards = galleries.Shards(sorted(results.glob("generate/batch-*.csv")))
    shards.digests[table["image"].iloc[1]] = (results / "generate/batch-00000.csv", "0" * 64)
    figure = galleries.draw_gallery({"shown": table, "empty": table.head(0)}, shards)
    words = words_of(figure)
    assert "none" in words
    assert sum("(not readable)" in text for text in words) == 1


def test_a_gallery_of_an_au_has_its_seeds_one_image_each_first(results):
    table, known = choices(results), read_table(results / "seeds/seed_labels.csv")
    for au, rows in galleries.pick_by_au(table, known, 5).items():
        assert set(rows["seed"]) <= set(known.loc[known[au] == 1, "seed"])
        assert (rows["kept"] == 1).all()
        possible = table[(table["kept"] == 1) & table["seed"].isin(rows["seed"])]["seed"].nunique()
        assert rows["seed"].nunique() == min(len(rows), possible)


def test_annotated_examples_cover_the_aus(results):
    table = read_table(results / "annotate/selected.csv")
    rows = labels.pick_examples(table, seeds=3, per_seed=2)
    assert len(rows) == 6
    assert rows["seed"].nunique() == 3
    figure = labels.draw_annotation(rows, [None] * 6)
    assert all(name in words_of(figure) for name in rows["image"])


def test_folds_show_whom_each_validates(drawn):
    folds = read_table(drawn / "fig-3.10-folds.csv")
    assert folds.groupby("subject")["fold"].nunique().eq(1).all()
    figure = labels.draw_folds(folds, 42)
    matrix = figure.axes[0].collections[0].get_array()
    assert matrix.sum() == folds["subject"].nunique()
    assert any(text.startswith("42\nsynthetic") for text in words_of(figure))


def test_kappas_and_audit_leave_out_what_is_undefined(results):
    figure = labels.draw_kappas(read_table(results / "seeds/agreement.csv"))
    words = words_of(figure)
    assert words.count("undefined") == 1
    assert "0.70" in words
    audit = labels.draw_checks(read_table(results / "annotate/audit.csv"))
    assert [axis.get_title(loc="left") for axis in audit.axes] == ["selected", "random"]


def test_edits_that_drift_are_struck_through(results):
    tables = [results / f"{name}.csv" for name in
              ("annotate/drift", "generate/variants", "annotate/saving")]  # fmt: skip
    figure = drift.draw_drift(*(read_table(path) for path in tables))
    words = words_of(figure)
    assert words.count("1.00") == 2
    assert words.count("0.80") == 4
    struck = [patch.get_xy() for patch in figure.axes[0].patches]
    assert struck == [(1.5, -0.5), (1.5, 0.5)]
    said = " ".join(" ".join(words).split())
    assert "84.0% of the AUs are as in the seed, with those kept 88.0%" in said
    assert "of 1,960 labels that would no longer hold, 490 are saved" in said


def test_examples_show_one_au_each(results):
    chosen = examples.pick_alone(read_table(results / "demo/pretrain.csv"), count=3)
    faces = read_table(results / "demo/pretrain.csv").set_index("path")
    for row in chosen.itertuples():
        marks = faces.loc[row.path, list(AU_NAMES)]
        assert marks.sum() == (0 if row.shown == "neutral" else 1)
        assert row.shown == "neutral" or marks[row.shown] == 1
    assert chosen["shown"].value_counts()["AU12"] == 3


def test_training_marks_the_snapshot_in_use(results):
    table = read_table(results / "gan/training.csv")
    figure = training.draw_training(table, 3)
    assert [axis.get_title(loc="left") for axis in figure.axes] == list(training.PANELS)
    assert all(any(line.get_xdata()[0] == 3 for line in axis.lines) for axis in figure.axes)
    fakes = [Path("fakes-000000.png"), Path("fakes-000004.png"), Path("fakes-000008.png")]
    assert list(training.choose_sheets(fakes, 4)) == [0, 4]
    assert list(training.choose_sheets(fakes, 0)) == [0]


def test_distances_stand_below_the_sets(results):
    figure = scores.draw_plane(
        read_table(results / "iqa/plane.csv"), read_table(results / "iqa/frechet.csv")
    )
    assert "Fréchet distance 7.125" in words_of(figure)


def test_tables_say_what_was_found(results):
    shown = listings.list_scores(read_table(results / "iqa/summary.csv"))
    assert shown.loc[shown["Metric"] == "PSNR (dB)", "Original (itself)"].item() == "∞"
    here = listings.list_databases(
        read_table(results / "data/cfd.csv"), read_table(results / "data/disfa_selected.csv"), []
    )
    assert here.loc[2, "This run"] == "60 frames of 2 people"
    aus = listings.list_aus(read_table(results / "data/disfa_rates.csv"))
    assert aus.loc[0].tolist() == ["AU1", "inner brow raiser", "yes", "15.0", "10.0"]
    areas = listings.list_auc(read_table(results / "fer/summary.csv"), ARMS)
    assert areas.loc[6, "AU"] == "mean"
    assert areas.loc[6, "enhanced"] == "0.800 [0.650, 0.800]"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.nan, "–"),
        (np.inf, "∞"),
        (-np.inf, "−∞"),
        (0.12345, "0.123"),
        (12345.0, "12,345"),
        (-0.0004, "0.000"),
        (12345.678, "12,345.678"),
    ],
)
def test_numbers_are_written_for_readers(value, text):
    assert format_number(value) == text


def test_figures_of_arms_have_the_numbers_of_the_thesis():
    assert name_figure("roc", "enhanced") == "fig-4.4-roc-enhanced"
    assert name_figure("roc", "mine") == "roc-mine"
