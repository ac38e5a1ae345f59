"""Draw which images were selected, and which were not and why (thesis 4.6, 3.10.2)."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from facetds import command
from facetds.aus import AU_NAMES
from facetds.figures import galleries, labels
from facetds.figures.family import save_figures
from facetds.tables import read_table


def draw_selection(
    outs: Annotated[list[Path], typer.Argument(help="Figures to write, as .png.")],
    manifests: list[Path],
    choices: Path,
    seed_labels: Path,
    annotated: Path,
    gallery: int,
    dpi: int,
    note: str | None = None,
) -> None:
    """Write the figures, with `gallery` images of each kind, half as many of each AU.

    `manifests` describe the batches, `choices` what was chosen of them; `annotated` lists the
    selected images with their labels.
    """
    shards = galleries.Shards(manifests)
    wanted = ("image", "seed", "reason", "aggregate", "place", "kept")
    chosen = read_table(choices, wanted)
    known = read_table(seed_labels, ("seed", *AU_NAMES))

    def show(picked: dict[str, pd.DataFrame]) -> tuple:
        return galleries.draw_gallery(picked, shards), galleries.list_gallery(picked)

    def examples() -> tuple:
        rows = read_table(annotated, ("image", "seed", *AU_NAMES))
        shown = labels.pick_examples(rows)[["image", *AU_NAMES]]
        pictures = [shards.read(image) for image in shown["image"]]
        return labels.draw_annotation(shown, pictures), shown

    makers = {
        "gallery-selection": lambda: show(galleries.pick_gallery(chosen, gallery)),
        "gallery-aus": lambda: show(galleries.pick_by_au(chosen, known, gallery // 2)),
        "fig-3.9-annotation": examples,
    }
    save_figures(outs, makers, dpi, note)


if __name__ == "__main__":
    command.run(draw_selection)
