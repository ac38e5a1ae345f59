"""The small numerics of the drawing: rasters, smooth masks, smooth curves and noise.

Every length is in inter-ocular distances (IOD), x to the image's right and y down, with the origin
between the eyes. Arrays are float32: half the time of float64, and enough for 256 grey levels.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from facetds.randomness import generator

NOISE_SIDE = 512


@dataclass(frozen=True)
class Raster:
    """A grid of points of the face's plane: x is 1 x W, y is H x 1, `scale` is in pixels per IOD.

    Because x is a row and y a column, everything separable (a Gaussian, a curve over x) costs one
    row and one column, and only the product has H x W values.
    """

    x: np.ndarray
    y: np.ndarray
    scale: float

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.y.shape[0], self.x.shape[1]

    def window(
        self, left: float, right: float, top: float, bottom: float
    ) -> tuple[tuple[slice, slice], "Raster"]:
        """Return the rows and columns of a rectangle, and its own raster."""
        columns = slice(*np.clip(self._index(self.x, (left, right)), 0, self.shape[1]).tolist())
        rows = slice(*np.clip(self._index(self.y, (top, bottom)), 0, self.shape[0]).tolist())
        return (rows, columns), Raster(self.x[:, columns], self.y[rows], self.scale)

    def _index(self, axis: np.ndarray, values: tuple[float, float]) -> np.ndarray:
        return np.round((np.array(values) - axis.flat[0]) * self.scale).astype(int)

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """Return points (... x 2, IOD) in pixels of this raster."""
        return (np.asarray(points) - [self.x.flat[0], self.y.flat[0]]) * self.scale


def raster(left: float, right: float, top: float, bottom: float, scale: float) -> Raster:
    """Return the raster of a rectangle with `scale` pixels per IOD."""
    x = np.arange(round(left * scale), round(right * scale) + 1, dtype=np.float32) / scale
    y = np.arange(round(top * scale), round(bottom * scale) + 1, dtype=np.float32) / scale
    return Raster(x[None, :].astype(np.float32), y[:, None].astype(np.float32), scale)


def hump(value: np.ndarray, centre: float, width: float) -> np.ndarray:
    """Return the Gaussian exp(-((value - centre) / width)^2 / 2)."""
    return np.exp(-0.5 * np.square((value - np.float32(centre)) / np.float32(width)))


def bump(grid: Raster, x: float, y: float, sx: float, sy: float) -> np.ndarray:
    """Return a Gaussian of height 1 at (x, y) with standard deviations sx and sy."""
    return hump(grid.x, x, sx) * hump(grid.y, y, sy)


def twins(grid: Raster, x: float, y: float, sx: float, sy: float) -> np.ndarray:
    """Return a Gaussian at (x, y) and its mirror image at (-x, y)."""
    return hump(np.abs(grid.x), x, sx) * hump(grid.y, y, sy)


def ramp(value: np.ndarray, start: float, end: float) -> np.ndarray:
    """Return the smooth step that is 0 at `start` and 1 at `end` (which may be the smaller)."""
    t = np.clip((value - np.float32(start)) / np.float32(end - start), 0, 1)
    return t * t * (3 - 2 * t)


def inside(distance: np.ndarray, width: float) -> np.ndarray:
    """Return 1 well inside (distance < 0) and 0 outside, with an edge of this width."""
    t = np.clip(0.5 - distance / np.float32(width), 0, 1)
    return t * t * (3 - 2 * t)


def mix(below: np.ndarray, above: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return `below` covered by `above` (both H x W x 3) where share (H x W) is 1."""
    return below + (above - below) * share[..., None]


def blur(values: np.ndarray, sd: float) -> np.ndarray:
    """Return values smoothed by a Gaussian of `sd` pixels; a wide one at reduced size."""
    if sd < 0.3:
        return values
    factor = int(sd // 3)
    if factor < 2:
        return cv2.GaussianBlur(values, (0, 0), sd, borderType=cv2.BORDER_REPLICATE)
    height, width = values.shape[:2]
    small = (max(width // factor, 2), max(height // factor, 2))
    reduced = cv2.resize(values, small, interpolation=cv2.INTER_AREA)
    reduced = cv2.GaussianBlur(reduced, (0, 0), sd / factor, borderType=cv2.BORDER_REPLICATE)
    return cv2.resize(reduced, (width, height), interpolation=cv2.INTER_LINEAR)


def curve(points: np.ndarray, n: int = 40) -> np.ndarray:
    """Return about n points on the Catmull-Rom spline through the control points (K x 2)."""
    points = np.asarray(points, np.float32)
    ends = 2 * points[[0, -1]] - points[[1, -2]]
    p = np.concatenate([ends[:1], points, ends[1:]])
    t = np.linspace(0, 1, max(n // (len(points) - 1), 2), endpoint=False, dtype=np.float32)
    t = t[None, :, None]
    a, b, c, d = (p[i : len(p) - 3 + i, None] for i in range(4))
    spline = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    return np.concatenate([spline.reshape(-1, 2), points[-1:]]).astype(np.float32)


@cache
def noise_tile(kind: int, across: float, along: float) -> np.ndarray:
    """Return a tile (512 x 512) of unit noise whose grain is `across` x `along` pixels wide."""
    tile = generator(0, "demo", 1000, kind).standard_normal((NOISE_SIDE, NOISE_SIDE))
    margin = int(4 * max(across, along)) + 1
    tile = cv2.copyMakeBorder(tile.astype(np.float32), *[margin] * 4, cv2.BORDER_WRAP)
    tile = cv2.GaussianBlur(tile, (0, 0), across, sigmaY=along)[margin:-margin, margin:-margin]
    return np.ascontiguousarray((tile - tile.mean()) / tile.std())


def noise(x: np.ndarray, y: np.ndarray, across: float, along: float, kind: int = 0) -> np.ndarray:
    """Return unit noise at the points (x, y), in pixels of a tile that repeats itself."""
    tile = noise_tile(kind, across, along)
    x, y = np.broadcast_arrays(x, y)
    maps = [np.ascontiguousarray(v, dtype=np.float32) for v in (x, y)]
    return cv2.remap(tile, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
