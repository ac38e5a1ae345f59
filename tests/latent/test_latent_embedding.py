"""t-SNE runs and how alike they are."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetds.errors import FacetdsError
from facetds.latent.embed_tsne import embed_tsne
from facetds.latent.embedding import compare_embeddings, compare_runs
from facetds.tables import read_table


@given(st.floats(-3.1, 3.1), st.floats(0.1, 10), st.booleans(), st.integers(0, 10**6))
def test_aligned_error_ignores_turn_scale_shift_and_mirroring(angle, scale, mirror, seed):
    points = np.random.default_rng(seed).normal(size=(20, 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = scale * points @ turn * ([-1, 1] if mirror else [1, 1]) + [3, -7]
    found = compare_embeddings(points, moved)
    assert found["aligned_mse"] == pytest.approx(0, abs=1e-9)
    assert found["mse"] > 1


def test_mse_and_correlation_are_the_thesis_s():
    a = np.array([[0.0, 0], [1, 0], [0, 2], [3, 3]])
    b = a + np.array([[0, 0], [0, 1], [0, 0], [0, 2]])
    found = compare_embeddings(a, b)
    assert found["mse"] == pytest.approx((1 + 4) / 8)
    assert found["correlation"] == pytest.approx(np.corrcoef(a.ravel(), b.ravel())[0, 1])
    assert found["aligned_correlation"] == pytest.approx(np.sqrt(1 - found["aligned_mse"]))


def test_unrelated_runs_stay_apart():
    random = np.random.default_rng(5)
    parts = [pd.DataFrame({"run": run, "start": run, "x": p[:, 0], "y": p[:, 1]})
             for run, p in enumerate(random.normal(size=(3, 400, 2)), start=1)]  # fmt: skip
    pairs = compare_runs(pd.concat(parts))
    assert len(pairs) == 9
    same = pairs["run_a"] == pairs["run_b"]
    assert pairs.loc[same, "aligned_mse"].max() < 1e-9
    assert pairs.loc[~same, "aligned_mse"].min() > 0.9


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """Two clusters in 16 dimensions."""
    path = tmp_path_factory.mktemp("w") / "w.npz"
    w = np.random.default_rng(1).normal(size=(40, 16)).astype(np.float32)
    w[20:] += 8
    np.savez(path, seeds=np.arange(40), w=w)
    return path


def test_runs_find_the_clusters_and_repeat_exactly(samples, tmp_path):
    for name in ("a", "b"):
        embed_tsne(samples, tmp_path / f"{name}.csv", tmp_path / f"{name}_mse.csv",
                   perplexities=[8.0], iterations=[700, 750], starts=2, seed=1)  # fmt: skip
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    table = read_table(tmp_path / "a.csv")
    assert table.groupby("run")["iterations"].first().tolist() == [700, 750, 700, 750]
    assert table.groupby("run")["start"].first().tolist() == [1, 1, 2, 2]
    for _, run in table.groupby("run"):
        points = run[["x", "y"]].to_numpy()
        distances = np.linalg.norm(points[:, None] - points, axis=2) + 1e9 * np.eye(len(points))
        assert ((distances.argmin(axis=1) < 20) == (np.arange(40) < 20)).mean() > 0.9
    pairs = read_table(tmp_path / "a_mse.csv").set_index(["run_a", "run_b"])
    assert len(pairs) == 16
    assert pairs.loc[[(1, 2), (3, 4)], "same_start"].eq(1).all()
    assert pairs.loc[[(1, 3), (2, 4)], "same_start"].eq(0).all()
    # More iterations carry on what fewer began; another start ends elsewhere.
    assert pairs.loc[(1, 2), "correlation"] > 0.9
    assert abs(pairs.loc[(2, 4), "correlation"]) < pairs.loc[(1, 2), "correlation"] - 0.2


def test_a_perplexity_too_large_is_named(samples, tmp_path):
    with pytest.raises(FacetdsError, match=r"latent\.perplexities: 40 is too large for 40 points"):
        embed_tsne(samples, tmp_path / "t.csv", tmp_path / "m.csv", [40.0], [250], 1, 1)
