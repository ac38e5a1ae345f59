"""Sheets of images with names beside the rows and above the columns."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from facetds.images import resize

INK = (34, 34, 34)


def draw_sheet(
    images: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    tile: int = 128,
    breaks: Sequence[int] = (),
) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Return images (rows x columns x R x R x 3, uint8) as one sheet with names (uint8 H x W x 3).

    Images are shown with `tile` pixels a side. `breaks` are rows before which a wider gap is left.
    Also returned is where each image lies in the sheet, row by row: left and top in pixels.
    """
    gap, size = 4, round(tile * 0.14)
    font = ImageFont.load_default(size)
    words = [word for name in rows for word in name.split("\n")]
    margin = round(max(font.getlength(word) for word in words)) + 3 * gap
    tops = [
        size + 3 * gap + row * (tile + gap) + 4 * gap * sum(b <= row for b in breaks)
        for row in range(len(rows))
    ]
    sheet = Image.new(
        "RGB", (margin + len(columns) * (tile + gap), tops[-1] + tile + gap), (255, 255, 255)
    )
    draw = ImageDraw.Draw(sheet)
    corners = []
    for column, name in enumerate(columns):
        middle = margin + column * (tile + gap) + tile / 2
        draw.text((middle, gap), name, INK, font, anchor="ma")
    for row, (name, top) in enumerate(zip(rows, tops, strict=True)):
        draw.text((margin - 2 * gap, top + tile / 2), name, INK, font, anchor="rm", align="right")
        for column in range(len(columns)):
            picture = Image.fromarray(resize(images[row, column], tile))
            corners.append((margin + column * (tile + gap), top))
            sheet.paste(picture, corners[-1])
    return np.asarray(sheet), corners
