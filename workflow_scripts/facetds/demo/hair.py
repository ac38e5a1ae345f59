"""Hair: a shell round the head whose strands fall along its meridians, in a dozen styles."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from facetds.demo.anatomy import outline
from facetds.demo.fields import Raster, hump, inside, noise, ramp, raster
from facetds.demo.identity import Identity
from facetds.demo.shading import Light, linear, lit_cloth

CENTRE = -0.25
"""Height of the pole of the hair's polar coordinates."""


@dataclass(frozen=True)
class Style:
    """How a style differs: heights and widths in IOD, shares 0-1."""

    volume: float
    """How far the hair stands off the crown."""
    sides: float
    """How far it stands off the temples."""
    ends: float
    """Height where the hair at the sides ends (y, down)."""
    fringe: float = 0.0
    """How far a fringe hangs down from the hairline."""
    curtain: bool = False
    """Whether hair falls over the sides of the face and the shoulders."""
    ragged: float = 0.04
    """Roughness of the hairline."""
    bumpy: float = 0.02
    """Roughness of the outline."""
    roots: float = 0.40
    """How dark the hair is at its roots; hair brushed back shows none of it."""
    contrast: float = 0.20
    """Differences in brightness between strands."""
    grain: str = "strands"
    cover: float = 1.0


STYLES = {
    "bald": Style(
        0.0,
        0.0,
        0.30,
        ragged=0.10,
        bumpy=0.0,
        grain="stubble",
        roots=0.0,
        contrast=0.16,
        cover=0.30,
    ),
    "buzz": Style(
        0.0,
        0.0,
        0.22,
        ragged=0.05,
        bumpy=0.005,
        grain="stubble",
        roots=0.0,
        contrast=0.16,
        cover=0.88,
    ),
    "short": Style(0.13, 0.045, 0.22, ragged=0.09, bumpy=0.030),
    "swept": Style(0.22, 0.06, 0.22, ragged=0.07, bumpy=0.035, roots=0.15),
    "fringe": Style(0.17, 0.09, 0.25, fringe=0.30, ragged=0.12, bumpy=0.035),
    "curly": Style(
        0.24, 0.17, 0.20, fringe=0.05, ragged=0.10, bumpy=0.050, grain="curls", contrast=0.32
    ),
    "afro": Style(0.44, 0.36, 0.45, ragged=0.07, bumpy=0.05, grain="curls", contrast=0.32),
    "bob": Style(0.18, 0.18, 1.40, curtain=True, ragged=0.04),
    "medium": Style(0.17, 0.15, 2.15, curtain=True, ragged=0.04),
    "long": Style(0.15, 0.13, 3.60, curtain=True, ragged=0.04),
    "wavy": Style(0.20, 0.20, 3.10, curtain=True, ragged=0.05, bumpy=0.015),
    "tied": Style(0.07, 0.03, 0.12, ragged=0.07, bumpy=0.008, roots=0.0, contrast=0.11),
}


@dataclass(frozen=True)
class Hair:
    """A head of hair on its raster: linear colour at unit light, normals, and two covers."""

    grid: Raster
    colour: np.ndarray
    normals: np.ndarray
    front: np.ndarray
    """Cover of the hair in front of the head (and of the shoulders), H x W."""
    back: np.ndarray
    """Cover of the hair behind the neck, H x W."""


def has_fringe(identity: Identity) -> bool:
    """Return whether hair hangs over the forehead."""
    style = STYLES[identity.hair_style]
    return style.fringe > 0 or (style.curtain and identity.curl > 0.7)


def has_bun(identity: Identity) -> bool:
    """Return whether the hair is tied into a bun that shows above the head."""
    return identity.hair_style == "tied" and identity.curl > 0.65


