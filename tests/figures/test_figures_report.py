"""The report: self-contained, equal to its tables, whole without its optional parts."""

import base64
import copy
import hashlib
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from figure_words import Page, tables_of

from facetds.figures import page, performance, provenance, verdict
from facetds.rejects import Reject
from facetds.tables import read_table

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
ARMS = ("original", "baseline", "enhanced", "control")
TEMPLATE = ROOT / "workflow_scripts/facetds/figures/report.html.j2"


@pytest.fixture(scope="module")
def text(build, drawn, results, tmp_path_factory):
    return build(results, tmp_path_factory.mktemp("report") / "report.html")


def areas_of(text):
    """Return the table of AUC alone."""
    return re.search(r'<table id="auc">.*?</table>', text, re.DOTALL)[0]


def test_the_page_is_self_contained_and_well_formed(text):
    seen = Page(text)
    assert seen.open == []
    sources = [value for _, name, value in seen.attributes if name in ("src", "srcset", "data")]
    assert len(sources) > 20
    assert all(re.match("data:image/(webp|avif);base64,", value) for value in sources)
    links = [value for _, name, value in seen.attributes if name == "href"]
    assert all(re.match(r"#[\w.-]+$|figures/[\w.%-]+\.(csv|png|pdf)$", value) for value in links)
    targets = {value for _, name, value in seen.attributes if name == "id"}
    assert {value[1:] for value in links if value.startswith("#")} <= targets
    words = re.sub(r"url\(data:image/\w+;base64,[\w+/=]+\)|base64,[\w+/=]+", "", text)
    assert not re.search(r"https?:|//[a-z]|@import|url\(|<link", words)
    assert all(value for _, name, value in seen.attributes if name == "alt")


def test_the_first_screen_says_what_was_found_and_of_whom(text):
    head = text[text.index("<header>") : text.index("</header>")]
    assert (
        "enhanced is better than baseline: the mean AUC differs by +0.060 [+0.040, +0.080]" in head
    )
    assert "By AU (adjusted by Holm): higher for AU15, lower for AU1, not distinguish" in head
    assert re.search(r"✓ \d passed", head)
    assert re.search(r"! \d to look at", head)
    assert "Drawn faces." in head
    assert "CFD and DISFA are replaced by faces that the program draws" in head
    assert "two simulated reviewers, not by people" in head


def test_references_and_distances_name_what_they_rest_on(text):
    assert "compared with 8 originals drawn at random from 90;" in text
    for name in ("grey-32", "landmarks", "kernel distance", "coverage", "AU12", "neutral"):
        assert name in text
    whole, labels = text.split("Distances of the sets")[1].split("Distances by label")
    assert whole.count("landmarks") == 4
    assert labels.split("</table>")[0].count("grey-32") == 4


def test_real_data_and_published_labels_are_not_called_drawn(build, results, drawn, tmp_path):
    config = copy.deepcopy(CONFIG)
    config["data"] |= {"cfd": "CFD", "disfa": "DISFA"}
    config["seeds"]["labels"] = "labels.csv"
    files = [results / "fer/summary.csv", results / "fer/differences.csv"]
    text = build(results, tmp_path / "r.html", files, config)
    assert "Drawn faces." not in text
    assert "simulated reviewers" not in text
    assert "used a published table of labels" in text


