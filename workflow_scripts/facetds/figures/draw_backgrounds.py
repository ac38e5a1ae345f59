"""Draw how much the backgrounds of the data sets and of the GAN's images vary (Figure 3.6)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from facetds import command
from facetds.figures import backgrounds
from facetds.figures.family import save_figures
from facetds.foreign import load_arrays
from facetds.shards import preview_directory, read_shard


def draw_backgrounds(
    outs: Annotated[list[Path], typer.Argument(help="Figures to write, as .png.")],
    cfd: Path,
    previews: Path,
    disfa: list[Path],
    pretrain: Path,
    dpi: int,
    note: str | None = None,
) -> None:
    """Write the figure from crops (.npz) and from a shard of previews (.csv, images beside it)."""

    def frames() -> Iterator[np.ndarray]:
        for path in disfa:
            yield from load_arrays(path)["frames"]

    def synthetic() -> Iterator[np.ndarray]:
        entries = read_shard(previews, preview_directory(previews))
        return (entry.pixels for entry in entries if entry.pixels is not None)

    def make() -> tuple:
        places = pd.concat(
            [
                backgrounds.measure_places("CFD", load_arrays(cfd)["images"]),
                backgrounds.measure_places("synthetic", synthetic()),
                backgrounds.measure_places("DISFA", frames()),
                backgrounds.measure_places("pre-training", load_arrays(pretrain)["images"]),
            ]
        )
        words = "Background: mean SD along the upper half of both sides."
        return backgrounds.draw_backgrounds(places), places.round(3), words

    save_figures(outs, {"fig-3.6-backgrounds": make}, dpi, note)


if __name__ == "__main__":
    command.run(draw_backgrounds)
