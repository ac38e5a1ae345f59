"""The head at rest: relief, skin colour, brows, beard; and the lines that age and AUs cut."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from facetds.demo.anatomy import SIDES, Pose, brow, half_width, outline
from facetds.demo.fields import (
    Raster,
    blur,
    bump,
    curve,
    inside,
    mix,
    noise,
    ramp,
    raster,
    twins,
)
from facetds.demo.identity import Identity
from facetds.demo.shading import linear
from facetds.randomness import generator

SUBPIXEL = 4
"""Fractional bits of the coordinates that OpenCV draws with."""


@dataclass(frozen=True)
class Skin:
    """The head at rest on its raster: colour (linear RGB) and cover, relief (IOD) and gloss."""

    grid: Raster
    colour: np.ndarray
    """float32 H x W x 4: linear RGB, and 1 on the head, 0 beside it."""
    relief: np.ndarray
    """float32 H x W x 2: height, and the strength of the gloss."""


@dataclass(frozen=True)
class Line:
    """A skin fold or line on the left half at rest (its mirror image is drawn too)."""

    points: tuple[tuple[float, float], ...]
    fold: bool
    """A fold is wide and cut by every face; a line is fine and follows a person's `wrinkles`."""
    cut_by: dict[int, float]
    """AU: strength at intensity 5."""
    aged: float
    """Strength in the neutral face of an old person."""


LINES = (
    Line(((0.0, -0.60), (0.22, -0.63), (0.46, -0.60)), False, {1: 0.8, 2: 0.45}, 0.55),
    Line(((0.0, -0.74), (0.25, -0.77), (0.52, -0.73)), False, {1: 0.75, 2: 0.55}, 0.6),
    Line(((0.0, -0.89), (0.22, -0.92), (0.45, -0.89)), False, {1: 0.55, 2: 0.4}, 0.4),
    Line(((0.55, -0.56), (0.72, -0.62), (0.88, -0.54)), False, {2: 0.8}, 0.2),
    Line(((0.58, -0.70), (0.74, -0.75), (0.88, -0.68)), False, {2: 0.6}, 0.2),
    Line(((0.075, -0.40), (0.07, -0.29), (0.095, -0.17)), True, {4: 0.85, 9: 0.4}, 0.4),
    Line(((0.13, -0.36), (0.14, -0.28), (0.15, -0.21)), False, {4: 0.55}, 0.15),
    Line(((0.0, -0.09), (0.06, -0.085), (0.11, -0.06)), False, {9: 0.9, 4: 0.25}, 0.25),
    Line(((0.0, 0.02), (0.06, 0.03), (0.12, 0.06)), False, {9: 0.7}, 0.1),
    Line(((0.07, 0.20), (0.13, 0.12), (0.20, 0.07)), False, {9: 0.9, 6: 0.15}, 0.1),
    Line(((0.04, 0.30), (0.10, 0.24), (0.16, 0.20)), False, {9: 0.6}, 0.0),
    Line(((0.79, 0.02), (0.90, -0.02), (0.99, -0.07)), False, {6: 0.75, 12: 0.15}, 0.55),
    Line(((0.80, 0.06), (0.91, 0.06), (1.00, 0.05)), False, {6: 0.8, 12: 0.2}, 0.55),
    Line(((0.78, 0.11), (0.88, 0.15), (0.96, 0.19)), False, {6: 0.7, 12: 0.1}, 0.45),
    Line(((0.27, 0.12), (0.42, 0.195), (0.60, 0.175), (0.72, 0.11)), True, {6: 0.55, 9: 0.4}, 0.45),
    Line(((0.30, 0.13), (0.40, 0.26), (0.56, 0.32)), False, {6: 0.3}, 0.5),
    Line(
        ((0.275, 0.64), (0.37, 0.80), (0.49, 0.98), (0.555, 1.13), (0.565, 1.24)),
        True,
        {12: 0.95, 9: 0.55, 6: 0.25, 20: 0.3},
        0.6,
    ),
    Line(((0.64, 0.98), (0.69, 1.12), (0.68, 1.27)), True, {12: 0.35, 20: 0.45}, 0.12),
    Line(((0.445, 1.20), (0.49, 1.31), (0.475, 1.44)), True, {15: 0.75, 17: 0.2}, 0.5),
    Line(((0.0, 1.455), (0.13, 1.445), (0.23, 1.41)), True, {17: 0.8, 15: 0.3}, 0.2),
    Line(((0.10, 1.55), (0.13, 1.60), (0.10, 1.66)), False, {17: 0.7}, 0.0),
    Line(((0.0, 1.60), (0.04, 1.63), (0.02, 1.69)), False, {17: 0.6}, 0.0),
)


