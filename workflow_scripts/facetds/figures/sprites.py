"""Pictures inside the page: charts sharp in few colours, faces side by side in one sheet.

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

FLAT = 0.005
"""Share of a picture that a colour covers if it is a plane and no edge of a letter or a line."""

CHART_SHARE = 0.8
"""Share of a picture that is covered by planes if it is a chart."""

EDGE_ERROR = 36
"""Most that the colours of edges are changed: the distance in RGB, whose sides are 255 long."""

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

    Charts keep their size and the colours of their planes. Pictures with faces are reduced to the
    width at which they are shown, `width` pixels. The same picture gives the same bytes.
    """
    picture = Image.fromarray(pixels)
    if picture.getcolors(CHART_COLOURS):
        colours, which, counts = _count_colours(pixels)
        if counts[counts >= FLAT * which.size].sum() > CHART_SHARE * which.size:
            few = colours[_choose_colours(colours, counts)][which].astype(np.uint8)
            return _as_uri(Image.fromarray(few), "webp", lossless=True, method=4)
    if picture.width > width:
        height = round(picture.height * width / picture.width)
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    return _as_uri(picture, "avif", quality=50, subsampling="4:4:4", speed=7, max_threads=1)


def _count_colours(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the colours (int K x 3), which of them each pixel has (H x W), and their counts."""
    codes = pixels.astype(np.int32) @ (1 << 16, 1 << 8, 1)
    found, which, counts = np.unique(codes, return_inverse=True, return_counts=True)
    colours = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=-1)
    return colours, which.reshape(codes.shape), counts


def _choose_colours(colours: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return for each colour (int K x 3) the number of the one that stands for it.

    Colours of planes stay. Others, the edges of letters and lines, take the nearest of the colours
    that stay, and stay themselves, the commonest first, if none is within `EDGE_ERROR`.
    """
    chosen = np.full(len(colours), -1)
    nearest = np.full(len(colours), EDGE_ERROR**2 + 1)
    for number in np.argsort(-counts, kind="stable"):
        if chosen[number] < 0 or counts[number] >= FLAT * counts.sum():
            gaps = ((colours - colours[number]) ** 2).sum(axis=1)
            closer = gaps < nearest
            chosen[closer], nearest[closer] = number, gaps[closer]
    return chosen


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
