"""A contact sheet of the stand-ins: people, expressions, video frames, pre-training pictures."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from facetds.demo.disfa import video_path
from facetds.demo.models import EXPRESSIONS
from facetds.files import replacing
from facetds.foreign import read_image, read_video
from facetds.images import resize, tile

COLUMNS, SIDE = 8, 140
TITLE = "Drawn stand-ins for CFD and DISFA: no picture shows a real person"
EXPRESSION_NAMES = {
    "N": "neutral",
    "A": "angry",
    "F": "fearful",
    "HC": "happy,\nmouth closed",
    "HO": "happy,\nmouth open",
}

Row = tuple[str, list[np.ndarray]]
"""A label, and pictures as uint8 SIDE x SIDE x 3."""


def cfd_rows(root: Path, photos: pd.DataFrame) -> list[Row]:
    """Return a row of models with a neutral photo only, and a row per expression of others.

    Every column of the latter is one model. Flawed photos are left out.
    """
    usable = photos[photos["flaw"].isna()]
    counts = usable.groupby("model")["expression"].nunique()
    full = usable["model"].isin(counts.index[counts == len(EXPRESSIONS)])
    alone = usable[~full].drop_duplicates("model").drop_duplicates(["race", "sex"])
    rows = [("CFD\nneutral only", alone)]
    for expression, name in EXPRESSION_NAMES.items():
        chosen = usable[full & (usable["expression"] == expression)].drop_duplicates("model")
        rows.append((f"CFD\n{name}", chosen.sort_values(["model"])))
    return [
        (label, [square(read_image(root / path)) for path in _spread(table["path"])])
        for label, table in rows
    ]


def disfa_rows(root: Path, truth: pd.DataFrame, count: int = 2) -> list[Row]:
    """Return a row of frames over time for some of the subjects."""
    rows = []
    for subject in _spread(truth["subject"].drop_duplicates())[:count]:
        frames = [frame for _, frame in read_video(video_path(root, subject))]
        chosen = _spread(pd.Series(range(len(frames))))
        rows.append((f"DISFA\n{subject}", [square(frames[n]) for n in chosen]))
    return rows


def pretrain_rows(table: pd.DataFrame) -> list[Row]:
    """Return a row of pre-training pictures, each of another person."""
    chosen = _spread(table.groupby("subject", as_index=False).nth(1)["path"])
    return [("pre-training", [square(read_image(path)) for path in chosen])]


def square(picture: np.ndarray) -> np.ndarray:
    """Return the middle square of a picture as SIDE x SIDE."""
    height, width = picture.shape[:2]
    left = (width - height) // 2
    return resize(np.ascontiguousarray(picture[:, left : left + height]), SIDE)


def plot_rows(rows: list[Row], path: Path | str) -> None:
    """Draw the rows with their labels as PNG, the same bytes on every run."""
    sheet = [picture for _, row in rows for picture in _fill(row)]
    pixels = tile(sheet, COLUMNS, gap=2)
    figure, axes = plt.subplots(figsize=(9.6, 1.06 * len(rows) + 0.3), layout="constrained")
    axes.imshow(pixels)
    axes.set_xticks([])
    middles = (np.arange(len(rows)) + 0.5) * pixels.shape[0] / len(rows)
    axes.set_yticks(middles, [label for label, _ in rows], fontsize=8)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title(TITLE, fontsize=10, loc="left", weight="bold")
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=130, metadata={"Software": None})
    plt.close(figure)


def _fill(row: list[np.ndarray]) -> list[np.ndarray]:
    """Return a row with white pictures up to `COLUMNS`."""
    blank = np.full((SIDE, SIDE, 3), 255, np.uint8)
    return [*row, *[blank] * (COLUMNS - len(row))]


def _spread(values: pd.Series) -> list:
    """Return at most `COLUMNS` of the values, evenly spread over them."""
    count = min(COLUMNS, len(values))
    chosen = np.linspace(0, len(values) - 1, count).round().astype(int)
    return values.iloc[chosen].tolist()
