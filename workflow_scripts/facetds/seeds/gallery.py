"""A sheet of the labelled seeds, a row of faces for every AU."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from facetds.aus import AU_NAMES, AUS, DESCRIPTIONS
from facetds.images import resize

TILE, GAP, MARGIN, HEAD = 96, 4, 170, 40
INK, MUTED = (34, 34, 34), (110, 110, 110)


def pick_seeds(labels: pd.DataFrame, columns: int) -> dict[str, list[int]]:
    """Return up to `columns` seeds for each AU and neutral, those with the fewest other AUs first.

    `labels` is a table of labels (`facetds.labels.read_labels`).
    """
    others = labels[list(AU_NAMES)].sum(axis=1)
    ordered = labels.assign(others=others).sort_values(["others", "seed"])
    return {
        name: ordered.loc[ordered[name] == 1, "seed"].head(columns).tolist()
        for name in (*AU_NAMES, "neutral")
    }


def draw_gallery(
    rows: dict[str, Sequence[np.ndarray]], counts: dict[str, int], columns: int, title: str
) -> np.ndarray:
    """Return the sheet (uint8 H x W x 3): `rows` of faces (uint8 R x R x 3), named, below `title`.

    `counts` has the number of all seeds of a row.
    """
    step = TILE + GAP
    sheet = Image.new("RGB", (MARGIN + columns * step, HEAD + len(rows) * step), "white")
    draw = ImageDraw.Draw(sheet)
    fonts = {size: ImageFont.load_default(size) for size in (13, 16)}
    draw.text((GAP + 4, HEAD / 2), title, INK, fonts[16], anchor="lm")
    words = dict(zip(AU_NAMES, (DESCRIPTIONS[au] for au in AUS), strict=True))
    for row, (name, faces) in enumerate(rows.items()):
        top = HEAD + row * step
        draw.text((GAP + 4, top + 26), name, INK, fonts[16], anchor="lm")
        draw.text((GAP + 4, top + 47), words.get(name, "none of the six"), MUTED, fonts[13], "lm")
        seeds = f"{counts[name]} seed" + "s" * (counts[name] != 1)
        draw.text((GAP + 4, top + 66), seeds, MUTED, fonts[13], anchor="lm")
        for column, face in enumerate(faces):
            picture = Image.fromarray(resize(face, TILE))
            sheet.paste(picture, (MARGIN + column * step, top))
    return np.asarray(sheet)
