"""The thesis's figures of people, AUs, backgrounds and rules."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from figure_words import words_of

from facetds.aus import AU_NAMES, DISFA_AUS
from facetds.errors import FacetdsError
from facetds.figures import (
    backgrounds,
    counts,
    examples,
    galleries,
    labels,
    latent,
    people,
    roadmap,
)
from facetds.figures.draw_rules import print_graph
from facetds.foreign import read_image
from facetds.tables import read_table

ROOT = Path(__file__).parents[2]
DOT = """
 0[label = "all"] 1[label = "b"] 2[label = "a"] 3[label = "c"] 4[label = "loop"]
 1 -> 0
 2 -> 1
 1 -> 3
 2 -> 3
 4 -> 4
 4 -> 3
"""


def test_people_are_counted_once_whatever_their_photos():
    photos = pd.DataFrame(
        {"model": ["BF-001"] * 5 + ["IM-600", "WM-003"], "set": ["CFD"] * 5 + ["CFD-INDIA", "CFD"],
         "race": list("BBBBBIW"), "sex": list("FFFFFMM")}
    )  # fmt: skip
    counted = people.count_people(photos)
    assert counted["count"].tolist() == [1, 1, 1]
    figure = people.draw_sexes(counted)
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["CFD", "CFD-INDIA"]
    words = words_of(figure)
    assert words.count("1\n(50 %)") == 2
    assert words.count("0\n(0 %)") == 1


def test_frames_show_rest_and_movement_with_their_codes(results):
    table, pictures, landmarks = examples.pick_frames(sorted(results.glob("crop/disfa/*.npz")))
    assert table["subject"].value_counts().to_dict() == {"SN001": 3, "SN002": 3}
    names = [f"AU{au}" for au in DISFA_AUS]
    strongest = table[names].idxmax(axis=1)
    for _, part in table.groupby("subject"):
        assert part.iloc[0]["frame"] == 4  # the only calm one
        assert part.iloc[0][names].sum() == 0
        assert strongest[part.index[1]] != strongest[part.index[2]]
    words = words_of(examples.draw_frames(table, pictures, landmarks, hide=False))
    assert words.count("SN001, frame 4\nneutral") == 1


def test_hidden_frames_show_no_picture(results):
    shown = examples.pick_frames(sorted(results.glob("crop/disfa/*.npz")))
    for hide, images in ((False, 6), (True, 0)):
        figure = examples.draw_frames(*shown, hide=hide)
        assert sum(len(axis.images) for axis in figure.axes) == images


def test_codes_are_those_of_facs():
    row = dict.fromkeys((f"AU{au}" for au in DISFA_AUS), 0)
    assert examples.code_facs(row) == "neutral"
    assert examples.code_facs(row | {"AU6": 2, "AU12": 5}) == "6B+12E"
    many = row | dict.fromkeys(("AU1", "AU2", "AU5", "AU25", "AU26"), 1)
    assert examples.code_facs(many) == "1A+2A+5A\n25A+26A"


def test_intensities_lie_in_their_rows_and_columns(results):
    sheet = read_image(results / "demo/intensities.png")
    figure = examples.draw_intensities(sheet, read_table(results / "demo/intensities.csv"))
    shown = [axis.images[0].get_array() for axis in figure.axes]
    assert len(shown) == 36
    assert np.array_equal(shown[8], sheet[48:96, 96:144])
    titles = [axis.get_title() for axis in figure.axes[:6]]
    assert titles == ["neutral", "1", "2", "3", "4", "5"]
    assert [axis.get_ylabel().split("\n")[0] for axis in figure.axes[::6]] == list(AU_NAMES)


def test_a_plain_background_has_no_deviation():
    random = np.random.default_rng(1)
    plain = np.full((40, 64, 64, 3), 200, np.uint8)
    plain[:, 16:48, 16:48] = random.integers(0, 256, (40, 1, 1, 3))
    varied = np.full((40, 64, 64, 3), 1, np.uint8) * random.integers(
        100, 156, (40, 1, 1, 1), np.uint8
    )
    same, other = (backgrounds.measure_places("x", images) for images in (plain, varied))
    assert backgrounds.measure_background(same) == 0
    assert same["sd"].max() > 30
    assert backgrounds.measure_background(other) == pytest.approx(varied[:, 0, 0, 0].std(ddof=1))


def test_roadmap_keeps_every_need_and_draws_the_direct_ones():
    stages = {"a": "first", "b": "first", "c": "last", "loop": "first"}
    edges = roadmap.read_graph(DOT, stages).set_index(["before", "after"])
    assert edges["direct"].to_dict() == {
        ("a", "b"): 1, ("a", "c"): 0, ("b", "c"): 1, ("loop", "c"): 1,
    }  # fmt: skip
    places = roadmap.place_rules(edges.reset_index(), ["first", "last"]).set_index("rule")
    assert places.loc["a", "row"] < places.loc["b", "row"] < places.loc["c", "row"]
    assert not places.duplicated(["column", "row"]).any()
    with pytest.raises(FacetdsError, match="no graph"):
        roadmap.read_graph("digraph {}", stages)


def test_roadmap_has_the_rules_of_the_workflow(drawn):
    edges = read_table(drawn / "fig-A.1-rules.csv")
    pairs = set(zip(edges["before"], edges["after"], strict=True))
    assert {("crop_photos", "gather_cfd_crops"), ("draw_rules", "build_report")} <= pairs
    assert set(edges["stage_before"]) | set(edges["stage_after"]) == {
        path.stem for path in ROOT.glob("rules/*.smk") if "common" not in path.stem
    }
    places = roadmap.place_rules(edges, sorted(set(edges["stage_after"])))
    assert not places.duplicated(["column", "row"]).any()


def test_a_graph_that_cannot_be_made_is_explained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Snakefile").write_text("raise ValueError('no rules today')")
    with pytest.raises(FacetdsError, match="no rules today"):
        print_graph(tmp_path / "Snakefile", "{}")


def test_few_points_far_off_do_not_hide_the_others():
    random = np.random.default_rng(1)
    table = pd.DataFrame(random.normal(size=(200, 2)), columns=["x", "y"])
    table = table.assign(seed=range(200), run=1)
    table.loc[0, "x"] = 1e4
    axis = latent.draw_tsne(table).axes[0]
    assert np.ptp(axis.get_xlim()) < 20
    assert axis.get_xlabel() == "1 outside"
    assert latent.draw_tsne(table[1:]).axes[0].get_xlabel() == ""


def test_counts_of_two_sets_do_not_touch(results):
    figure = labels.draw_audit(read_table(results / "annotate/audit.csv"))
    figure.draw_without_rendering()
    for axis in figure.axes:
        boxes = [text.get_window_extent() for text in axis.texts]
        assert len(boxes) == 2 * len(AU_NAMES)
        overlaps = [a.overlaps(b) for n, a in enumerate(boxes) for b in boxes[:n]]
        assert not any(overlaps)


def test_equally_good_images_of_different_seeds_come_first():
    table = pd.DataFrame({"image": [f"{n // 3}_{n:06d}.jpg" for n in range(12)]})
    table = table.assign(seed=np.arange(12) // 3, reason="kept", aggregate=1.0, place=1, kept=1)
    table.loc[11, "aggregate"] = 2.0
    best = galleries.pick_gallery(table, 5)["best"]
    assert best["seed"].tolist() == [3, 0, 1, 2, 3]
    assert best["image"].iloc[0] == "3_000011.jpg"


def test_figures_fit_on_a_page(drawn):
    # At the width of a text of 6.3 inches, type of 9 points is then at least 5.8 points tall.
    for path in drawn.glob("*.pdf"):
        box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+)", path.read_bytes())
        width, height = (float(side) / 72 for side in box.groups())
        assert width <= 9.8, path.name
        assert height <= 1.7 * 9.8, path.name


def test_ages_are_summed_up(results):
    told = read_table(results / "data/age_summary.csv")
    summary = dict(zip(told["statistic"], told["value"], strict=True))
    words = words_of(counts.draw_ages(read_table(results / "data/age.csv"), summary))
    assert {"mean 36.0", "median 35.3"} <= set(words)
    assert counts.describe_ages(summary) == (
        "58 people with a rated age; standard deviation 10.2, range 43.0 years, outliers: 1."
    )
    assert counts.describe_ages({"n": 0}) == ""