@lru_cache(maxsize=8)
def skin_at_rest(identity: Identity, scale: float) -> Skin:
    """Return a person's head at rest with `scale` pixels per IOD, as if evenly lit."""
    grid = raster(-1.42, 1.42, -2.02, 2.22, scale)
    colour = np.empty((*grid.shape, 4), np.float32)
    colour[..., :3] = _colour(identity, grid)
    _paint_beard(identity, grid, colour)
    _paint_brows(identity, grid, colour)
    colour[..., 3] = inside(_distance(identity, grid), 2.2 / scale)
    relief = np.stack([_height(identity, grid), _gloss(identity, grid)], axis=-1)
    for values in (colour, relief):
        values.setflags(write=False)
    return Skin(grid, colour, relief)


def _distance(identity: Identity, grid: Raster) -> np.ndarray:
    """Return the distance to the head's outline, about, in IOD: negative inside."""
    edge = outline(identity)
    slope = np.gradient(edge[:, 0], edge[:, 1] + 1e-6 * np.arange(len(edge)))
    steepness = np.interp(grid.y, edge[:, 1], 1 / np.sqrt(1 + np.clip(slope, -9, 9) ** 2))
    distance = (np.abs(grid.x) - half_width(identity, grid.y)) * steepness.astype(np.float32)
    top, bottom = edge[0, 1], edge[-1, 1]
    return np.maximum(distance, np.maximum(top - grid.y, grid.y - bottom).astype(np.float32))


def _height(identity: Identity, grid: Raster) -> np.ndarray:
    """Return the relief at rest in IOD."""
    i, y = identity, grid.y
    edge = outline(i)
    middle, half = (edge[0, 1] + edge[-1, 1]) / 2, (edge[-1, 1] - edge[0, 1]) / 2
    u = np.minimum(np.abs(grid.x) / np.maximum(half_width(i, y), 0.05), 1)
    around = np.sqrt(np.maximum(1 - u**2.3, 0.0))
    along = np.sqrt(np.maximum(1 - np.abs((y - middle) / half) ** 2.8, 0.0))
    z = 0.90 * around * along
    # Forehead and temples, brow ridge, sockets, cheek bones, the hollows under them.
    z += 0.05 * bump(grid, 0, -0.75, 0.55, 0.30) - 0.05 * twins(grid, 1.02, -0.25, 0.14, 0.30)
    z += 0.055 * i.brow_ridge * twins(grid, 0.42, -0.28 + i.brow_height, 0.28, 0.085)
    z += 0.03 * i.brow_ridge * bump(grid, 0, -0.28, 0.14, 0.10)
    z -= 0.125 * twins(grid, 0.46, -0.02, 0.24, 0.13) + 0.07 * twins(grid, 0.20, -0.02, 0.08, 0.14)
    z += 0.085 * twins(grid, 0.50, 0.005, 0.19, 0.105)
    z -= 0.02 * twins(grid, 0.36, 0.24, 0.16, 0.06) * (0.6 + i.creases)
    z += 0.08 * i.cheeks * twins(grid, 0.68, 0.46, 0.25, 0.19)
    z -= 0.055 * (1.2 - 0.3 * i.cheeks) * twins(grid, 0.72, 0.98, 0.20, 0.26)
    z += _nose(i, grid)
    # The muzzle and its philtrum, the groove under the lip, the chin, the jaw's lower edge.
    z += 0.10 * bump(grid, 0, 1.08, 0.36, 0.24) - 0.022 * bump(grid, 0, 0.95, 0.045, 0.075)
    z += 0.012 * twins(grid, 0.075, 0.96, 0.03, 0.07)
    z -= 0.06 * bump(grid, 0, 1.42, 0.28, 0.060)
    z += 0.085 * bump(grid, 0, 1.66 * i.face_length, 0.24 * i.chin, 0.13)
    z += 0.03 * twins(grid, 0.75, 1.25, 0.12, 0.18) * (i.jaw - 0.6)
    z -= 0.05 * twins(grid, 0.50 * i.mouth_width, 1.16, 0.06, 0.08)
    pores = noise(grid.x * 130, y * 130, 0.9, 0.9) * 0.0005
    pores += noise(grid.x * 60, y * 60, 2.0, 2.0, 1) * 0.0003 * i.mottling
    return (blur(z, 0.012 * grid.scale) + pores).astype(np.float32)


