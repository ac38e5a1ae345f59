"""References, and the distances between sets: by set, class and feature space."""

import json

import numpy as np
import pandas as pd
import pytest

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.files import write_arrays, write_json
from facetds.frechet import frechet_distance
from facetds.iqa import distances
from facetds.iqa.measure_distances import measure_distances
from facetds.iqa.originals import choose_references, nearest_references
from facetds.iqa.prepare_originals import prepare_originals

NAMES = [f"CFD-WM-0{n:02d}-001-N.jpg" for n in range(12)]


def test_references_are_drawn_listed_or_all():
    drawn = choose_references(NAMES, "drawn", 4, [], seed=1)
    assert drawn.sum() == 4
    assert not np.array_equal(drawn, choose_references(NAMES, "drawn", 4, [], seed=2))
    assert choose_references(NAMES, "drawn", 99, [], seed=1).all()
    listed = choose_references(NAMES, "listed", 4, [NAMES[7], NAMES[2]], seed=1)
    assert np.flatnonzero(listed).tolist() == [2, 7]
    for policy in ("all", "nearest"):
        assert choose_references(NAMES, policy, 4, [], seed=1).all()


@pytest.mark.parametrize(
    ("names", "listed", "message"),
    [([], [NAMES[0]], "rejected"), (NAMES, [], "is empty"), (NAMES, ["x.jpg"], "x.jpg")],
)
def test_impossible_references_are_refused(names, listed, message):
    with pytest.raises(FacetdsError, match=message):
        choose_references(names, "listed", 1, listed, seed=1)


def test_nearest_references_come_in_order_and_skip_the_unknown():
    originals = np.array([[0.0], [1.0], [np.nan], [5.0], [6.0]])
    features = np.array([[5.4], [np.nan], [0.0]])
    rows = nearest_references(features, originals, 3)
    assert rows.tolist() == [[3, 4, 1], [-1, -1, -1], [0, 1, 3]]
    assert nearest_references(features, originals, 9).shape == (3, 4)


def test_references_are_recorded(tmp_path):
    write_arrays(
        tmp_path / "cfd.npz", number=np.arange(12), images=np.zeros((12, 96, 96, 3), np.uint8)
    )
    table = pd.DataFrame({"number": range(12), "image_path": [f"CFD/{n}" for n in NAMES]})
    table.to_csv(tmp_path / "cfd.csv", index=False)
    write_json(tmp_path / "network.json", {"resolution": 64})
    for policy, text in (
        ("drawn", "3 originals drawn at random from 12"),
        ("nearest", "the 3 nearest originals of 12, by landmarks"),
    ):
        prepare_originals(
            tmp_path / "cfd.npz", tmp_path / "cfd.csv", tmp_path / "network.json",
            tmp_path / "originals.npz", tmp_path / "references.json", policy, 3, seed=1,
        )  # fmt: skip
        record = json.loads((tmp_path / "references.json").read_text())
        assert record["text"] == text
        assert len(record["images"]) == (3 if policy == "drawn" else 0)
        with np.load(tmp_path / "originals.npz") as arrays:
            assert arrays["images"].shape == (12, 64, 64, 3)
            named = [NAMES[n] for n in np.flatnonzero(arrays["reference"])]
        assert policy == "nearest" or named == record["images"]


def labels(seeds):
    marks = np.random.default_rng(3).integers(0, 2, (seeds, 6))
    marks[0] = 0
    table = pd.DataFrame(marks, columns=list(AU_NAMES))
    table.insert(0, "seed", np.arange(seeds))
    return table.assign(neutral=(marks.sum(axis=1) == 0).astype(int), network="n")


def choices(count, seeds):
    random = np.random.default_rng(4)
    return pd.DataFrame(
        {
            "seed": np.arange(count) % seeds,
            "kept": random.integers(0, 2, count),
            "random": random.integers(0, 2, count),
        }
    )


