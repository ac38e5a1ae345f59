"""Eyes and mouth: the parts that open, drawn on the moved face."""

import numpy as np

from facetds.demo.anatomy import Eye, Mouth, Pose
from facetds.demo.fields import Raster, bump, hump, inside, noise, ramp
from facetds.demo.identity import Identity
from facetds.demo.shading import Light, linear

SCLERA = np.array([226, 220, 216], np.float32)
TEETH = np.array([226, 216, 198], np.float32)
CAVITY = np.array([52, 18, 18], np.float32)
TONGUE = np.array([150, 72, 72], np.float32)
TOOTH_EDGES = (0.0, 0.135, 0.24, 0.345, 0.45)
"""Where the upper teeth meet, from the middle outwards (IOD)."""


def mouth_rows(mouth: Mouth, grid: Raster) -> dict[str, np.ndarray]:
    """Return the mouth's curves at the columns of a raster (1 x W each), and u and a fade."""
    x = grid.x[0]
    rows = {
        name: np.interp(x, mouth.x, getattr(mouth, name)).astype(np.float32)[None]
        for name in ("top", "upper", "lower", "bottom", "teeth", "lower_teeth")
    }
    u = (2 * (x - mouth.x[0]) / (mouth.x[-1] - mouth.x[0]) - 1).astype(np.float32)
    rows["u"] = u[None]
    rows["fade"] = inside((np.abs(u[None]) - 1) * 0.4, 0.03)
    return rows


def mouth_window(mouth: Mouth, grid: Raster) -> tuple[tuple[slice, slice], Raster]:
    """Return the part of a raster that the lips may touch."""
    margin = 0.16
    return grid.window(
        mouth.x[0] - margin,
        mouth.x[-1] + margin,
        min(mouth.top.min(), mouth.upper.min()) - margin,
        max(mouth.bottom.max(), mouth.lower.max()) + margin + 0.05,
    )


def shape_mouth(
    identity: Identity, mouth: Mouth, grid: Raster, colour: np.ndarray, relief: np.ndarray
) -> None:
    """Paint and raise the lips in place, before lighting."""
    part, local = mouth_window(mouth, grid)
    rows, y, aa = mouth_rows(mouth, local), local.y, 1.5 / local.scale
    soft = aa + 0.022
    upper_lip = inside(rows["top"] - y, soft) * inside(y - rows["upper"], aa)
    lower_lip = inside(rows["lower"] - y, aa) * inside(y - rows["bottom"], soft + 0.012)
    lips = np.clip(upper_lip + lower_lip, 0, 1) * rows["fade"]
    across = np.clip((y - rows["top"]) / np.maximum(rows["upper"] - rows["top"], 0.015), 0, 1)
    along = np.clip((y - rows["lower"]) / np.maximum(rows["bottom"] - rows["lower"], 0.015), 0, 1)
    z, gloss = relief[part][..., 0], relief[part][..., 1]
    body = 0.052 * np.sin(np.pi * across**0.8) * upper_lip
    body = body + 0.082 * np.clip(np.sin(np.pi * along**0.75), 0, 1) ** 0.8 * lower_lip
    z += body * rows["fade"] * (1 - 0.6 * rows["u"] ** 2)
    z -= 0.055 * hump(y, rows["bottom"] + 0.06, 0.04) * np.clip(1 - 1.4 * rows["u"] ** 2, 0, 1)
    for end in (0, -1):
        z -= 0.030 * bump(local, mouth.x[end] * 1.04, mouth.upper[end], 0.045, 0.05)
    grooves = 1 + 0.05 * noise(local.x * 90, y * 20, 0.9, 2.4, 5)
    tint = linear(identity.lips) * np.array([1, 0.94, 0.95], np.float32)
    shade = grooves * (1 - 0.16 * upper_lip)
    share = ((0.86 if identity.sex == "F" else 0.78) * lips)[..., None]
    colour[part][..., :3] += (tint * shade[..., None] - colour[part][..., :3]) * share
    gloss += lips * (0.5 - gloss + 0.8 * lower_lip)