def _nose(i: Identity, grid: Raster) -> np.ndarray:
    """Return the relief of the nose: bridge with side planes, tip, wings, columella."""
    y, wide, long = grid.y, i.nose_width, i.nose_length
    tip, base = 0.66 * long, 0.80 * long
    rise = np.clip((y + 0.14) / (tip + 0.14), 0, 1) ** 1.25
    # Seen from the front the nose ends in an arc, lowest at the columella.
    under = y + 1.3 * np.square(np.minimum(np.abs(grid.x), 0.3)) - np.float32(base)
    end = 1 - ramp(under, -0.10, 0.04)
    spread = 0.088 + 0.035 * np.clip(y / tip, 0, 1)
    # A flat back with steep flanks reads as a bridge; a Gaussian would look like a tent.
    bridge = 1 / (1 + (np.abs(grid.x) / (1.08 * spread * wide)) ** 2.7)
    z = (0.05 + 0.27 * rise) * i.nose_height * ramp(y, -0.42, -0.05) * end * bridge
    z += 0.095 * i.nose_tip * bump(grid, 0, tip + 0.005, 0.100 * wide, 0.085)
    z += 0.135 * twins(grid, 0.195 * wide, base - 0.085, 0.058 * wide, 0.066)
    z -= 0.030 * twins(grid, 0.275 * wide, base - 0.09, 0.025, 0.085)
    z -= 0.040 * twins(grid, 0.135 * wide, base - 0.125, 0.028, 0.05)
    z += 0.035 * bump(grid, 0, base - 0.01, 0.05 * wide, 0.05)
    return z


def _gloss(i: Identity, grid: Raster) -> np.ndarray:
    """Return the strength of the gloss: the T zone shines most."""
    oily = (
        0.5
        + 0.6 * bump(grid, 0, -0.7, 0.5, 0.3)
        + 0.3 * bump(grid, 0, 0.3, 0.10, 0.28)
        + 0.5 * bump(grid, 0, 0.62, 0.09, 0.09)
    )
    oily += 0.5 * twins(grid, 0.66, 0.38, 0.22, 0.15) + 0.3 * bump(grid, 0, 1.65, 0.2, 0.12)
    patches = 1 + 0.10 * noise(grid.x * 50, grid.y * 50, 1.2, 1.2, 2)
    return (i.gloss * oily * np.clip(patches, 0.3, 1.8)).astype(np.float32)


def _colour(i: Identity, grid: Raster) -> np.ndarray:
    """Return the skin's linear RGB without brows and beard."""
    shift = (i.seed % 97) * 5.0
    x, y = grid.x, grid.y
    blood = 0.8 * twins(grid, 0.62, 0.55, 0.26, 0.20) + 0.7 * bump(grid, 0, 0.66, 0.17, 0.14)
    blood += 0.4 * bump(grid, 0, 1.66, 0.2, 0.12) + 0.35 * twins(grid, 0.3, 0.75, 0.12, 0.12)
    blood += 0.10 * noise(x * 30 + shift, y * 30, 3.5, 3.5, 3) * i.mottling
    blood += 0.10 * noise(x * 12 + shift, y * 12, 3.5, 3.5, 3) * i.mottling
    blood *= i.redness * (1 - 0.55 * i.tone)
    shade = 1 + 0.016 * i.mottling * noise(x * 45, y * 45 + shift, 2.0, 2.0, 1)
    shade += 0.018 * i.mottling * noise(x * 120, y * 120 + shift, 0.9, 0.9)
    shade += 0.03 * noise(x * 8 + shift, y * 8, 3.5, 3.5, 3)
    shade -= (0.13 + 0.14 * i.creases) * twins(grid, 0.42, 0.15, 0.20, 0.085)
    shade -= 0.08 * twins(grid, 0.30, -0.06, 0.10, 0.12)
    shade += 0.05 * bump(grid, 0, -0.6, 0.6, 0.35) * (1 - i.tone)
    colour = linear(i.skin) * shade[..., None]
    colour *= 1 - blood[..., None] * np.array([0.03, 0.19, 0.17], np.float32)
    _paint_freckles(i, grid, colour)
    _paint_moles(i, grid, colour)
    return colour


