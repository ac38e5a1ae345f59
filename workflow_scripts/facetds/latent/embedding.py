"""t-SNE of the latent space, and how much its runs agree (thesis 2.4.2.1, Figures 2.2, 2.3)."""

from collections.abc import Iterable

import numpy as np
import pandas as pd


def embed(w: np.ndarray, perplexity: float, iterations: int, seed: int) -> np.ndarray:
    """Return the t-SNE of w (N x w_dim) as N x 2 (van der Maaten and Hinton 2008).

    The start is random with `seed`, not by principal components: runs that end alike from it agree
    because the data make them. One thread, so that sums are always taken in the same order.
    """
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    model = TSNE(
        perplexity=perplexity, max_iter=iterations, init="random", random_state=seed, n_jobs=1
    )
    with threadpool_limits(1):
        return model.fit_transform(w)


def embed_runs(
    seeds: np.ndarray, w: np.ndarray, settings: Iterable[tuple[int, float, int]], random_state: int
) -> pd.DataFrame:
    """Return seed, run (from 1), start, perplexity, iterations, x, y for every setting.

    settings: start, perplexity, iterations. Runs of one start begin at the same random points, so
    that more iterations carry on what fewer began.
    """
    parts = []
    for run, (start, perplexity, iterations) in enumerate(settings, start=1):
        points = embed(w, perplexity, iterations, random_state + start)
        parts.append(
            pd.DataFrame(
                {
                    "seed": seeds,
                    "run": run,
                    "start": start,
                    "perplexity": perplexity,
                    "iterations": iterations,
                    "x": points[:, 0],
                    "y": points[:, 1],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def compare_embeddings(a: np.ndarray, b: np.ndarray) -> dict[str, float]:
    """Return how alike two embeddings (N x 2) of the same points are.

    mse and correlation are the thesis's: coordinate by coordinate as they lie, though a t-SNE may
    be turned, mirrored or scaled at will. aligned_mse is taken after the best shift, turn,
    mirroring and scaling, in units of the total variance (Procrustes: 0 same shape, 1 unrelated),
    and aligned_correlation is its counterpart, sqrt(1 - aligned_mse).
    """
    from scipy.spatial import procrustes

    aligned = float(np.clip(procrustes(a, b)[2], 0, 1))
    return {
        "mse": float(np.mean((a - b) ** 2)),
        "correlation": float(np.corrcoef(a.ravel(), b.ravel())[0, 1]),
        "aligned_mse": aligned,
        "aligned_correlation": float(np.sqrt(1 - aligned)),
    }


def compare_runs(table: pd.DataFrame) -> pd.DataFrame:
    """Return `compare_embeddings` for every pair of runs: run_a, run_b, same_start, four figures.

    The thesis compares runs that differ in their iterations alone, so its high correlations tell
    that t-SNE settles; whether the data make the shape, runs of different starts tell (aligned).
    """
    starts = table.groupby("run")["start"].first()
    points = {run: part[["x", "y"]].to_numpy() for run, part in table.groupby("run")}
    return pd.DataFrame(
        [
            {"run_a": a, "run_b": b, "same_start": int(starts[a] == starts[b])}
            | compare_embeddings(points[a], points[b])
            for a in points
            for b in points
        ]
    )