def open_mouth(mouth: Mouth, grid: Raster, image: np.ndarray, light: Light) -> None:
    """Draw what lies between the lips in place: teeth and cavity, or the line they meet in."""
    part, local = mouth_window(mouth, grid)
    rows, x, y, aa = mouth_rows(mouth, local), local.x, local.y, 1.5 / local.scale
    gap = np.clip((rows["lower"] - rows["upper"]) / aa, 0, 1) * rows["fade"]
    opening = inside(rows["upper"] - y, aa) * inside(y - rows["lower"], aa) * gap
    inner = np.broadcast_to(linear(CAVITY), (*local.shape, 3))
    depth = ramp(y, rows["upper"], rows["lower"] + 0.02)
    tongue = depth * hump(x, 0, 0.2) * 0.7
    inner = inner + (linear(TONGUE) * 0.55 - inner) * tongue[..., None]
    seams = sum(hump(np.abs(x), edge, 0.006 + 0.25 * aa) for edge in TOOTH_EDGES)
    bright = (1 - 0.30 * seams) * (0.40 + 0.60 * hump(x, 0, 0.30))
    bright = bright * (1 - 0.45 * hump(y, rows["upper"], 0.035))
    scallop = 0.008 * np.abs(np.sin(np.pi * x / 0.125))
    upper_teeth = inside(y - rows["teeth"] - scallop + 0.008, aa)
    lower_teeth = inside(rows["lower_teeth"] - y, aa) * 0.75
    white = linear(TEETH) * (light.ambient * 0.5 + 0.42)
    for teeth in (lower_teeth, upper_teeth):
        inner = inner + (white * bright[..., None] - inner) * teeth[..., None]
    target = image[part]
    target += (inner - target) * opening[..., None]
    # Closed lips meet in a soft dark line, thinner and paler towards the corners.
    middle = (rows["upper"] + rows["lower"]) / 2
    thin = (0.011 + 0.004 * (1 - rows["u"] ** 2)) + 0.25 * aa
    line = hump(y, middle, thin) * rows["fade"] * (1 - 0.45 * rows["u"] ** 4) * (1 - gap)
    target *= 1 - line[..., None] * np.array([0.66, 0.80, 0.80], np.float32)
    edge = hump(y, rows["upper"], 0.012 + 0.3 * aa) * rows["fade"] * gap
    target *= 1 - 0.45 * edge[..., None]
    for end in (0, -1):
        pit = bump(local, mouth.x[end], mouth.upper[end], 0.020, 0.016)
        target *= 1 - 0.42 * pit[..., None]


def draw_nostrils(identity: Identity, moved: np.ndarray, grid: Raster, image: np.ndarray) -> None:
    """Darken the nostrils, the wings' creases and the shadow under the nose, in place.

    `moved` holds where the nostrils and the wings' creases lie now: 4 x 2.
    """
    part, local = grid.window(-0.55, 0.55, 0.35, 1.10)
    wide = identity.nose_width
    dark = np.zeros(local.shape, np.float32)
    for (x, y), slope in zip(moved[:2], (1, -1), strict=True):
        tilted = local.y - np.float32(y) + slope * 0.30 * (local.x - np.float32(x))
        spot = hump(local.x, x, 0.046 * wide) * hump(tilted, 0, 0.021)
        dark = np.maximum(dark, np.clip(1.2 * spot, 0, 1))
    target = image[part]
    target *= 1 - dark[..., None] * np.array([0.80, 0.88, 0.88], np.float32)
    shade = np.zeros(local.shape, np.float32)
    for x, y in moved[2:]:
        bend = local.x - np.float32(x) + np.sign(x) * 1.6 * np.square(local.y - np.float32(y))
        shade += 0.30 * hump(bend, 0, 0.020) * hump(local.y, y, 0.055)
    y = moved[:2, 1].mean()
    shade += 0.22 * bump(local, 0, y + 0.055, 0.17 * wide, 0.035)
    target *= 1 - shade[..., None] * np.array([0.85, 1, 1], np.float32)


def draw_eyes(
    identity: Identity, pose: Pose, grid: Raster, image: np.ndarray, light: Light
) -> None:
    """Draw eyeballs, lids' edges, lashes and creases, in place."""
    for eye in pose.eyes:
        part, local = grid.window(eye.x - 0.42, eye.x + 0.42, eye.y - 0.30, eye.y + 0.26)
        _draw_eye(identity, pose, eye, local, image[part], light)


def _draw_eye(
    identity: Identity, pose: Pose, eye: Eye, grid: Raster, image: np.ndarray, light: Light
) -> None:
    y, aa = grid.y, 1.5 / grid.scale
    t = (grid.x - np.float32(eye.x)) / np.float32(eye.half_width)
    upper, lower = eye.lids(np.clip(t, -1, 1))
    ends = inside((np.abs(t) - 1) * eye.half_width, 2 * aa)
    closed = 1 - np.clip((lower - upper) / (1.5 * aa), 0, 1)
    _draw_lid(identity, pose, eye, grid, image, upper)
    ball = _eyeball(identity, pose, eye, grid, light, upper)
    opening = inside(upper - y, aa) * inside(y - lower, aa) * ends * (1 - closed)
    image += (ball - image) * opening[..., None]
    # Waterline, then lashes: the upper lid's are dark and thicker towards the temple.
    water = hump(y, lower + 0.004, 0.009 + 0.25 * aa) * ends * (1 - closed)
    pale = linear(np.array(identity.skin) * [0.96, 0.80, 0.78])
    image += (pale - image) * (0.40 * water)[..., None]
    outer = np.clip(0.55 + 0.45 * t * eye.side, 0, 1)
    thick = (0.010 + 0.013 * identity.lashes * outer) * inside((np.abs(t) - 1.03) * 0.2, 0.03)
    band = np.abs(y - upper + 0.25 * thick) - 0.5 * thick
    edge = np.exp(-0.5 * np.square(np.clip(band, 0, None) / (0.007 + 0.25 * aa)))
    edge = edge * inside((np.abs(t) - 1.05) * 0.2, 0.05)
    image *= 1 - (edge * (0.58 + 0.22 * min(identity.lashes, 1.2)))[..., None]
    _draw_lashes(identity, eye, grid, image, t, upper)
    under = hump(y, lower + 0.014, 0.008 + 0.25 * aa) * inside((np.abs(t) - 0.95) * 0.2, 0.06)
    image *= 1 - (under * (0.20 + 0.14 * identity.lashes * outer))[..., None]