def extent(identity: Identity) -> tuple[float, float, float, float]:
    """Return the rectangle (left, right, top, bottom) that head and hair may touch."""
    style = STYLES[identity.hair_style]
    side = 1.62 + 1.15 * style.sides * identity.hair_volume
    top = -2.05 - 1.2 * style.volume * identity.hair_volume - 0.40 * has_bun(identity)
    return -side, side, top, max(2.22, style.ends + 0.25)


@lru_cache(maxsize=8)
def hair_at_rest(identity: Identity, scale: float) -> Hair:
    """Return a person's hair with `scale` pixels per IOD."""
    grid = raster(*extent(identity), scale)
    style = STYLES[identity.hair_style]
    strand, width = _strands(identity, style, grid)
    grain, clump = _grain(identity, style, grid, strand)
    front, root = _front(identity, style, grid, clump)
    back = _back(identity, style, grid, width, clump)
    colour = _colour(identity, style, grid, strand, grain, root)
    nx = np.clip(strand, -1, 1) * np.float32(0.80)
    ny = np.clip((grid.y + 0.55) / 1.9, -0.75, 0.0) + 0 * grid.x
    result = Hair(grid, colour, np.stack([nx, ny], axis=-1), front, back)
    for values in (result.colour, result.normals, result.front, result.back):
        values.setflags(write=False)
    return result


def light_hair(hair: Hair, light: Light) -> np.ndarray:
    """Return linear RGB of the hair under a light."""
    ones = np.ones(3, np.float32)
    lit = lit_cloth(ones, hair.normals[..., 0], hair.normals[..., 1], light)
    return hair.colour * lit


def _strands(identity: Identity, style: Style, grid: Raster) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of the strand at each point (-1..1 across) and the hair's half width.

    Strands run from a pole on the crown down the meridians of the head, so that they fan out over
    the skull and hang down beside the face.
    """
    top = outline(identity)[0, 1] - style.volume * identity.hair_volume
    widest = 1.16 * identity.face_width + style.sides * identity.hair_volume
    low = np.float32(-0.15)
    round_ = np.clip((grid.y - np.float32(top)) / (low - np.float32(top)), 0, 1)
    width = np.float32(widest) * np.sqrt(np.maximum(1 - np.square(1 - round_), 0.03))
    width = width * (1 + 0.05 * ramp(grid.y, 0.0, 2.0) * (style.curtain > 0))
    pole = np.float32(identity.part) * (1 - np.square(round_)) * 0.9
    strand = (grid.x - pole) / np.maximum(width, 0.05)
    if identity.hair_style in ("swept", "fringe"):
        # Brushed to one side: strands cross the head instead of parting.
        strand = strand + np.sign(identity.part or 1) * 0.55 * (1 - round_) * (1 - strand**2)
    if identity.hair_style == "wavy":
        strand = strand + 0.035 * np.sin(grid.y * (5 + 2 * identity.curl) + 5 * np.abs(strand))
    return np.clip(strand, -1.4, 1.4).astype(np.float32), width


def _grain(
    identity: Identity, style: Style, grid: Raster, strand: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the brightness of strands and the shape of locks, both as unit noise."""
    shift = (identity.seed % 83) * 6.0
    x, y = grid.x, grid.y
    if style.grain == "stubble":
        grain = 0.8 * noise(x * 160 + shift, y * 160, 0.8, 0.8)
        return grain, noise(x * 30 + shift, y * 30, 2.0, 2.0, 1)
    if style.grain == "curls":
        bend_x = 6 * noise(x * 18 + shift, y * 18, 2.0, 2.0, 1)
        bend_y = 6 * noise(x * 18, y * 18 + shift, 2.0, 2.0, 2)
        coarse = 1.0 if identity.hair_style == "curly" else 1.7
        curls = noise(x * 34 * coarse + bend_x, y * 34 * coarse + bend_y, 2.0, 2.0, 3)
        fine = noise(x * 110 + bend_x, y * 110 + bend_y, 0.9, 0.9)
        return 0.75 * curls + 0.5 * fine, np.clip(curls, -1.3, 1.3)
    bend = 0.012 * noise(x * 20 + shift, y * 14, 2.0, 2.0, 1)
    s = strand + bend
    # Short hair shows its ends everywhere, so that its streaks are short.
    stretch = 1.0 if style.curtain or identity.hair_style == "tied" else 2.6
    fine = noise(s * 150 + shift, y * (9 * stretch), 0.8, 2.4, 5)
    middle = noise(s * 55 + shift, y * (6 * stretch) + shift, 0.9, 2.4, 6)
    locks = noise(s * 17 + shift, y * (4 * stretch), 0.9, 2.4, 7)
    return 0.55 * fine + 0.6 * middle + 0.55 * locks, np.clip(
        0.65 * locks + 0.5 * middle, -1.6, 1.6
    )