def test_rows_are_those_of_the_class_and_the_set():
    table, marks = choices(200, 8), labels(8)
    rows = distances.choose_rows(table, marks, 1000, seed=1)
    assert len(rows) == 1 + 2 * 8
    assert len(rows["all synthetic", "all"]) == 200
    for au in (*AU_NAMES, "neutral"):
        own = marks.set_index("seed").loc[table["seed"], au].to_numpy() == 1
        expected = np.flatnonzero(own & (table["kept"] == 1).to_numpy())
        assert np.array_equal(rows["selected", au], expected)
    few = distances.choose_rows(table, marks, 30, seed=1)
    assert len(few["all synthetic", "all"]) == 30
    assert set(few["random", "all"]) <= set(rows["random", "all"])
    with pytest.raises(FacetdsError, match="lack seeds"):
        distances.choose_rows(table, marks[1:], 30, seed=1)


def test_measures_have_the_floor_first_and_ignore_unusable_rows():
    random = np.random.default_rng(0)
    originals = random.normal(size=(60, 12))
    near, far = random.normal(size=(50, 12)), random.normal(4, 1, size=(40, 12))
    near[3] = np.nan
    sets = {("near", "all"): near, ("far", "all"): far, ("one", "all"): near[:1]}
    table = distances.measure_sets(originals, sets, frechet_distance, "grey-32", 5, seed=1)
    assert list(table.columns) == list(distances.COLUMNS)
    assert table["set"].tolist() == [distances.FLOOR, "near", "far", "one"]
    assert table["n"].tolist() == [30, 49, 40, 1]
    assert table.loc[2, "distance"] > 100 > 15 > table.loc[1, "distance"]
    assert table.loc[2, "coverage"] == 0 < table.loc[1, "coverage"]
    assert table.loc[3, list(distances.COLUMNS[5:])].isna().all()
    plane = distances.project_sets(originals, {"far": far}, points=30, seed=1)
    assert plane["set"].value_counts().to_dict() == {"originals": 30, "far": 30}


def test_command_measures_every_space_and_refuses_other_rows(tmp_path):
    random = np.random.default_rng(0)
    spaces = {"grey-32": 8, "landmarks": 5}
    described = {name: random.normal(size=(30, width)) for name, width in spaces.items()}
    described |= {f"basis_{name}": np.zeros((68, 2)) for name in spaces}
    write_arrays(tmp_path / "originals.npz", **described)
    files, table = [], choices(80, 8)
    for batch in (0, 1):
        path = tmp_path / f"features-0000{batch}.npz"
        write_arrays(path, **{n: random.normal(batch, 1, (40, w)) for n, w in spaces.items()})
        files.append(path)
    table.assign(batch=np.repeat([0, 1], 40)).to_csv(tmp_path / "choices.csv", index=False)
    labels(8).to_csv(tmp_path / "labels.csv", index=False)

    def run(files):
        measure_distances(
            files, tmp_path / "choices.csv", tmp_path / "originals.npz", tmp_path / "labels.csv",
            tmp_path / "distances.csv", tmp_path / "frechet.csv", tmp_path / "plane.csv",
            extractors=list(spaces), frechet_images=1000, neighbours=3, plane_points=20, seed=1,
        )  # fmt: skip

    run(files)
    measured = pd.read_csv(tmp_path / "distances.csv")
    assert measured.groupby("extractor").size().to_dict() == {"grey-32": 18, "landmarks": 18}
    whole = pd.read_csv(tmp_path / "frechet.csv")
    assert whole["set"].tolist() == [distances.FLOOR, "all synthetic", "selected", "random"]
    assert set(whole["extractor"]) == {"grey-32"}
    kept = (measured["set"] == "selected") & (measured["class"] == "all")
    assert (measured.loc[kept, "n"] == table["kept"].sum()).all()
    write_arrays(
        tmp_path / "features-00001.npz", **{n: np.zeros((39, w)) for n, w in spaces.items()}
    )
    with pytest.raises(FacetdsError, match="differ in their rows"):
        run(files)
