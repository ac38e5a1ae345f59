"""An image with the frame of its face and the AUs found in it."""

from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from facetds.alignment import transform
from facetds.aus import AU_NAMES

LONGEST = 960
"""Side in pixels that a larger image is brought to."""

LINE, WIDTH = 30, 230
"""Height of a line, and width of the panel, in pixels."""

INK, MUTED, PRESENT, PAPER = "#222222", "#9a9a9a", "#D55E00", "white"


def draw_overlay(
    image: np.ndarray, matrix: np.ndarray, size: int, row: dict[str, Any]
) -> np.ndarray:
    """Return the image with the outline of its crop, and a panel at its right (uint8 H x W x 3).

    matrix: 2 x 3, from the image to the crop of `size` pixels; row: columns of `prediction`. A bar
    is as long as the mean probability, and filled where the AU is said to be there.
    """
    scale = min(1.0, LONGEST / max(image.shape[:2]))
    width, height = (max(1, round(side * scale)) for side in image.shape[1::-1])
    shown = Image.fromarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))
    corners = np.array([[0, 0], [size, 0], [size, size], [0, size]]) - 0.5
    outline = transform(cv2.invertAffineTransform(matrix), corners) * scale
    ImageDraw.Draw(shown).polygon([tuple(p) for p in outline.tolist()], outline=PRESENT, width=2)
    sheet = Image.new("RGB", (width + WIDTH, max(height, LINE * len(AU_NAMES) + 12)), PAPER)
    sheet.paste(shown)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for place, au in enumerate(AU_NAMES):
        top, present = 8 + place * LINE, row[au] == 1
        left, right = width + 58, width + 138
        ink = INK if present else MUTED
        pen.text((width + 10, top), au, fill=ink, font=font)
        end = left + round((right - left) * float(row[f"P_{au}"]))
        pen.rectangle((left, top + 4, right, top + 14), outline=MUTED)
        pen.rectangle(
            (left, top + 4, end, top + 14), fill=PRESENT if present else None, outline=ink
        )
        words = f"{float(row[f'P_{au}']):.2f} {'yes' if present else 'no' if row[au] == 0 else '?'}"
        pen.text((right + 10, top), words, fill=ink, font=font)
    return np.asarray(sheet)
