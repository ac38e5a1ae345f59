"""The commands of the selection, on a small made batch."""

import numpy as np
import pandas as pd
import pytest

from facetds.errors import FacetdsError
from facetds.files import digest
from facetds.images import write_image
from facetds.select.gather_sets import gather_sets
from facetds.select.rank_batch import rank_batch

METRICS = ["rmse", "psnr", "ssim", "issm", "sam", "uiq", "brisque_svr"]
OPTIONS = {"keep": 5, "votes": ["brisque_svr", "score"], "gate_percentile": 1.0, "seed": 1}


@pytest.fixture
def workdir(tmp_path, monkeypatch):
    """Return a folder with two batches: brightness tells an image's place."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    for batch, count in ((0, 12), (1, 3)):
        stem = f"{batch:05d}"
        names = [f"{n % 3}_{n:06d}.jpg" for n in range(count)]
        for n, name in enumerate(names):
            image = tmp_path / f"generate/batch-{stem}" / name
            write_image(image, np.full((16, 16, 3), 20 * n, np.uint8))
        table = pd.DataFrame({"image": names, "seed": np.arange(count) % 3, "problem": ""})
        files = [tmp_path / f"generate/batch-{stem}" / name for name in names]
        manifest = table.assign(sha256=[digest(path) for path in files])
        manifest.to_csv(f"generate/batch-{stem}.csv", index=False)
        severity = 1 - np.arange(count) / count
        scores = table.assign(**{m: random.normal(size=count) for m in METRICS})
        scores.assign(brisque_svr=severity).to_csv(f"scores-{stem}.csv", index=False)
        faces = table.assign(n_faces=1, score=1.0, eye_contrast=60.0, asymmetry=0.1)
        faces.to_csv(f"faces-{stem}.csv", index=False)
    faces.to_csv("originals.csv", index=False)
    return tmp_path


def run_batch(workdir, batch, **options):
    stem = f"{batch:05d}"
    out = workdir / f"select/batch-{stem}.csv"
    rank_batch(
        workdir / f"scores-{stem}.csv",
        workdir / f"faces-{stem}.csv",
        workdir / "originals.csv",
        out,
        batch=batch,
        **{"mode": "sound", **OPTIONS, **options},
    )
    return out


def test_sets_have_equal_sizes_and_the_last_batch_is_kept_whole(workdir):
    choices = [run_batch(workdir, batch) for batch in (0, 1)]
    gather_sets(choices, workdir / "selected.csv", workdir / "random.csv")
    selected, random = pd.read_csv("selected.csv"), pd.read_csv("random.csv")
    assert len(selected) == len(random) == 5 + 3
    assert list(selected.columns) == list(random.columns) == ["batch", "image", "seed"]
    assert list(selected["image"][:5]) == [f"{n % 3}_{n:06d}.jpg" for n in range(7, 12)]
    assert not selected["image"].equals(random["image"])


def test_thesis_mode_needs_no_votes(workdir):
    table = pd.read_csv(run_batch(workdir, 0, mode="thesis", votes=["score"]))
    assert [c for c in table if c.startswith("vote_")] == [f"vote_{m}" for m in METRICS[:6]]
    assert table["kept"].sum() == table["random"].sum() == 5


def test_scores_and_faces_of_other_images_are_refused(workdir):
    table = pd.read_csv("faces-00000.csv")
    table.iloc[::-1].to_csv("faces-00000.csv", index=False)
    with pytest.raises(FacetdsError, match="differ"):
        run_batch(workdir, 0)


def test_empty_selection_is_refused(workdir):
    pd.read_csv("faces-00001.csv").assign(n_faces=0).to_csv("faces-00001.csv", index=False)
    choice = run_batch(workdir, 1)
    assert set(pd.read_csv(choice)["reason"]) == {"no_face"}
    with pytest.raises(FacetdsError, match="select"):
        gather_sets([choice], workdir / "selected.csv", workdir / "random.csv")
    assert not (workdir / "selected.csv").exists()
