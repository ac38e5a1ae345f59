"""The contact sheet of aligned crops."""

import cv2
import numpy as np
from PIL import Image, ImageDraw

from facetds.images import resize, tile

INK = (40, 40, 40)
# Outline, brows, nose, eyes and lips of the 68 landmarks: first, last, and whether it closes.
LINES = [(0, 16, 0), (17, 21, 0), (22, 26, 0), (27, 30, 0), (31, 35, 0), (36, 41, 1), (42, 47, 1),
         (48, 59, 1), (60, 67, 1)]  # fmt: skip


def draw_landmarks(points: np.ndarray, size: int) -> np.ndarray:
    """Return 68 landmarks, in pixels of a size x size crop, as lines on white (uint8)."""
    scale = 4
    canvas = np.full((size * scale, size * scale, 3), 255, np.uint8)
    for first, last, closed in LINES:
        line = np.round((points[first : last + 1] + 0.5) * scale).astype(np.int32)
        cv2.polylines(canvas, [line], bool(closed), INK, thickness=scale)
    return resize(canvas, size)


def draw_row(title: str, tiles: list[np.ndarray], tile_size: int, columns: int) -> np.ndarray:
    """Return tiles, in rows of `columns`, under a line with the title (uint8)."""
    blank = np.full((tile_size, tile_size, 3), 255, np.uint8)
    tiles = [resize(image, tile_size) for image in tiles]
    tiles += [blank] * (-len(tiles) % columns)
    sheet = tile(tiles, columns, gap=2)
    head = Image.new("RGB", (sheet.shape[1], 24), "white")
    ImageDraw.Draw(head).text((2, 4), title, fill=INK, font_size=13)
    return np.concatenate([np.asarray(head), sheet])


def spread(count: int, wanted: int) -> np.ndarray:
    """Return up to `wanted` of `count` places, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, wanted)).astype(int))