def test_only_the_one_script_may_run(text):
    scripts = re.findall(r"<script(.*?)>(.*?)</script>", text, re.DOTALL)
    assert [attributes for attributes, _ in scripts] == [' type="application/json" id="facts"', ""]
    allowed = base64.b64encode(hashlib.sha256(scripts[1][1].encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="(.*?)"', text)[1]
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert f"script-src 'sha256-{allowed}';" in policy
    assert "eval" not in policy
    assert scripts[1][1] == (TEMPLATE.parent / "report.js").read_text(encoding="utf-8")


def test_hostile_text_is_escaped(text):
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<b>not</b>" not in text
    assert "&#34;b&lt;i&gt;.jpg" in text


def test_hostile_names_in_the_config_are_escaped(build, results, tmp_path):
    config = copy.deepcopy(CONFIG)
    config["gan"]["resume"] = "</code><script>alert(2)</script>.pkl"
    config["crop"]["predictor"] = '"><img src=x onerror=alert(3)>'
    config["fer"]["arms"] = {"<b>mine</b>": {"set": "none"}, "enhanced": {"set": "selected"}}
    text = build(results, tmp_path / "r.html", [results / "gan/network.json"], config)
    assert Page(text).open == []
    assert "<script>alert" not in text
    assert "<b>mine" not in text
    assert "<img src=x" not in text
    assert "&lt;/code&gt;&lt;script&gt;alert(2)&lt;/script&gt;.pkl" in text


def test_a_run_of_one_fold_has_a_report(build, results, drawn, tmp_path):
    folder = tmp_path / "fer"
    folder.mkdir()
    summary = read_table(results / "fer/summary.csv").assign(auc_sd=np.nan, folds=1)
    folds = read_table(results / "fer/auc.csv").query("fold == 1")
    differences = read_table(results / "fer/differences.csv")
    for name, table in (("summary", summary), ("differences", differences), ("auc", folds)):
        table.to_csv(folder / f"{name}.csv", index=False)
    text = build(results, tmp_path / "r.html", sorted(folder.glob("*.csv")))
    assert Page(text).open == []
    assert "One fold: every model was trained once, on the same people" in text
    figure = performance.draw_auc(folds, summary, "enhanced")
    assert len(figure.axes[0].collections) > 6  # a point and a mean per AU


def test_the_index_lists_every_figure_those_of_the_thesis_first(text, drawn):
    names = [row[0].split()[0] for row in tables_of(text)["Figures and tables"][1:]]
    assert set(names) == {path.stem for path in drawn.glob("*.png")}
    assert names[:3] == ["fig-1.1-disfa-frames", "fig-1.2-au-intensities", "fig-2.1-aus"]
    numbered = [name for name in names if name.startswith("fig-3.")]
    assert numbered[0].startswith("fig-3.1-")
    assert numbered[-1].startswith("fig-3.10-")
    assert names.index("fig-A.1-rules") < names.index("table-3.1-databases")
    assert names.index("table-A.1-aus") < names.index("disfa-rates")


def test_the_same_inputs_give_the_same_page(build, results, drawn, tmp_path, text):
    # What Snakemake measured of the page's own making is no input.
    told = results / "benchmarks/figures/build_report.tsv"
    told.parent.mkdir()
    told.write_text("s\th:m:s\tmax_rss\tcpu_time\n2.5\t0:02\t100\t2.0\n")
    try:
        assert build(results, tmp_path / "again.html") == text
    finally:
        shutil.rmtree(told.parent)


def test_missing_parts_are_said(build, results, tmp_path):
    text = build(results, tmp_path / "r.html", files=[])
    assert Page(text).open == []
    for words in (
        "No verdict",
        "The audit is not in this run: results/annotate/audit.csv was not made.",
        "Figure roc-arms is not in this run: results/figures/roc-arms.png was not made.",
        "Not answered by this run",
        "The agreement of the reviewers is not in this run",
    ):
        assert words in text


def test_an_undefined_area_is_called_so(build, results, drawn, tmp_path):
    summary = read_table(results / "fer/summary.csv")
    differences = read_table(results / "fer/differences.csv")
    for table in (summary, differences):
        rows = table["au"].isin(["AU5", "mean"])
        table.loc[rows, table.select_dtypes(float).columns] = np.nan
        (tmp_path / "fer").mkdir(exist_ok=True)
    summary.to_csv(tmp_path / "fer/summary.csv", index=False)
    differences.to_csv(tmp_path / "fer/differences.csv", index=False)
    text = build(results, tmp_path / "r.html", sorted(tmp_path.glob("fer/*.csv")))
    assert "cannot be compared: it is undefined" in text
    row = next(row for row in Page(areas_of(text)).rows if row[0].strip() == "AU5")
    assert [cell.split()[0] for cell in row[1:]] == ["undefined"] * (len(ARMS) + 3)


def test_costs_are_summed_over_the_jobs_of_a_rule(tmp_path):
    header = "s\th:m:s\tmax_rss\tcpu_time\n"
    (tmp_path / "iqa").mkdir()
    (tmp_path / "iqa/score_batch-00000.tsv").write_text(f"{header}2.5\t0:02\t100\t2.0\n")
    (tmp_path / "iqa/score_batch-00001.tsv").write_text(f"{header}0.5\t0:00\t300\t1.0\n")
    (tmp_path / "iqa/quick.tsv").write_text(f"{header}0.1\t0:00\t-\tNA\n")
    costs = provenance.list_costs(tmp_path).set_index("rule")
    assert costs.loc["score_batch"].tolist() == ["iqa", 2, 3.0, 3.0, 300]
    assert costs.loc["quick", ["cpu_seconds", "max_mb"]].tolist() == [0, 0]
    assert provenance.list_costs(tmp_path / "none").empty


def test_stages_are_summed_and_the_gpu_is_told_where_known():
    costs = pd.DataFrame({"stage": ["gan", "gan", "iqa"], "rule": list("abc"), "jobs": [1, 2, 3],
                          "seconds": [5.0, 6, 7], "cpu_seconds": [1.0, 1, 1],
                          "max_mb": [10.0, 30, 20]})  # fmt: skip
    found = provenance.sum_stages(costs, pd.DataFrame({"gpu_gb": [np.nan, 2.0]}))
    found = found.set_index("stage")
    assert found.loc["gan", ["jobs", "seconds", "max_mb", "gpu_mb"]].tolist() == [3, 11, 30, 2048]
    assert found.loc["all", ["jobs", "seconds", "max_mb"]].tolist() == [6, 18, 30]
    assert np.isnan(found.loc["iqa", "gpu_mb"])
    assert provenance.sum_stages(costs, None)["gpu_mb"].isna().all()


def test_keys_that_differ_from_the_defaults_are_told(build, results, tmp_path, text):
    assert provenance.list_changes({"a": {"b": 1, "c": [2]}}, {"a": {"b": 1, "c": [3]}}) == [
        ("a.c", "[2]", "[3]")
    ]
    assert "Nothing: this is the demo" in text
    config = copy.deepcopy(CONFIG)
    config["select"]["keep"] = 7
    changed = build(results, tmp_path / "r.html", [], config)
    assert '<td>select.keep</td><td class="number">7</td>' in changed


def test_the_gain_of_the_selection_has_an_interval_over_seeds():
    random = np.random.default_rng(2)
    images = pd.DataFrame({"image": [f"{n}.jpg" for n in range(400)], "seed": np.arange(400) // 4})
    scores = images.assign(ssim=random.normal(size=100).repeat(4) + random.normal(0, 0.1, 400))
    better = scores.assign(ssim=scores["ssim"] + 1.0 * (np.arange(400) % 2))
    sets = images[::2], images[1::2]
    said = verdict.describe_gain(better, sets, "ssim", "SSIM", "high")
    assert said.startswith("In SSIM the selected images are worse than the random ones: −")
    assert "better than" in verdict.describe_gain(better, sets, "ssim", "SSIM", "low")
    value, low, high = (float(x.replace("−", "-")) for x in re.findall(r"[−+][\d.]+", said)[:3])
    assert low < -1 < high
    assert value == pytest.approx(-1, abs=0.05)
    assert high - low < 0.1  # the seeds' own spread cancels, as both sets have the same seeds


def test_the_commit_is_found_or_its_absence_said(tmp_path):
    assert "does not lie in a Git repository" in provenance.find_commit(tmp_path)


def test_ways_and_roles_come_from_the_config(text):
    settings = {"a": {"mode": "thesis", "n": 3}, "b": {"c": {"d": "sound"}}}
    assert provenance.list_ways(settings) == [("a.mode", "thesis"), ("b.c.d", "sound")]
    sets = {"original": "none", "first": "random", "second": "random", "best": "selected"}
    second, third = page.pair_arms({name: {"set": kind} for name, kind in sets.items()})
    assert second == [("best", "first"), ("best", "second")]
    assert third == [(name, "original") for name in ("first", "second", "best")]
    assert page.pair_arms({"a": {"set": "none"}, "b": {"set": "none"}}) == [[], []]
    assert f"<dt><code>select.mode</code></dt><dd>{CONFIG['select']['mode']}</dd>" in text


def test_a_difference_within_the_margin_is_called_the_same():
    assert verdict.judge(-0.004, 0.003, "yes") == "the same"
    assert verdict.judge(-0.004, 0.003, "no") == "not distinguishable"
    assert verdict.judge(0.001, 0.003, "yes") == "higher"
    assert verdict.judge(0.001, 0.003, "yes", p_holm=0.2) == "the same"
    same = contrast(equivalent=["no", "yes", "yes"], ci_low=[0.05, -0.004, -0.002],
                    ci_high=[0.2, 0.005, 0.001])  # fmt: skip
    assert "higher for AU1, the same for AU4." in verdict.describe_aus(same)
    assert verdict.describe_mean(same, "a", "b").startswith("a and b are equally good, to within")


def contrast(**columns):
    rows = {"contrast": "a - b", "au": ["AU1", "AU4", "mean"], "difference": [0.1, -0.2, 0.05],
            "ci_low": [0.05, -0.3, -0.01], "ci_high": [0.2, -0.1, 0.1], "p": 0.01,
            "p_holm": np.nan}  # fmt: skip
    return pd.DataFrame(rows | columns)


def test_a_contrast_can_be_turned_round():
    turned = verdict.find_contrast(contrast(), "b", "a")
    assert turned["difference"].tolist() == [-0.1, 0.2, -0.05]
    assert turned["ci_low"].tolist() == [-0.2, 0.1, -0.1]
    assert (turned["ci_low"] <= turned["ci_high"]).all()
    assert verdict.find_contrast(contrast(), "a", "c").empty


def test_words_follow_the_intervals_and_adjusted_values():
    rows = contrast()
    assert verdict.describe_mean(rows, "a", "b") == (
        "These subjects cannot tell whether a is better than b: "
        "the mean AUC differs by +0.050 [−0.010, +0.100] (95 %, subjects resampled)."
    )
    assert verdict.describe_aus(rows) == "By AU (not adjusted): higher for AU1, lower for AU4."
    adjusted = verdict.describe_aus(contrast(p_holm=[0.2, 0.04, np.nan]))
    assert adjusted == "By AU (adjusted by Holm): lower for AU4, not distinguishable for 1 of 2."
    unclear = verdict.describe_aus(contrast(ci_low=-0.5, ci_high=[0.5, np.nan, 0.5]))
    assert unclear.endswith(": not distinguishable for 1 of 2, undefined for 1 of 2.")
    assert verdict.describe_aus(contrast(ci_low=-1, ci_high=1)).endswith("distinguishable for all.")
    assert verdict.judge(np.nan, 1) == "undefined"


def test_the_selection_is_described_by_its_reasons():
    table = pd.DataFrame(
        {"reason": ["kept", "filled:seed_cap", "seed_cap", "no_face", "ranked_below"],
         "kept": [1, 1, 0, 0, 0]}
    )  # fmt: skip
    assert verdict.describe_selection(table) == (
        "Of 5 generated images 2 (40 %) were selected; 2 were passed over (no face 1, seed cap 1), "
        "1 filled places left over."
    )
    none = table.assign(reason="kept", kept=1)
    assert verdict.describe_selection(none).endswith("none was held back by a gate.")


def test_copies_are_told_also_where_there_are_none():
    table = pd.DataFrame(
        {"set": ["generated", "selected", "random"], "images": [2048, 720, 720],
         "copies": [0, 0, 0], "least": 0.9, "limit": 0.41, "usual": 1.38}
    )  # fmt: skip
    assert verdict.describe_copies(table) == (
        "Copies of an original, nearer to it than 0.41 where two people's photographs are 1.38 "
        "apart: 0 of 2,048 generated, 0 of 720 selected, 0 of 720 random images; the nearest of "
        "all is 0.90 away."
    )


def test_long_lists_of_items_are_cut(tmp_path):
    rows = [("cfd", f"item {n}", "f.jpg", "no face", "no_face") for n in range(page.MOST_ROWS + 7)]
    table = pd.DataFrame(rows, columns=list(Reject._fields))
    (tmp_path / "crop").mkdir()
    table.to_csv(tmp_path / "crop/rejected.csv", index=False)
    found = page.list_rejected(page.Files([tmp_path / "crop/rejected.csv"]))
    assert found["total"] == page.MOST_ROWS + 7
    assert (len(found["items"]), found["more"]) == (page.MOST_ROWS, 7)