def _paint_freckles(i: Identity, grid: Raster, colour: np.ndarray) -> None:
    if i.freckles < 0.1:
        return
    spots = np.clip(noise(grid.x * 70 + i.seed % 89, grid.y * 70, 1.3, 1.3, 4) - 1.0, 0, 1.5)
    where = bump(grid, 0, 0.42, 0.62, 0.26) + 0.3 * bump(grid, 0, -0.7, 0.6, 0.3)
    colour *= 1 - (spots * where * i.freckles)[..., None] * np.array([0.22, 0.34, 0.4], np.float32)


def _paint_moles(i: Identity, grid: Raster, colour: np.ndarray) -> None:
    r = generator(i.seed, "demo", 1)
    for _ in range(r.integers(0, 3)):
        x, y = r.uniform(-0.85, 0.85), r.uniform(-0.8, 1.6)
        size = r.uniform(0.010, 0.020)
        colour *= 1 - 0.6 * bump(grid, x, y, size, size)[..., None]


def _paint_brows(i: Identity, grid: Raster, colour: np.ndarray) -> None:
    """Draw the brows hair by hair."""
    r = generator(i.seed, "demo", 2)
    fine = 2
    canvas = np.zeros((grid.shape[0] * fine, grid.shape[1] * fine), np.uint8)
    n = int(330 * i.brow_thickness)
    for side in SIDES:
        line = brow(i, side)
        place = np.sort(r.uniform(0, 1, n)) ** 0.9
        index = place * (len(line) - 1)
        base = np.stack([np.interp(index, range(len(line)), v) for v in line.T], axis=1)
        thick = 0.045 * i.brow_thickness
        thick *= np.interp(place, [0, 0.12, 0.45, 0.75, 1], [0.75, 1, 0.95, 0.65, 0.15])
        spread = np.clip(r.normal(0, 0.45, n), -1, 1)
        base[:, 1] += thick * spread
        # Hairs stand up at the nose and lie down along the brow further out.
        angle = np.interp(place, [0, 0.25, 0.6, 1], [1.0, 0.45, 0.05, -0.32])
        # Those of the upper edge turn down and those of the lower edge up: they meet.
        angle = angle + 0.35 * spread + r.normal(0, 0.10, n)
        length = 0.065 * r.uniform(0.7, 1.2, n) * np.interp(place, [0, 0.2, 1], [0.7, 1, 0.8])
        tips = base + np.stack([side * np.cos(angle), -np.sin(angle)], 1) * length[:, None]
        for start, end in zip(_fixed(grid, base, fine), _fixed(grid, tips, fine), strict=True):
            width = max(1, round(0.009 * grid.scale * fine))
            cv2.line(canvas, start.tolist(), end.tolist(), 255, width, cv2.LINE_AA, SUBPIXEL)
    small = cv2.resize(canvas, grid.shape[::-1], interpolation=cv2.INTER_AREA)
    cover = small.astype(np.float32) / 255
    cover = np.clip(0.62 * cover + 0.42 * blur(cover, 0.022 * grid.scale), 0, 0.92)
    colour[..., :3] += (linear(i.brows) - colour[..., :3]) * cover[..., None]


def _fixed(grid: Raster, points: np.ndarray, fine: int = 1) -> np.ndarray:
    """Return points (IOD) as OpenCV's fixed-point pixels, on a raster `fine` times as fine."""
    pixels = (grid.pixels(points) + 0.5) * fine - 0.5
    return np.round(pixels * 2**SUBPIXEL).astype(np.int32)


def _paint_beard(i: Identity, grid: Raster, colour: np.ndarray) -> None:
    """Paint a man's shaven shadow, stubble or beard on the lower face."""
    if i.sex != "M":
        return
    area = _beard_area(i, grid)
    if i.beard in ("none", "stubble"):
        depth, rough = (0.40, 0.28) if i.beard == "stubble" else (0.13, 0.10)
        speckle = 1 + rough * noise(grid.x * 130, grid.y * 130, 0.9, 0.9)
        cover = np.clip(depth * area * speckle, 0, 0.8)
        hair = linear(np.minimum(i.skin, 150)) * np.array([0.30, 0.33, 0.36], np.float32)
        hair = np.broadcast_to(hair, (*grid.shape, 3))
    else:
        hairs = noise(grid.x * 100, grid.y * 55, 0.8, 2.4, 5)
        cover = np.clip(ramp(area, 0.20, 0.70) * (0.86 + 0.05 * hairs), 0, 0.93)
        hair = linear(i.brows) * np.exp(0.16 * hairs)[..., None]
    colour[..., :3] = mix(colour[..., :3], hair, cover)


