"""The command of the selection on small made tables."""

import numpy as np
import pandas as pd
import pytest

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.files import write_arrays
from facetds.select.choose_images import choose_images
from facetds.select.tables import FACES

OPTIONS = {
    "mode": "sound", "keep": 5, "votes": ["brisque_svr"], "good_enough": 0.95,
    "gate_percentile": 5.0, "gate_margin": 1.0, "gate_width": 3.0,
    "duplicate": 0.0, "candidates": 1.0, "balance": 1.0, "seed": 1,
}  # fmt: skip
METRICS = ["rmse", "psnr", "ssim", "issm", "sam", "uiq"]


@pytest.fixture
def folder(tmp_path):
    """Return the folder of the tables of three batches: the last one is empty."""
    random = np.random.default_rng(0)
    face = random.uniform(0, 64, (68, 2))
    for stem, count in (("00000", 12), ("00001", 3), ("00002", 0), ("originals", 30)):
        first = {"number": range(count)}
        if stem != "originals":
            names = [f"{n % 3}_{n:06d}.jpg" for n in range(count)]
            first = {"image": names, "seed": np.arange(count) % 3}
        base = pd.DataFrame(first)
        scores = base.assign(problem="", **{m: random.normal(size=count) for m in METRICS})
        scores["brisque_svr"] = 1 - np.arange(count) / max(count, 1)
        faces = base.assign(problem="", n_faces=1, **dict.fromkeys(FACES[2:], 1.0))
        # Those of the originals differ as faces do, the generated ones are the mean face.
        spread = random.normal(0, 0.1 * (stem == "originals"), (count, 68, 2))
        write_arrays(tmp_path / f"landmarks_{stem}.npz" if stem == "originals"
                     else tmp_path / f"landmarks-{stem}.npz", landmarks=face + spread)  # fmt: skip
        places = base.assign(realism=1.0, nearest_distance=5.0)
        places = places.assign(**{f"e{n:02d}": random.normal(size=count) for n in range(3)})
        if stem == "originals":
            names = ("originals", "faces_originals", "places_originals")
            scores["brisque_svr"] = 0.0
        else:
            names = (f"batch-{stem}", f"faces-{stem}", f"places-{stem}")
        for name, table in zip(names, (scores, faces, places), strict=True):
            table.to_csv(tmp_path / f"{name}.csv", index=False)
    labels = pd.DataFrame(0, index=range(3), columns=[*AU_NAMES, "neutral"])
    labels["AU1"], labels["neutral"] = [1, 1, 0], [0, 0, 1]
    labels.assign(seed=range(3), network="n").to_csv(tmp_path / "labels.csv", index=False)
    return tmp_path


def run(folder, **options):
    choose_images(
        folder, folder / "select/choices.csv", 3, folder / "labels.csv",
        folder / "select/selected.csv", folder / "select/random.csv",
        folder / "select/balance.csv", folder / "select/copies.csv", **{**OPTIONS, **options},
    )  # fmt: skip
    return pd.read_csv(folder / "select/choices.csv")


@pytest.mark.parametrize("mode", ["thesis", "sound"])
def test_images_nearer_to_an_original_than_two_people_are_counted(folder, mode):
    places = pd.read_csv(folder / "places-00000.csv")
    usual = pd.read_csv(folder / "places_originals.csv")["nearest_distance"].median()
    places.loc[[0, 1], "nearest_distance"] = [0.01 * usual, 0.99 * 0.3 * usual]
    places.to_csv(folder / "places-00000.csv", index=False)
    chosen = run(folder, mode=mode, duplicate=0.3)
    copies = pd.read_csv(folder / "select/copies.csv").set_index("set")
    assert copies.loc["generated", ["images", "copies"]].tolist() == [len(chosen), 2]
    assert copies.loc["generated", "least"] == pytest.approx(0.01 * usual)
    assert copies.loc["generated", "limit"] == pytest.approx(0.3 * usual)
    for name, column in (("selected", "kept"), ("random", "random")):
        marked = chosen[chosen[column] == 1]
        copied = marked["image"].isin(places.loc[[0, 1], "image"]) & (marked["batch"] == 0)
        assert copies.loc[name, ["images", "copies"]].tolist() == [len(marked), copied.sum()]
    if mode == "sound":
        assert copies.loc["selected", "copies"] == 0
        assert (chosen["reason"] == "copies_original").sum() == 2


