"""Put figures of a run one below the other: the picture of the README."""

from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from PIL import Image

from facetds import command
from facetds.files import replacing
from facetds.foreign import read_image


def stack_figures(
    figures: Annotated[list[Path], typer.Argument(help="Figures, as .png, from the top.")],
    out: Path,
    width: int = 1200,
) -> None:
    """Write the figures as one picture, each `width` pixels wide.

    \b
    Example:
      python -m facetds.figures.stack_figures results/figures/training-fakes.png \\
        results/figures/fig-4.5-auc-summary.png --out docs/demo.jpg
    """  # noqa: D301 - the backspace keeps the lines of the example apart
    parts = []
    for path in figures:
        picture = read_image(path)
        size = width, round(picture.shape[0] * width / picture.shape[1])
        parts.append(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
    with replacing(out) as temporary:
        Image.fromarray(np.concatenate(parts)).save(temporary, quality=85)


if __name__ == "__main__":
    command.run(stack_figures)