def _front(
    identity: Identity, style: Style, grid: Raster, clump: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the front hair's cover, and how far each point lies behind the hairline (IOD)."""
    x, y = grid.x, grid.y
    radius = np.hypot(x, y - np.float32(CENTRE))
    angle = np.degrees(np.arctan2(np.abs(x), np.float32(CENTRE) - y)).astype(np.float32)
    inner = _hairline(identity, style, angle, np.sign(x) * np.sign(identity.part or 1))
    outer = _outline(identity, style, angle)
    if style.volume:
        # Hair that stands off the head covers its edge, however ragged its line.
        inner = np.minimum(inner, _skull(identity, angle) - 0.06)
    # Strands leave the crown together: the outline is smooth there.
    bumpy = style.bumpy * (1 if style.grain == "curls" else ramp(angle, 4, 30))
    root = radius - inner + style.ragged * (0.5 * clump - 0.1)
    cap = inside(-root, 0.05 + 0.5 * style.ragged)
    cap = cap * inside(radius - outer - bumpy * (clump - 0.4), 0.035 + 0.4 * style.bumpy)
    ends = np.float32(0.4 if style.curtain else style.ends)
    cap = cap * inside(y - ends - 0.03 * clump, 0.14)
    if style.curtain:
        curtain = _curtain(identity, style, grid, clump)
        root = np.where(curtain > cap, 0.25, root)
        cap = np.maximum(cap, curtain)
    if has_bun(identity):
        bun = np.hypot(x / 0.38, (y - np.float32(outline(identity)[0, 1] - 0.12)) / 0.27) - 1
        bun = inside(bun * 0.3 - 0.012 * clump, 0.05)
        root = np.where(bun > cap, 0.25, root)
        cap = np.maximum(cap, bun)
    return (cap * style.cover).astype(np.float32), root


def _hairline(
    identity: Identity, style: Style, angle: np.ndarray, towards_part: np.ndarray
) -> np.ndarray:
    """Return the distance of the hairline from the pole at angles (degrees from straight up)."""
    wide = identity.face_width
    stops = [0, 20, 38, 54, 70, 84, 100, 118, 150]
    radii = [0.84, 0.855, 0.925, 1.03, 1.045 * wide, 1.065 * wide, 1.10 * wide, 1.20 * wide, 1.6]
    line = np.interp(angle, stops, radii).astype(np.float32) - np.float32(identity.hairline)
    line += np.float32(0.42 * identity.receding) * hump(angle, 30, 13)
    line += np.float32(0.14 * identity.receding) * hump(angle, 0, 16)
    if identity.hair_style == "bald":
        line += np.float32(0.85) * (1 - ramp(angle, 55, 88))
    if style.curtain and not has_fringe(identity):
        # Parted hair leaves the middle of the forehead free and falls over the temples.
        falls = np.interp(
            angle, [0, 18, 40, 62, 84, 110, 150], [0.96, 0.92, 0.95, 0.97, 0.98, 1.08, 1.6]
        )
        line = falls.astype(np.float32) - np.float32(identity.hairline)
        line -= 0.06 * towards_part * hump(angle, 30, 18)
    if identity.hair_style == "tied":
        line += 0.06 * (1 - ramp(angle, 20, 75))
    if has_fringe(identity):
        sweep = 1 - 0.25 * towards_part * ramp(angle, 0, 30)
        line -= np.float32(style.fringe or 0.26) * sweep * (1 - ramp(angle, 34, 62))
    return line


def _skull(identity: Identity, angle: np.ndarray) -> np.ndarray:
    """Return the distance of the head's outline from the pole."""
    x, y = outline(identity).T
    around = np.degrees(np.arctan2(x, CENTRE - y))
    return np.interp(angle, around, np.hypot(x, y - CENTRE)).astype(np.float32)


def _outline(identity: Identity, style: Style, angle: np.ndarray) -> np.ndarray:
    """Return the distance of the hair's outer edge from the pole."""
    share = ramp(angle, 15, 85)
    lift = style.volume * (1 - share) + style.sides * share
    rim = 0.012 * (style.volume > 0)
    return _skull(identity, angle) + np.float32(identity.hair_volume) * lift + np.float32(rim)


def _curtain(identity: Identity, style: Style, grid: Raster, clump: np.ndarray) -> np.ndarray:
    """Return the cover of the hair that hangs beside the face."""
    x, y = np.abs(grid.x), grid.y
    wide = 1.13 * identity.face_width
    outer = wide + style.sides * identity.hair_volume + 0.10 * ramp(y, 0.2, 2.4)
    inner = wide - 0.13 + 0.10 * ramp(y, 0.4, 1.6) - 0.22 * ramp(y, 1.7, 2.6) * (style.ends > 2)
    inner = inner - 0.10 * ramp(-y, 0.2, 0.9)
    ends = np.float32(style.ends) + 0.10 * clump
    cover = inside(inner - x + 0.035 * clump, 0.05)
    cover = cover * inside(x - outer - (0.015 + 0.8 * style.bumpy) * clump, 0.05)
    return cover * inside(y - ends, 0.16) * ramp(y, -0.9, -0.5)


def _back(
    identity: Identity, style: Style, grid: Raster, width: np.ndarray, clump: np.ndarray
) -> np.ndarray:
    """Return the cover of the hair that shows behind the neck."""
    if not style.curtain:
        return np.zeros(grid.shape, np.float32)
    ends = np.float32(min(style.ends, 2.6)) + 0.08 * clump
    return (
        inside(np.abs(grid.x) - width * 0.97, 0.06)
        * inside(grid.y - ends, 0.16)
        * ramp(grid.y, -1.4, -1.1)
    )


def _colour(
    identity: Identity,
    style: Style,
    grid: Raster,
    strand: np.ndarray,
    grain: np.ndarray,
    root: np.ndarray,
) -> np.ndarray:
    """Return the linear RGB of the hair at unit light: strands, depth, and the band of shine."""
    base = linear(identity.hair)
    light = np.exp(style.contrast * np.clip(grain, -2.2, 2.2))
    # Hair is dark at its roots and inside, where the next lock shades it.
    light *= 1 - style.roots * (1 - ramp(root, -0.02, 0.24))
    if style.curtain:
        light *= 1 - 0.30 * ramp(grid.y, 0.6, 1.8) * inside(np.abs(strand) - 0.85, 0.3)
    colour = base * light[..., None]
    if style.grain == "strands":
        place = -1.30 + 0.42 * np.square(strand) + 0.05 * grain
        shine = 0.55 * hump(grid.y - place, 0, 0.15)
        if style.curtain:
            shine += 0.28 * hump(np.abs(strand), 0.86, 0.09) * hump(grid.y, 1.1, 0.7)
        tint = 0.10 + 1.1 * base
        colour = colour + (shine * np.clip(0.55 + 0.5 * grain, 0, 1.6))[..., None] * tint * 0.55
    return colour.astype(np.float32)
