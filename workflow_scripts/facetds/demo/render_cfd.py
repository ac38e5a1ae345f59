"""Draw one shard of the CFD stand-in: the photos of some of its models."""

from pathlib import Path

import pandas as pd

from facetds import command
from facetds.demo.cfd import draw_model
from facetds.demo.models import draw_models
from facetds.demo.truth import DECIMALS
from facetds.progress import track
from facetds.tables import write_table


def render_cfd(
    root: Path,
    out: Path,
    shard: int,
    seed: int,
    cfd_models: int,
    cfd_height: int,
    expression_share: float,
    flaws: bool,
    shard_size: int,
) -> None:
    """Write the photos of the shard's models below `root`, and what they show to `out` (.csv)."""
    models = draw_models(seed, cfd_models, expression_share, flaws)
    rows = []
    for model in track(
        models[shard * shard_size : (shard + 1) * shard_size], what="draw CFD models", unit="model"
    ):
        rows += draw_model(root, model, seed, cfd_height)
    write_table(out, pd.DataFrame(rows), DECIMALS)


if __name__ == "__main__":
    command.run(render_cfd)
