"""An image with the frame of its face and the AUs found in it."""

from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from facetds.alignment import Crop, transform
from facetds.aus import AU_NAMES

LONGEST = 960
"""Side in pixels that a larger image is brought to."""

LINE, WIDTH = 30, 230
"""Height of a line, and width of the panel, in pixels."""

BAR = (58, 138)
"""Where the bar of a probability begins and ends, in pixels from the left of the panel."""

INK, MUTED, PRESENT, PAPER = "#222222", "#757575", "#D55E00", "white"


def shrink(image: np.ndarray) -> tuple[np.ndarray, float]:
    """Return an image (uint8 H x W x 3) with no side above `LONGEST` pixels, and its scale."""
    scale = min(1.0, LONGEST / max(image.shape[:2]))
    width, height = (max(1, round(side * scale)) for side in image.shape[1::-1])
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), scale


def find_outline(crop: Crop, scale: float) -> np.ndarray:
    """Return the corners (float64 4 x 2, x and y) of a crop in its image, shrunk by `scale`."""
    size = len(crop.pixels)
    corners = np.array([[0, 0], [size, 0], [size, size], [0, size]]) - 0.5
    # The centre of the first pixel is at 0 in both; shrinking keeps the corner of the image.
    return (transform(cv2.invertAffineTransform(crop.matrix), corners) + 0.5) * scale - 0.5


def draw_overlay(
    view: np.ndarray, outline: np.ndarray | None, row: dict[str, Any], even: bool = False
) -> np.ndarray:
    """Return a view of an image with the outline of its crop, and a panel at its right.

    view: uint8 H x W x 3; outline: of `find_outline`, None where no face was found; row: columns
    of `prediction`. A bar is as long as the mean probability, and filled where the AU is said to be
    there; the tick is the mean of the thresholds. Returns uint8, `even` in height and width, as
    films need, or as large as needed.
    """
    shown = Image.fromarray(view)
    if outline is not None:
        ImageDraw.Draw(shown).polygon(
            [tuple(p) for p in outline.tolist()], outline=PRESENT, width=2
        )
    width, height = shown.width + WIDTH, max(shown.height, LINE * (len(AU_NAMES) + 1) + 12)
    if even:
        width, height = width + width % 2, height + height % 2
    sheet = Image.new("RGB", (width, height), PAPER)
    sheet.paste(shown)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    left = shown.width + 10
    if outline is None:
        pen.text((left, 8), f"No AUs: {row['outcome']}", fill=INK, font=font)
    else:
        for place, au in enumerate(AU_NAMES):
            _draw_au(pen, font, shown.width, 8 + place * LINE, au, row)
    if row["frame"] != "":
        words = f"frame {row['frame']}, {row['time']} s"
        pen.text((left, 8 + len(AU_NAMES) * LINE), words, fill=MUTED, font=font)
    return np.asarray(sheet)


def _draw_au(
    pen: ImageDraw.ImageDraw, font: Any, edge: int, top: int, au: str, row: dict[str, Any]
) -> None:
    """Draw the name, bar and words of an AU; edge: where the panel begins."""
    present, chance = row[au] == 1, float(row[f"P_{au}"])
    left, right = edge + BAR[0], edge + BAR[1]
    ink = INK if present else MUTED
    pen.text((edge + 10, top), au, fill=ink, font=font)
    pen.rectangle((left, top + 4, right, top + 14), outline=MUTED)
    end = left + round((right - left) * chance)
    pen.rectangle((left, top + 4, end, top + 14), fill=PRESENT if present else None, outline=ink)
    if row[f"threshold_{au}"] != "":
        tick = left + round((right - left) * float(row[f"threshold_{au}"]))
        pen.line((tick, top + 1, tick, top + 17), fill=INK)
    words = f"{chance:.2f} {'yes' if present else 'no' if row[au] == 0 else '?'}"
    pen.text((right + 10, top), words, fill=ink, font=font)