@pytest.mark.parametrize("mode", ["thesis", "sound"])
def test_every_image_has_a_reason_and_the_control_the_same_balance(folder, mode):
    chosen = run(folder, mode=mode)
    assert chosen["reason"].notna().all()
    assert len(chosen) == 15
    sets = [pd.read_csv(folder / f"select/{name}.csv") for name in ("selected", "random")]
    assert list(sets[0].columns) == ["batch", "image", "seed"]
    assert len(sets[0]) == len(sets[1]) == chosen["kept"].sum() == 8
    balance = pd.read_csv(folder / "select/balance.csv").set_index("combination")
    assert balance["generated"].to_dict() == {"AU1": 10, "neutral": 5}
    assert balance["selected"].equals(balance["random"])
    if mode == "thesis":
        assert [c for c in chosen if c.startswith("vote_")] == [f"vote_{m}" for m in METRICS]


def test_same_seed_same_bytes(folder):
    files = []
    for _ in range(2):
        run(folder, keep=2)
        files.append([path.read_bytes() for path in sorted((folder / "select").iterdir())])
    assert files[0] == files[1]


def test_soundly_kept_are_the_least_damaged_of_each_combination(folder):
    chosen = run(folder, keep=2)
    kept = chosen[chosen["kept"] == 1]
    # Two batches with images, two places each, shared out as 10 to 5.
    assert len(kept) == 4
    assert kept.groupby(kept["seed"] == 2).size().to_dict() == {False: 3, True: 1}


def test_tables_of_other_images_are_refused(folder):
    table = pd.read_csv(folder / "faces-00000.csv")
    table.iloc[::-1].to_csv(folder / "faces-00000.csv", index=False)
    with pytest.raises(FacetdsError, match=r"batch-00000.csv and faces-00000.csv differ"):
        run(folder)


def test_faces_that_are_not_whole_have_their_reasons(folder):
    faces = pd.read_csv(folder / "faces-00000.csv")
    faces.loc[2, "nose_contrast"], faces.loc[5, "saturation"] = 0.1, 0.0
    faces.to_csv(folder / "faces-00000.csv", index=False)
    with np.load(folder / "landmarks-00000.npz") as archive:
        landmarks = archive["landmarks"].copy()
    landmarks[7, 48:] += 20
    write_arrays(folder / "landmarks-00000.npz", landmarks=landmarks)
    reasons = run(folder)["reason"]
    faults = ["unclear_nose", "colourless", "odd_proportions"]
    assert reasons[[2, 5, 7]].tolist() == faults
    assert not reasons.drop([2, 5, 7]).isin(faults).any()
    assert not set(faults) & set(run(folder, mode="thesis")["reason"])


def test_landmarks_of_other_images_are_refused(folder):
    write_arrays(folder / "landmarks-00001.npz", landmarks=np.zeros((4, 68, 2)))
    with pytest.raises(FacetdsError, match=r"landmarks-00001.npz has .* 4 images, not of 3"):
        run(folder)
    write_arrays(folder / "landmarks-00001.npz", points=np.zeros((3, 68, 2)))
    with pytest.raises(FacetdsError, match=r"landmarks-00001.npz has .* 0 images, not of 3"):
        run(folder)


def test_few_originals_hold_no_face_back(folder, capsys):
    for name in ("originals", "faces_originals", "places_originals"):
        pd.read_csv(folder / f"{name}.csv")[:9].to_csv(folder / f"{name}.csv", index=False)
    write_arrays(folder / "landmarks_originals.npz", landmarks=np.full((9, 68, 2), np.nan))
    faces = pd.read_csv(folder / "faces-00000.csv").assign(nose_contrast=0.1)
    faces.to_csv(folder / "faces-00000.csv", index=False)
    assert "unclear_nose" not in set(run(folder)["reason"])
    assert "0 originals are too few" in capsys.readouterr().err


def test_a_seed_without_label_is_refused(folder):
    labels = pd.read_csv(folder / "labels.csv")
    labels[1:].to_csv(folder / "labels.csv", index=False)
    with pytest.raises(FacetdsError, match="lack seed 0"):
        run(folder)


def test_empty_selection_is_refused_and_writes_nothing(folder):
    with pytest.raises(FacetdsError, match=r"threshold_ssim.*select\.thresholds"):
        run(folder, thresholds=["ssim>=99"])
    assert not (folder / "select/selected.csv").exists()
