"""A drawn face: a person (`identity`), Action Units and a scene in, pixels and landmarks out.

The head is drawn unturned on a raster of its own, where everything is separable in x and y; the
result is then turned, tilted and put before the body by one warp. It is a drawing, not a person:
numbers that come from it say nothing about real faces.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from facetds.demo import anatomy, body, features, hair, skin
from facetds.demo.fields import Raster, blur, raster
from facetds.demo.identity import Identity
from facetds.demo.shading import Light, light_of, lit_skin
from facetds.errors import FacetdsError
from facetds.randomness import generator

LADDER = tuple(16 * 2 ** (step / 4) for step in range(22))
"""Scales (pixels per IOD) that heads are drawn at, so that frames of a video share their layers."""

BODY_TOP, BODY_SHARE = 0.8, 0.25


@dataclass(frozen=True)
class Scene:
    """The picture taken: frame, place and pose of the face, light and camera."""

    height: int = 611
    width: int = 430
    iod: float = 75.0
    """Inter-ocular distance in pixels."""
    center: tuple[float, float] = (0.5, 0.43)
    """Where the point between the eyes lies, as fractions of width and height."""
    yaw: float = 0.0
    """Degrees; positive turns the nose to the image's right."""
    pitch: float = 0.0
    """Degrees; positive lowers the nose."""
    roll: float = 0.0
    """Degrees; positive turns the head clockwise in the image."""
    background: tuple[float, float, float] = (232.0, 232.0, 234.0)
    light: tuple[float, float, float] = (-0.30, -0.45, 0.85)
    """Direction towards the key light: x right, y down, z to the camera."""
    ambient: float = 0.5
    """Share of ambient light, 0-1: 0.5 is a studio; under 0.3 side light hides mouth corners."""
    gain: float = 1.0
    """Exposure: factor on the drawn grey levels."""
    temperature: float = 0.0
    """Colour temperature: 1 is 6 % more red and 6 % less blue."""
    noise: float = 1.5
    """Standard deviation of the sensor's noise in grey levels."""
    blink: float = 0.0
    """0: open, 1: closed."""
    gaze: tuple[float, float] = (0.0, 0.0)
    """Right and down, -1..1."""
    shirt: tuple[float, float, float] | None = None
    """sRGB of the shirt; None: the person's own."""


@dataclass(frozen=True)
class Rendering:
    """A drawn picture: pixels uint8 H x W x 3 (RGB), landmarks float32 68 x 2 (pixels; iBUG)."""

    pixels: np.ndarray
    landmarks: np.ndarray


def render(
    identity: Identity, intensities: Mapping[int, float], scene: Scene, seed: int
) -> Rendering:
    """Draw a person showing Action Units.

    `intensities` maps AUs (of `facetds.aus.DISFA_AUS`; missing: 0) to 0-5, FACS A-E being 1-5.
    `seed` decides the sensor's noise only. Pixel centres lie at whole numbers. The same arguments
    give the same bytes whatever the threads and whatever was drawn before.

    Raises `FacetdsError` for an AU that is not drawn, or values out of range.
    """
    _check(scene)
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        return _render(identity, intensities, scene, seed)
    finally:
        cv2.setNumThreads(threads)


def _check(scene: Scene) -> None:
    if min(scene.height, scene.width) < 16 or not 4 <= scene.iod <= 700:
        raise FacetdsError(
            f"A drawn picture of {scene.height} x {scene.width} pixels with {scene.iod} pixels "
            "between the eyes is out of range; at least 16 x 16 and 4..700."
        )
    if not (abs(scene.yaw) <= 25 and abs(scene.pitch) <= 20):
        raise FacetdsError("Drawn faces turn by at most 25 (yaw) and 20 (pitch) degrees.")


def _render(
    identity: Identity, intensities: Mapping[int, float], scene: Scene, seed: int
) -> Rendering:
    pose = anatomy.pose_of(identity, intensities, scene.blink, scene.gaze)
    scale = next((s for s in LADDER if s >= 1.05 * scene.iod), LADDER[-1])
    light = light_of(scene.light, scene.ambient)
    head, behind = _head(identity, pose, scale, light)
    image = body.backdrop((scene.height, scene.width), scene.background)
    maps = _warp(identity, head.grid, scene)
    window, columns, rows = maps
    if behind is not None:
        layer = cv2.remap(behind, columns, rows, cv2.INTER_LINEAR, borderValue=(0, 0, 0, 0))
        _cover(image[window], layer)
    _put_body(identity, scene, image, light, pose)
    layer = cv2.remap(head.layer, columns, rows, cv2.INTER_LINEAR, borderValue=(0, 0, 0, 0))
    _cover(image[window], layer)
    points = _project(identity, anatomy.landmarks(identity, pose), scene)
    return Rendering(_expose(image, scene, seed), points.astype(np.float32))