def _beard_area(i: Identity, grid: Raster) -> np.ndarray:
    """Return where the beard of a man's kind grows, 0-1."""
    x, y = np.abs(grid.x), grid.y
    # The cheek line runs from the sideburn down to the corner of the mouth; the lips stay free.
    cheek_line = 1.02 - 0.42 * ramp(x, 0.45, 1.05)
    sides = ramp(y - cheek_line, -0.08, 0.18) * ramp(x, 0.36, 0.52)
    off_lips = ramp(np.hypot(x / 0.34, (y - 1.155) / 0.060), 0.70, 1.15)
    muzzle = inside(x - 0.46, 0.16) * ramp(y - 0.22 * x, 0.91, 0.99) * off_lips
    parts = {
        "moustache": (muzzle * inside(y - 1.06 - 0.8 * np.square(x), 0.12),),
        "goatee": (muzzle * inside(x - 0.47 + 0.25 * np.clip(y - 1.4, 0, 1), 0.12),),
    }.get(i.beard, (muzzle, sides))
    area = np.clip(sum(parts), 0, 1)
    return np.clip(area * (1 + 0.12 * noise(grid.x * 40, y * 40, 2.0, 2.0, 1)), 0, 1)


def swell(identity: Identity, pose: Pose, grid: Raster, relief: np.ndarray) -> None:
    """Raise what contracting muscles bunch up, in place: cheeks, lids' bags, brow, chin, nose."""
    z, a = relief[..., 0], pose.share
    cheek = 0.09 * a(6) + 0.09 * a(12) + 0.03 * a(9)
    if cheek > 0:
        z += cheek * twins(grid, 0.62, 0.46 - 0.06 * a(6), 0.20, 0.14)
        z -= 0.3 * cheek * twins(grid, 0.66, 0.98, 0.16, 0.18)
    if a(6) > 0:
        z += 0.035 * a(6) * twins(grid, 0.48, 0.125, 0.17, 0.032)
    if a(4) + a(9) > 0:
        z += 0.05 * a(4) * bump(grid, 0.0, -0.20, 0.17, 0.085)
        z += 0.03 * a(9) * bump(grid, 0.0, 0.02, 0.10, 0.09)
    if a(17) + a(15) > 0:
        z += (0.055 * a(17) + 0.02 * a(15)) * bump(grid, 0, 1.58, 0.20, 0.085)
        dimples = noise(grid.x * 36, grid.y * 36, 2.0, 2.0, 1)
        z += 0.010 * a(17) * dimples * bump(grid, 0, 1.60, 0.18, 0.10)


def creases(identity: Identity, pose: Pose, grid: Raster) -> tuple[np.ndarray, np.ndarray]:
    """Return the folds and the fine lines at rest coordinates: two float32 H x W, 0-1."""
    return tuple(_draw(identity, pose, grid, fold) for fold in (True, False))


def _draw(identity: Identity, pose: Pose, grid: Raster, fold: bool) -> np.ndarray:
    canvas = np.zeros(grid.shape, np.uint8)
    strokes = []
    share = 0.35 + 0.65 * identity.wrinkles if fold else identity.wrinkles
    for line in (line for line in LINES if line.fold == fold):
        for half, side in enumerate(SIDES):
            cut = sum(w * pose.shares[au][half] for au, w in line.cut_by.items())
            strength = min(share * min(cut, 1.1) + identity.creases * line.aged, 1)
            if strength > 0.03:
                strokes.append((strength, np.array(line.points) * [side, 1]))
    width = max(1, round((0.030 if fold else 0.016) * grid.scale))
    for strength, points in sorted(strokes, key=lambda stroke: stroke[0]):
        _stroke(canvas, grid, curve(points, 28), strength, width)
    values = canvas.astype(np.float32) / 255
    return blur(values, max((0.026 if fold else 0.012) * grid.scale, 0.6))


def _stroke(
    canvas: np.ndarray, grid: Raster, line: np.ndarray, strength: float, width: int
) -> None:
    """Draw a line that fades towards its ends, except where it meets its mirror image."""
    pixels = _fixed(grid, line)
    place = np.linspace(0, 1, len(line) - 1)
    fade = np.minimum(1, (1 - place) / 0.35)
    if abs(line[0, 0]) > 0.02:
        fade = np.minimum(fade, 0.25 + place / 0.25)
    for start, end, share in zip(pixels[:-1], pixels[1:], fade, strict=True):
        value = round(255 * strength * max(share, 0))
        cv2.line(canvas, start.tolist(), end.tolist(), value, width, cv2.LINE_AA, SUBPIXEL)
