"""Draw images beside the labels that their seeds gave them (thesis Figure 3.9)."""

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from facetds import command
from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.figures.galleries import Shards
from facetds.figures.labels import draw_annotation as draw
from facetds.figures.labels import pick_examples
from facetds.figures.style import save_figure
from facetds.tables import read_table


def draw_annotation(
    manifests: Annotated[list[Path], typer.Argument(help="Manifests of the generated batches.")],
    annotation: Path,
    images: Path,
    out: Path,
    dpi: int,
    note: str | None = None,
) -> None:
    """Write the figure to `out` (.png), and the PDF and CSV beside it."""
    rows = read_table(images, ("image", "seed"))
    labels = np.load(annotation, allow_pickle=False)
    if labels.shape != (len(rows), len(AU_NAMES)):
        raise FacetdsError(
            f"{annotation} does not have a row per image of {images}; make it again."
        )
    table = pd.concat([rows, pd.DataFrame(labels, columns=list(AU_NAMES))], axis=1)
    shown = pick_examples(table)[["image", *AU_NAMES]]
    shards = Shards(manifests)
    pictures = [shards.read(image) for image in shown["image"]]
    save_figure(draw(shown, pictures), out, shown, dpi, note)


if __name__ == "__main__":
    command.run(draw_annotation)