@dataclass(frozen=True)
class _Head:
    """The unturned head: float32 H x W x 4, linear RGB times cover, and cover."""

    grid: Raster
    layer: np.ndarray


def _head(
    identity: Identity, pose: anatomy.Pose, scale: float, light: Light
) -> tuple[_Head, np.ndarray | None]:
    """Return the head with its hair, and the layer of hair behind the neck, if any."""
    strands = hair.hair_at_rest(identity, scale)
    grid = strands.grid
    image = np.zeros((*grid.shape, 3), np.float32)
    cover = np.zeros(grid.shape, np.float32)
    body.draw_ears(identity, grid, image, cover, light)
    face, at_rest, face_cover = _face(identity, pose, scale, light)
    row = round((at_rest.y[0, 0] - grid.y[0, 0]) * scale)
    column = round((at_rest.x[0, 0] - grid.x[0, 0]) * scale)
    part = (
        slice(row, row + at_rest.shape[0]),
        slice(column, column + at_rest.shape[1]),
    )
    shade = _hair_shadow(strands.front[part], scale)
    face *= shade[..., None]
    image *= cover[..., None]
    image[part] += (face - image[part]) * face_cover[..., None]
    cover[part] += (1 - cover[part]) * face_cover
    lit = hair.light_hair(strands, light)
    image += (lit - image) * strands.front[..., None]
    cover += (1 - cover) * strands.front
    layer = np.dstack([image, cover])
    behind = None
    if strands.back.any():
        behind = np.dstack([lit * (0.5 * strands.back)[..., None], strands.back])
    return _Head(grid, layer), behind


def _hair_shadow(front: np.ndarray, scale: float) -> np.ndarray:
    """Return the light that the hair leaves to the skin beneath and under it."""
    down = max(round(0.06 * scale), 1)
    fallen = np.roll(front, down, axis=0)
    fallen[:down] = 0
    return 1 - 0.42 * blur(fallen, 0.07 * scale)


def _face(
    identity: Identity, pose: anatomy.Pose, scale: float, light: Light
) -> tuple[np.ndarray, Raster, np.ndarray]:
    """Return the lit face without hair (linear RGB), its raster and its cover."""
    rest = skin.skin_at_rest(identity, scale)
    grid = rest.grid
    folds, lines = skin.creases(identity, pose, grid)
    relief = rest.relief.copy()
    colour = rest.colour.copy()
    relief[..., 0] -= 0.030 * folds + 0.014 * lines
    dark = 0.30 * folds + 0.26 * lines
    colour[..., :3] *= 1 - dark[..., None] * np.array([0.75, 1.0, 1.0], np.float32)
    source = anatomy.deformation(pose, grid)
    if source is not None:
        columns = np.ascontiguousarray((source[..., 0] - grid.x[0, 0]) * np.float32(scale))
        rows = np.ascontiguousarray((source[..., 1] - grid.y[0, 0]) * np.float32(scale))
        options = {"interpolation": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_REPLICATE}
        colour = cv2.remap(colour, columns, rows, **options)
        relief = cv2.remap(relief, columns, rows, **options)
    # remap rounds places to 1/32 pixel: without this the normals of moved skin show a grid.
    relief[..., 0] = blur(np.ascontiguousarray(relief[..., 0]), 0.8)
    skin.swell(identity, pose, grid, relief)
    features.shape_mouth(identity, pose.mouth, grid, colour, relief)
    lit = lit_skin(colour[..., :3], relief[..., 0], relief[..., 1], scale, light)
    nose = np.array([(-0.112, 0.775), (0.112, 0.775), (-0.268, 0.70), (0.268, 0.70)])
    nose = anatomy.move(pose, nose * [identity.nose_width, identity.nose_length])
    features.draw_nostrils(identity, nose, grid, lit)
    features.open_mouth(pose.mouth, grid, lit, light)
    features.draw_eyes(identity, pose, grid, lit, light)
    return lit, grid, colour[..., 3]


