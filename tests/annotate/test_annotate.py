"""Annotation by the seed in the name, and its audit."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

from facetds.annotate.annotate_set import annotate_set
from facetds.annotate.annotation import annotate, count_labels, count_pairs, effective_number
from facetds.annotate.audit import CHANCES, compare_checks, draw_sample
from facetds.annotate.audit_labels import audit_labels
from facetds.annotate.check_labels import check_labels
from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.estimators import Estimators
from facetds.files import digest
from facetds.images import resize, write_image
from facetds.naming import image_name

ROWS = {9: [0, 1, 0, 0, 0, 0], 12: [0, 1, 1, 0, 0, 1], 91: [1, 0, 0, 0, 0, 0], 4: [0] * 6}


def make_labels(rows=ROWS):
    table = pd.DataFrame(rows.values(), columns=list(AU_NAMES))
    table.insert(0, "seed", list(rows))
    neutral = (table[list(AU_NAMES)].sum(axis=1) == 0).astype(int)
    return table.assign(neutral=neutral, network="ab")


def test_annotation_is_that_of_figure_3_9():
    names = ["9_000061.jpg", "9_000113.jpg", "12_000151.jpg", "91_000002.jpg", "4_000003.jpg"]
    rows = annotate(names, make_labels())
    assert rows.dtype == np.uint8
    assert rows.tolist() == [ROWS[9], ROWS[9], ROWS[12], ROWS[91], ROWS[4]]


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_the_whole_prefix_counts(data):
    seeds = data.draw(st.lists(st.integers(0, 2000), min_size=1, max_size=30, unique=True))
    marks = np.random.default_rng(0).integers(0, 2, (len(seeds), 6))
    labels = make_labels(dict(zip(seeds, marks.tolist(), strict=True)))
    places = data.draw(st.lists(st.integers(0, len(seeds) - 1), max_size=30))
    names = [image_name(seeds[place], order) for order, place in enumerate(places)]
    assert annotate(names, labels).tolist() == marks[places].tolist()
    shuffled = labels.sample(frac=1, random_state=1)
    assert np.array_equal(annotate(names[::-1], shuffled)[::-1], annotate(names, labels))


def test_unknown_seeds_and_names_are_refused():
    with pytest.raises(FacetdsError, match="seed 1 is not in the table"):
        annotate(["9_000001.jpg", "1_000002.jpg"], make_labels())
    with pytest.raises(FacetdsError, match="not named like"):
        annotate(["9-000001.jpg"], make_labels())


def write_set(tmp_path, table):
    make_labels().to_csv(tmp_path / "labels.csv", index=False)
    table.to_csv(tmp_path / "listed.csv", index=False)
    outputs = tmp_path / "selected.npy", tmp_path / "selected.csv"
    annotate_set(tmp_path / "listed.csv", tmp_path / "labels.csv", *outputs, tmp_path / "generate")
    return outputs


def test_array_and_table_have_the_same_rows(tmp_path):
    listed = pd.DataFrame(
        {"batch": [0, 3], "image": ["12_000051.jpg", "9_000061.jpg"], "seed": [12, 9]}
    )
    array, table = write_set(tmp_path, listed)
    rows, table = np.load(array, allow_pickle=False), pd.read_csv(table)
    assert rows.dtype == np.uint8
    assert rows.tolist() == [ROWS[12], ROWS[9]] == table[list(AU_NAMES)].to_numpy().tolist()
    assert list(table.columns) == ["batch", "image", "seed", "path", *AU_NAMES, "flagged"]
    assert table["path"][1] == (tmp_path / "generate/batch-00003/9_000061.jpg").as_posix()


def test_a_name_that_belies_its_seed_is_refused(tmp_path):
    with pytest.raises(FacetdsError, match=r"91_000001\.jpg is listed with seed 9"):
        write_set(tmp_path, pd.DataFrame({"batch": [0], "image": ["91_000001.jpg"], "seed": [9]}))
    assert not (tmp_path / "selected.npy").exists()


@given(st.lists(st.integers(0, 500), min_size=1, max_size=20).filter(any))
def test_effective_number_lies_between_one_and_the_number(counts):
    number = effective_number(counts)
    assert 1 - 1e-9 <= number <= np.count_nonzero(counts) + 1e-9
    assert effective_number(counts[::-1]) == pytest.approx(number)
    assert effective_number([c * 3 for c in counts]) == pytest.approx(number)


def test_counts_per_au():
    seeds = np.array([1, 1, 1, 2, 3])
    labels = np.array([[1, 0, 0, 0, 1, 0]] * 3 + [[1, 0, 0, 0, 0, 0], [0] * 6])
    table = count_labels(seeds, labels).set_index("au")
    assert table.loc["AU1", ["images", "seeds"]].tolist() == [4, 2]
    assert table.loc["AU1", "effective_seeds"] == pytest.approx(16 / 10)
    assert table.loc["AU1", "share"] == pytest.approx(0.8)
    assert table.loc["AU4", ["images", "seeds", "effective_seeds"]].tolist() == [0, 0, 0]
    assert table.loc["neutral", "images"] == 1
    assert table.loc["all", ["images", "seeds"]].tolist() == [5, 3]
    pairs = count_pairs(labels).set_index(["au_a", "au_b"])["images"]
    assert pairs["AU1", "AU12"] == pairs["AU12", "AU1"] == pairs["AU12", "AU12"] == 3
    assert pairs["AU1", "AU1"] == 4


def test_agreement_is_of_the_labelled_images():
    table = pd.DataFrame({"image": list("abcdef"), "seed": range(6), **dict.fromkeys(AU_NAMES, 0)})
    table.loc[:2, "AU1"] = 1
    checks = pd.DataFrame({"image": list("abcdef"), "reason": ["", "", "no_face", "", "", ""]})
    for name in CHANCES:
        checks[name] = [0.5, 0.1, np.nan, 0.4, 0.2, 0.05]
    found = compare_checks(table, checks, 1).set_index("au")
    # Of the five judged images two are labelled, so the two highest probabilities count as seen:
    # one of the labelled images, one of the three others. Of six pairs four are in order.
    point = ["checked", "agreement", "elsewhere", "auc"]
    assert found.loc["AU1", point].tolist() == pytest.approx([2, 1 / 2, 1 / 3, 4 / 6])
    assert found.loc["AU4", "checked"] == 0
    assert found.loc["AU4", ["agreement", "elsewhere", "auc"]].isna().all()


def test_intervals_of_agreement_are_over_seeds():
    random = np.random.default_rng(5)
    seeds = np.repeat(np.arange(40), 10)
    marks = np.repeat(random.random(40) < 0.5, 10)
    shown = np.where(np.repeat(random.random(40) < 0.8, 10), marks, ~marks)
    table = pd.DataFrame({"image": [f"{n}" for n in range(400)], "seed": seeds})
    table = table.assign(**dict.fromkeys(AU_NAMES, marks.astype(int)))
    checks = table[["image"]].assign(reason="", **dict.fromkeys(CHANCES, shown * 0.8 + 0.1))
    row = compare_checks(table, checks, 1).set_index("au").loc["AU1"]
    assert row["agreement_low"] < row["agreement"] < row["agreement_high"]
    assert row["elsewhere_low"] < row["elsewhere"] < row["elsewhere_high"]
    # Ten images of a seed are one look at it: the interval is that of so many seeds.
    p, n = row["agreement"], len(set(seeds[marks]))
    width = row["agreement_high"] - row["agreement_low"]
    assert width == pytest.approx(2 * 1.96 * np.sqrt(p * (1 - p) / n), rel=0.15)
    alone = table.assign(seed=range(400))
    narrow = compare_checks(alone, checks, 1).set_index("au").loc["AU1"]
    assert narrow["agreement_high"] - narrow["agreement_low"] < width / 2


def test_samples_are_drawn_once_and_in_order():
    table = pd.DataFrame({"image": range(100)})
    drawn = draw_sample(table, 20, 1)["image"]
    assert len(set(drawn)) == 20
    assert drawn.is_monotonic_increasing
    assert drawn.equals(draw_sample(table, 20, 1)["image"])
    assert not drawn.equals(draw_sample(table, 20, 2)["image"])
    assert draw_sample(table, 200, 1) is table


def test_audit_of_images_on_disk(tmp_path):
    face = resize(data.astronaut()[0:224, 110:334], 96)
    names = ["12_000051.jpg", "9_000061.jpg", "91_000065.jpg"]
    listed = pd.DataFrame({"batch": 3, "image": names, "seed": [12, 9, 91]})
    _, table = write_set(tmp_path, listed)
    folder = tmp_path / "generate/batch-00003"
    for name, image in zip(names, [face, face, np.full_like(face, 99)], strict=True):
        write_image(folder / name, image)
    digests = [digest(folder / name) for name in names]
    manifest = listed.assign(sha256=digests)
    manifest.to_csv(folder.with_suffix(".csv"), index=False)
    width = 13 + 1764 + 1296 + 1008
    cuts = np.array([[-9.0, 9, 0, 0, 0, 9], [1, 1, 1, 1, 1, np.nan]])
    arrays = Estimators(
        ("a", "b"), np.zeros(width), np.full(width, 1e9), np.zeros((2, 6, width)), cuts, 96
    )
    np.savez(tmp_path / "auditors.npz", **arrays.__dict__)
    checks = tmp_path / "checks.csv"
    files = table, tmp_path / "generate", tmp_path / "auditors.npz", checks
    check_labels(*files, checked=10, seed=1)
    found = pd.read_csv(checks, keep_default_na=False)
    assert found["reason"].tolist() == ["", "", "no_face"]
    # The mean logit; an estimator that does not know an AU has no say.
    expected = 1 / (1 + np.exp(-np.array([-4, 5, 0.5, 0.5, 0.5, 9])))
    np.testing.assert_allclose(found.loc[0, list(CHANCES)].astype(float), expected, rtol=1e-6)
    audit_labels([table, checks], tmp_path / "audit.csv", tmp_path / "pairs.csv", seed=1)
    audit = pd.read_csv(tmp_path / "audit.csv").set_index("au")
    assert set(audit["set"]) == {"selected"}
    # All judged images have AU4, one of two has AU5; equal probabilities tell nothing.
    assert audit.loc["AU4", ["images", "checked"]].tolist() == [2, 2]
    assert audit.loc["AU5", ["agreement", "elsewhere", "auc"]].tolist() == [1, 1, 0.5]
    assert audit.loc["all", "images"] == 3
    assert np.isnan(audit.loc["neutral", "checked"])
    assert len(pd.read_csv(tmp_path / "pairs.csv")) == 36
    manifest.iloc[1:].to_csv(folder.with_suffix(".csv"), index=False)
    with pytest.raises(FacetdsError, match=r"12_000051\.jpg is not in"):
        check_labels(*files, checked=10, seed=1)
