"""Embed the sampled w in the plane by t-SNE, several times, and compare the runs."""

from itertools import product
from pathlib import Path

from facetds import command
from facetds.errors import FacetdsError
from facetds.foreign import load_arrays
from facetds.latent.embedding import compare_runs, embed_runs
from facetds.progress import say, track
from facetds.randomness import seed_for
from facetds.tables import write_table


def embed_tsne(
    samples: Path,
    out: Path,
    mse: Path,
    perplexities: list[float],
    iterations: list[int],
    starts: int,
    seed: int,
) -> None:
    """Write a row per seed and run to `out`, and how the runs agree to `mse`."""
    arrays = load_arrays(samples)
    if max(perplexities) >= len(arrays["w"]):
        raise FacetdsError(
            f"latent.perplexities: {max(perplexities):g} is too large for {len(arrays['w'])} "
            "points; lower it or raise latent.samples."
        )
    settings = list(product(range(1, starts + 1), perplexities, iterations))
    bar = track(settings, what="t-SNE", unit="run")
    # scikit-learn takes 32-bit seeds.
    table = embed_runs(arrays["seeds"], arrays["w"], bar, seed_for(seed, "latent") % 2**31)
    write_table(out, table, decimals=4)
    pairs = compare_runs(table)
    for row in pairs[pairs["run_b"] == pairs["run_a"] + 1].itertuples():
        say(
            f"runs {row.run_a} and {row.run_b} ({'same' if row.same_start else 'another'} start): "
            f"correlation {row.correlation:.2f}, {row.aligned_correlation:.2f} when aligned"
        )
    write_table(mse, pairs, decimals=6)


if __name__ == "__main__":
    command.run(embed_tsne)
