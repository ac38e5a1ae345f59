"""Scores of whole batches, and summaries."""

import numpy as np
import pandas as pd
import pytest
from skimage import data

from facetds.errors import FacetdsError
from facetds.iqa import scores, summaries
from facetds.iqa.definitions import choose_definitions, ssim_gaussian_11
from facetds.iqa.metrics import METRICS, score_pair
from facetds.iqa.regression import fit_sound, fit_thesis
from facetds.iqa.scores import SCORES, score_entries, score_originals
from facetds.select.ranking import vote_by_rank
from facetds.shards import Entry


def crops(count, size=64):
    picture = data.astronaut()
    random = np.random.default_rng(0)
    corners = random.integers(0, 512 - size, (count, 2))
    return np.array([picture[y : y + size, x : x + size] for y, x in corners])


@pytest.fixture(scope="module")
def models():
    pictures = crops(24, 128)
    return {"sound": fit_sound(pictures, 0.25, 1)[0], "thesis": fit_thesis(pictures, 0.25, 1)[0]}


def test_scores_are_means_over_references(models):
    images = crops(3)
    table = score_entries([Entry("a.jpg", images[0])], images[1:], models)
    pairs = [score_pair(image, images[0]) for image in images[1:]]
    for metric in METRICS:
        assert table.loc[0, metric] == pytest.approx(np.mean([p[metric] for p in pairs]))
    assert list(table.columns) == ["image", *SCORES, "problem"]


def test_unusable_images_are_listed_and_do_not_stop_the_batch(models):
    images = crops(2)
    entries = [
        Entry("broken.jpg", None, "broken.jpg cannot be decoded"),
        Entry("small.jpg", images[0][:32]),
        Entry("flat.jpg", np.full((64, 64, 3), 128, np.uint8)),
        Entry("good.jpg", images[0]),
    ]
    table = score_entries(entries, images[1:], models).set_index("image")
    assert table.loc[["broken.jpg", "small.jpg"], list(SCORES)].isna().all(axis=None)
    assert "decoded" in table.loc["broken.jpg", "problem"]
    assert "32 x 64" in table.loc["small.jpg", "problem"]
    assert table.loc["flat.jpg", "problem"] == ""
    assert table.loc["flat.jpg", ["issm", "brisque_svr"]].isna().all()
    assert np.isfinite(table.loc["flat.jpg", "rmse"])
    assert table.loc["good.jpg", list(SCORES)].notna().all()


def test_batch_is_taken_in_blocks_with_the_references_wanted(models, monkeypatch):
    images, references = crops(5), crops(12)[5:]
    entries = [Entry(f"{n}.jpg", image) for n, image in enumerate(images)]
    whole = score_entries(entries, references, models)
    monkeypatch.setattr(scores, "MEMORY", 2 * 13 * images[0].size)
    pd.testing.assert_frame_equal(score_entries(iter(entries), references, models), whole)
    wanted = np.zeros((5, 7), bool)
    wanted[:4, 2:4] = wanted[1, 6] = True
    table = score_entries(entries, references, models, wanted=wanted)
    pairs = [score_pair(references[n], images[1])["ssim"] for n in (2, 3, 6)]
    assert table.loc[1, "ssim"] == pytest.approx(np.mean(pairs))
    assert table.loc[4, list(SCORES)].isna().all()
    assert "no reference" in table.loc[4, "problem"]
    one = score_entries(entries[:1], references, models)
    pd.testing.assert_frame_equal(one, whole[:1])


def test_definitions_replace_their_metrics_alone(models):
    images = crops(3)
    chosen = choose_definitions(["ssim:gaussian-11"])
    usual, other = (
        score_entries([Entry("a.jpg", images[0])], images[1:], models, names)
        for names in (None, chosen)
    )
    pd.testing.assert_frame_equal(usual.drop(columns="ssim"), other.drop(columns="ssim"))
    expected = np.mean([ssim_gaussian_11(x, images[0]) for x in images[1:]])
    assert other.loc[0, "ssim"] == pytest.approx(expected)


def test_undefined_scores_are_the_last_in_every_ranking(models):
    images = crops(3)
    entries = [Entry("flat.jpg", np.full((64, 64, 3), 128, np.uint8)), Entry("good.jpg", images[0])]
    table = score_entries(entries, images[1:], models)
    assert table.loc[0, ["issm", "brisque_svr"]].isna().all()
    votes = vote_by_rank(table, ["issm", "brisque_svr"])
    assert (votes.loc[0] < votes.loc[1]).all()


def test_empty_batch_has_an_empty_table(models):
    assert score_entries([], crops(1), models).shape == (0, len(SCORES) + 2)


def test_reference_is_not_compared_with_itself(models):
    images = crops(4)
    chosen = np.array([True, True, False, False])
    table = score_originals(images, chosen, models)
    assert table.loc[0, "rmse"] == score_pair(images[1], images[0])["rmse"] > 0
    with pytest.raises(FacetdsError, match=r"iqa\.references"):
        score_originals(images, np.array([True, False, False, False]), models)


def test_severity_is_found_in_other_pictures(models):
    from scipy.stats import spearmanr

    from facetds.iqa.degrade import DEGRADATIONS

    random = np.random.default_rng(1)
    cat = data.chelsea()
    planted = [
        (degrade(cat[y : y + 128, x : x + 128], severity, random), severity)
        for y, x in random.integers(0, 170, (6, 2))
        for degrade in DEGRADATIONS.values()
        for severity in (0.0, 0.5, 1.0)
    ]
    entries = [Entry(str(n), image) for n, (image, _) in enumerate(planted)]
    table = score_entries(entries, crops(1, 128), models)
    found = spearmanr(table["brisque_svr"], [severity for _, severity in planted]).statistic
    assert found > 0.5


def test_summary_and_distributions():
    random = np.random.default_rng(0)
    scores = pd.DataFrame(random.normal(size=(30, len(SCORES))), columns=list(SCORES))
    scores.loc[0, "issm"] = np.nan
    scores.loc[1, "psnr"] = np.inf
    choices = pd.DataFrame({"kept": np.arange(30) < 10, "random": np.arange(30) >= 20})
    sets = summaries.divide_sets(scores.iloc[:15], scores, choices)
    table = summaries.summarise(sets).set_index("metric")
    assert table.loc["rmse", "selected"] == pytest.approx(scores["rmse"][:10].mean())
    assert table.loc["rmse", "random"] == pytest.approx(scores["rmse"][20:].mean())
    assert table.loc["issm", "synthetic_undefined"] == 1
    assert table.loc["psnr", "synthetic"] == pytest.approx(scores["psnr"].drop(1).mean())
    histograms = summaries.bin_scores(sets)
    shares = histograms.groupby(["set", "metric"])["share"].sum()
    assert np.allclose(shares, 1)
    assert len(shares) == len(sets) * len(SCORES)
