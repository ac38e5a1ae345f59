"""Pictures inside the page: charts without loss in few colours, faces side by side in one sheet.

Faces cost most of a page. Together in one AVIF they take a third of what each takes as its own
WebP, and CSS cuts a face out of the sheet.
"""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from facetds.images import resize, tile

CHART_COLOURS = 20_000
"""A picture with more colours than this has faces in it."""

LEVELS = 16
"""Levels of red, green and blue that a chart keeps: its type stays sharp, and its hues."""

COLUMNS = 20
"""Faces in a row of a sprite."""


@dataclass(frozen=True)
class Sprite:
    """Faces in one picture: its address, its columns and rows, and the place of each by name."""

    src: str
    columns: int
    rows: int
    places: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Column and row, from 0."""


def embed_picture(pixels: np.ndarray, width: int) -> str:
    """Return a picture (uint8 H x W x 3) as a data URI.

    Charts keep their size, and `LEVELS` of each colour. Pictures with faces are reduced to the
    width at which they are shown, `width` pixels. The same picture gives the same bytes.
    """
    picture = Image.fromarray(pixels)
    if picture.getcolors(CHART_COLOURS):
        step = 255 / (LEVELS - 1)
        few = (np.round(pixels / step) * step).astype(np.uint8)
        return _as_uri(Image.fromarray(few), "webp", lossless=True, method=4)
    if picture.width > width:
        height = round(picture.height * width / picture.width)
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    return _as_uri(picture, "avif", quality=50, subsampling="4:4:4", speed=7, max_threads=1)


def make_sprite(faces: Mapping[str, np.ndarray], side: int) -> Sprite:
    """Return square images (uint8 R x R x 3, by name) as one sprite with `side` pixels for each."""
    if not faces:
        return Sprite("", 1, 1)
    sheet = tile([resize(pixels, side) for pixels in faces.values()], min(COLUMNS, len(faces)))
    columns = sheet.shape[1] // side
    places = {name: (n % columns, n // columns) for n, name in enumerate(faces)}
    src = _as_uri(Image.fromarray(sheet), "avif", quality=45, speed=7, max_threads=1)
    return Sprite(src, columns, sheet.shape[0] // side, places)


def spread(names: Sequence[str], count: int) -> list[str]:
    """Return `count` of the names (all if they are fewer), evenly spaced in their order."""
    if len(names) <= count:
        return list(names)
    return [names[place] for place in np.linspace(0, len(names) - 1, count).round().astype(int)]


def _as_uri(picture: Image.Image, kind: str, **options) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