def _draw_lid(
    identity: Identity, pose: Pose, eye: Eye, grid: Raster, image: np.ndarray, upper: np.ndarray
) -> None:
    """Shade the upper lid: a crease over it, and the hollow between crease and brow."""
    y, aa = grid.y, 1.5 / grid.scale
    t = (grid.x - np.float32(eye.x)) / np.float32(eye.half_width)
    raised = pose.share(5) - 0.5 * pose.share(4) - 0.4 * pose.share(6)
    # A wide open or a hooded eye shows less of its lid.
    lid = (0.058 - 0.026 * abs(raised)) * (1 - 0.25 * t * eye.side)
    crease = upper - lid * np.clip(1.12 - 0.35 * t * t, 0.2, None)
    reach = inside((np.abs(t + 0.06 * eye.side) - 1.08) * 0.2, 0.10)
    line = hump(y, crease, 0.011 + 0.25 * aa) * reach
    soft = np.where(y < crease, hump(y, crease, 0.050), hump(y, crease, 0.014)) * reach
    image *= 1 - (0.44 * identity.lid_crease * line)[..., None]
    image *= 1 - (0.17 * soft)[..., None] * np.array([0.8, 1, 1], np.float32)
    shine = hump(y, (crease + upper) / 2, 0.016) * reach * inside((np.abs(t) - 0.7) * 0.2, 0.08)
    image *= 1 + (0.10 * shine * min(identity.lid_crease, 1))[..., None]


def _eyeball(
    identity: Identity, pose: Pose, eye: Eye, grid: Raster, light: Light, upper: np.ndarray
) -> np.ndarray:
    """Return the linear RGB of sclera, iris, pupil and catch-light; `upper` is the lid's edge."""
    y, aa = grid.y, 1.5 / grid.scale
    x = grid.x - np.float32(eye.x)
    radius = identity.iris_radius
    ix, iy = 0.060 * pose.gaze[0], eye.y - 0.014 + 0.035 * pose.gaze[1]
    away = np.hypot(x - np.float32(ix), y - np.float32(iy))
    angle = np.arctan2(y - np.float32(iy), x - np.float32(ix))
    round_ = 1 - 0.42 * np.square(x / 0.24) - 0.25 * np.square((y - eye.y) / 0.16)
    ball = linear(SCLERA) * np.clip(round_, 0.25, 1)[..., None]
    spokes = noise(angle * 14, away * 60, 0.9, 2.4, 5)
    ring = ramp(away, 0.74 * radius, 1.02 * radius)
    glow = 1 + 0.22 * spokes + 0.55 * ramp(y - np.float32(iy), -0.02, 0.08) - 0.70 * ring
    iris = linear(identity.iris) * np.clip(glow, 0.12, 2.2)[..., None]
    cover = inside(away - radius, 1.6 * aa)
    ball = ball + (iris - ball) * cover[..., None]
    ball = ball * (1 - 0.96 * inside(away - 0.40 * radius, 1.4 * aa))[..., None]
    # The upper lid and its lashes throw a shadow on the ball.
    ball = ball * (1 - 0.62 * np.exp(-np.clip(y - upper, 0, None) / 0.032))[..., None]
    ball = ball * (0.42 + 0.52 * light.ambient)
    duct = bump(
        grid,
        eye.x - eye.side * 0.93 * eye.half_width,
        eye.y + eye.tilt * 0.9 + 0.006,
        0.030,
        0.024,
    )
    ball = ball + (linear((196, 122, 114)) * 0.6 - ball) * np.clip(duct, 0, 0.8)[..., None]
    glint = ix + 0.035 * float(np.sign(light.direction[0])), iy - 0.038
    spot = inside(np.hypot(x - glint[0], y - np.float32(glint[1])) - 0.016, 1.6 * aa)
    return ball + (0.92 - ball) * spot[..., None]


def _draw_lashes(
    identity: Identity, eye: Eye, grid: Raster, image: np.ndarray, t: np.ndarray, upper: np.ndarray
) -> None:
    """Draw a fringe of upper lashes, longer towards the temple, for those who show any."""
    if identity.lashes < 0.5:
        return
    reach = 0.018 + 0.030 * np.clip(t * eye.side + 0.3, 0, 1.3)
    up = np.clip((upper - grid.y) / reach, -0.5, 1.5)
    comb = 0.5 + 0.5 * np.cos(2 * np.pi * (t * 9 - 0.8 * up * eye.side))
    fringe = inside((up - 0.9) * 0.1, 0.04) * inside(-up * 0.1, 0.02) * comb
    fringe = fringe * inside((np.abs(t) - 1.02) * 0.2, 0.05)
    image *= (
        1 - (0.5 * min(identity.lashes, 1.2) * fringe * (1 - 0.7 * np.clip(up, 0, 1)))[..., None]
    )
