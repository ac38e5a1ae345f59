"""Draw the distributions of the scores: originals, all synthetic, selected and random images."""

from pathlib import Path

from facetds import command
from facetds.iqa.plots import plot_distributions
from facetds.tables import read_table


def plot_scores(distributions: Path, summary: Path, out: Path) -> None:
    """Draw the histograms of `distributions` (.csv) into `out` (.png)."""
    table = read_table(distributions, ("set", "metric", "low", "high", "share"))
    means = read_table(summary, ("metric", "better"))
    better = dict(zip(means["metric"], means["better"], strict=True))
    plot_distributions(table, better, out)


if __name__ == "__main__":
    command.run(plot_scores)