def _put_body(
    identity: Identity, scene: Scene, image: np.ndarray, light: Light, pose: anatomy.Pose
) -> None:
    """Draw the body into the rows of the image that it may touch."""
    ox, oy = _origin(scene)
    # The body follows a nod and a turn by a little, and the roll not at all.
    turn = BODY_SHARE * np.sin(np.radians(scene.yaw)) * scene.iod
    first = int(np.clip(oy + BODY_TOP * scene.iod, 0, scene.height))
    x = (np.arange(scene.width, dtype=np.float32) - np.float32(ox - turn)) / np.float32(scene.iod)
    y = (np.arange(first, scene.height, dtype=np.float32) - np.float32(oy)) / np.float32(scene.iod)
    if not len(y):
        return
    chin = float(anatomy.outline(identity)[-1, 1]) + anatomy.JAW_DROP * pose.share(26)
    grid = Raster(x[None], y[:, None], scene.iod)
    body.draw_body(identity, grid, image[first:], light, chin, scene.shirt or identity.shirt)


def _origin(scene: Scene) -> tuple[float, float]:
    return scene.center[0] * scene.width - 0.5, scene.center[1] * scene.height - 0.5


def _warp(
    identity: Identity, grid: Raster, scene: Scene
) -> tuple[tuple[slice, slice], np.ndarray, np.ndarray]:
    """Return the image's window that the head touches, and where its pixels lie on the raster."""
    corners = np.array([(x, y) for x in grid.x[0, [0, -1]] for y in grid.y[[0, -1], 0]])
    spots = _place(corners, scene)
    low = np.floor(spots.min(axis=0) - 0.3 * scene.iod).astype(int)
    high = np.ceil(spots.max(axis=0) + 0.3 * scene.iod).astype(int)
    left, right = np.clip([low[0], high[0]], 0, scene.width)
    top, bottom = np.clip([low[1], high[1]], 0, scene.height)
    ox, oy = _origin(scene)
    x = (np.arange(left, right, dtype=np.float32) - np.float32(ox))[None] / np.float32(scene.iod)
    y = (np.arange(top, bottom, dtype=np.float32) - np.float32(oy))[:, None] / np.float32(scene.iod)
    angle = np.radians(scene.roll)
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    fx, fy = cos * x + sin * y, -sin * x + cos * y
    if scene.yaw or scene.pitch:
        coarse = raster(-2.4, 2.4, -2.8, 3.8, 16)
        shift = _parallax(identity, *np.broadcast_arrays(coarse.x, coarse.y), scene)
        shift = blur(np.dstack(shift).astype(np.float32), 1.6)
        px, py = fx, fy
        for _ in range(3):
            moved = cv2.remap(
                shift,
                (px - coarse.x[0, 0]) * 16,
                (py - coarse.y[0, 0]) * 16,
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )
            px, py = fx - moved[..., 0], fy - moved[..., 1]
        fx, fy = px, py
    columns = (fx - grid.x[0, 0]) * np.float32(grid.scale)
    rows = (fy - grid.y[0, 0]) * np.float32(grid.scale)
    return (slice(top, bottom), slice(left, right)), columns, rows


def _parallax(
    identity: Identity, x: np.ndarray, y: np.ndarray, scene: Scene
) -> tuple[np.ndarray, np.ndarray]:
    """Return how turning the head moves points of its front (IOD)."""
    z = anatomy.depth(identity, x, y) - 0.45
    return np.sin(np.radians(scene.yaw)) * z, np.sin(np.radians(scene.pitch)) * z


def _place(points: np.ndarray, scene: Scene) -> np.ndarray:
    """Return face points (K x 2, IOD) in pixels of the image, without parallax."""
    angle = np.radians(scene.roll)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return points @ rotation.T * scene.iod + _origin(scene)


def _project(identity: Identity, points: np.ndarray, scene: Scene) -> np.ndarray:
    shift = np.stack(_parallax(identity, points[:, 0], points[:, 1], scene), axis=1)
    return _place(points + shift, scene)


def _cover(image: np.ndarray, layer: np.ndarray) -> None:
    """Put a layer with premultiplied cover over an image, in place."""
    image *= 1 - layer[..., 3:]
    image += layer[..., :3]


def _expose(image: np.ndarray, scene: Scene, seed: int) -> np.ndarray:
    """Return uint8 pixels: exposure, gamma, colour temperature, the lens's blur and noise."""
    grey = np.sqrt(np.clip(image, 0, None, out=image), out=image)
    grey *= np.float32(255 * scene.gain) * np.array(
        [1 + 0.06 * scene.temperature, 1, 1 - 0.06 * scene.temperature], np.float32
    )
    # Highlights roll off instead of clipping.
    over = np.clip(grey - 225, 0, None)
    grey -= over - 30 * (1 - np.exp(-over / 30))
    grey = cv2.GaussianBlur(grey, (0, 0), 0.45)
    if scene.noise > 0:
        grain = generator(seed, "demo", 3).standard_normal(grey.shape, np.float32)
        grey += np.float32(scene.noise) * grain
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8)
