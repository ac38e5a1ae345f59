"""How much the images of a set differ from one another, place by place (thesis Figure 3.6).

The thesis puts pictures side by side; means and deviations of a whole set say the same in numbers
and show no single person, which the terms of the data sets forbid.
"""

from collections.abc import Iterable

import cv2
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from facetds.figures import style

SIDE = 32
"""Places across and down at which the sets are compared."""

BORDER = SIDE // 8
"""Width in places of the strips left and right that count as background."""


def measure_places(name: str, images: Iterable[np.ndarray]) -> pd.DataFrame:
    """Return set, images, row, column, mean, sd: the grey levels (0-255) at SIDE x SIDE places.

    `images` are uint8 H x W x 3, at least two; each is shrunk by area, so grain does not count.
    """
    grey = np.stack(
        [
            cv2.resize(
                cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (SIDE, SIDE), interpolation=cv2.INTER_AREA
            )
            for image in images
        ]
    ).astype(float)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return pd.DataFrame(
        {
            "set": name,
            "images": len(grey),
            "row": rows.ravel(),
            "column": columns.ravel(),
            "mean": grey.mean(axis=0).ravel(),
            "sd": grey.std(axis=0, ddof=1).ravel(),
        }
    )


def measure_background(places: pd.DataFrame) -> float:
    """Return the mean deviation (grey levels) of a set's background, of its row, column, sd."""
    column = places["column"]
    # Hair reaches the top, and neck and shoulders the lower half.
    border = (column < BORDER) | (column >= SIDE - BORDER)
    return float(places.loc[border & (places["row"] < SIDE // 2), "sd"].mean())


def draw_backgrounds(places: pd.DataFrame) -> Figure:
    """Draw mean and deviation of the sets in `places` (as `measure_places` returns them)."""
    names = list(dict.fromkeys(places["set"]))
    figure, axes = style.panels(2, len(names), 1.85 * len(names) + 0.9, 4.3)
    picture = None
    for pair, name in zip(axes.T, names, strict=True):
        part = places[places["set"] == name]
        mean, deviation = (
            part.pivot(index="row", columns="column", values=column) for column in ("mean", "sd")
        )
        pair[0].imshow(mean, cmap="gray", vmin=0, vmax=255, interpolation="bilinear")
        picture = pair[1].imshow(
            deviation, cmap="viridis", vmin=0, vmax=80, interpolation="bilinear"
        )
        pair[0].set_title(f"{name}\n{part['images'].iloc[0]:,} images", fontsize=9)
        pair[1].set_xlabel(f"background: {measure_background(part):.0f}", fontsize=8.5)
        for axis in pair:
            axis.set(xticks=[], yticks=[])
            axis.grid(visible=False)
            axis.spines[:].set_visible(False)
    axes[0, 0].set_ylabel("mean")
    axes[1, 0].set_ylabel("deviation")
    figure.colorbar(
        picture, ax=axes[1, :], shrink=0.9, pad=0.01, label="SD (grey levels)", extend="max"
    ).outline.set_visible(False)
    return figure
