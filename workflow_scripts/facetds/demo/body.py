"""What stands behind and under a face: backdrop, neck, shoulders, shirt, and the ears."""

import numpy as np

from facetds.demo.anatomy import outline
from facetds.demo.fields import Raster, bump, hump, inside, mix, noise, ramp
from facetds.demo.identity import Identity
from facetds.demo.shading import Light, linear, lit_cloth


def backdrop(shape: tuple[int, int], colour: tuple[float, float, float]) -> np.ndarray:
    """Return a studio wall (linear RGB) that falls off towards the corners."""
    height, width = shape
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    return linear(colour) * (1 - 0.07 * (x * x + 0.7 * y * y))[..., None]


def draw_body(
    identity: Identity,
    grid: Raster,
    image: np.ndarray,
    light: Light,
    chin: float,
    shirt: tuple[float, float, float],
) -> None:
    """Draw neck and shoulders into an image in place; `chin` is the chin's height (y)."""
    part, local = grid.window(-1.7, 1.7, 0.8, 3.4)
    _draw_neck(identity, local, image[part], light, chin)
    part, local = grid.window(-1.7, 1.7, 2.0, 3.2)
    _draw_chest(identity, local, image[part], light)
    part, local = grid.window(-99, 99, 2.2, 99)
    _draw_shirt(identity, local, image[part], light, shirt)


def _neck_width(identity: Identity, y: np.ndarray) -> np.ndarray:
    """Return half the neck's width: it widens into the trapezius, and a little under the jaw."""
    wide = 0.30 * np.square(ramp(y, 1.75, 2.75)) + 0.05 * ramp(1.9 - y, 0, 0.9)
    return np.float32(identity.neck) + wide


def _draw_neck(
    identity: Identity, grid: Raster, image: np.ndarray, light: Light, chin: float
) -> None:
    """Draw the neck, its tendons, and the shadow that the jaw throws on it."""
    x, y = grid.x, grid.y
    spread = _neck_width(identity, y)
    cover = inside(np.abs(x) - spread, 2.0 / grid.scale) * ramp(y, 0.9, 1.1)
    nx = np.clip(x / spread, -1, 1) * 0.9
    tendon = np.abs(x) - np.float32(0.62) * (1 - ramp(y, 1.8, 2.75)) - 0.13
    relief = 0.10 * hump(tendon, 0.06, 0.06) - 0.10 * hump(tendon, -0.06, 0.07)
    colour = linear(identity.skin) * np.array([0.95, 0.92, 0.92], np.float32)
    lit = lit_cloth(colour, nx, np.float32(0.12), light)
    under = y - np.float32(chin + 0.05) + 0.62 * np.square(x / (0.95 * identity.face_width))
    shadow = 0.66 * (1 - ramp(under, 0.02, 0.85)) + 0.12 * hump(x, 0, 0.1) * hump(y, 2.62, 0.1)
    lit *= (1 - shadow + relief * ramp(y, 1.9, 2.3))[..., None]
    lit *= 1 - (0.10 * shadow)[..., None] * np.array([0, 1, 1], np.float32)
    image += (lit - image) * cover[..., None]


def _neckline(identity: Identity, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the height (y) of the shirt's collar over x, and where there is one."""
    round_ = np.sqrt(np.clip(1 - np.square(x / np.float32(1.10 * identity.neck + 0.14)), 0, 1))
    scoop = 0.34 + 0.10 * (identity.sex == "F")
    return np.float32(2.40) + np.float32(scoop) * round_, round_ > 0


def _shoulders(identity: Identity, grid: Raster) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the shoulders' cover, their upper edge (y) over x, and half their width."""
    across, wide = np.abs(grid.x), 2.95 + 0.35 * (identity.sex == "M")
    edge = np.float32(2.36) + np.float32(0.27) * np.clip(across - 0.85, 0, None)
    edge = edge + np.float32(0.9) * np.square(np.clip(across - np.float32(wide - 0.55), 0, None))
    cover = inside(edge - grid.y, 4.0 / grid.scale) * inside(across - np.float32(wide + 0.25), 0.2)
    return cover, edge, wide


def _draw_chest(identity: Identity, grid: Raster, image: np.ndarray, light: Light) -> None:
    """Draw the skin between the neck and the neckline, with the collar bones."""
    x, y, across = grid.x, grid.y, np.abs(grid.x)
    neckline, within = _neckline(identity, x)
    cover = _shoulders(identity, grid)[0] * within * inside(y - neckline, 2.0 / grid.scale)
    colour = linear(identity.skin) * np.array([0.97, 0.94, 0.94], np.float32)
    skin = lit_cloth(colour, x * 0.10 + 0 * y, np.float32(-0.12), light)
    collar_bone = hump(y - 0.04 * across, 2.60, 0.025) * hump(across, 0.42, 0.22)
    skin *= (1 - 0.14 * collar_bone - 0.10 * bump(grid, 0, 2.62, 0.09, 0.07))[..., None]
    cover = cover * inside(_neck_width(identity, y) - np.float32(0.16) - across, 0.25)
    image += (skin - image) * cover[..., None]


def _draw_shirt(
    identity: Identity,
    grid: Raster,
    image: np.ndarray,
    light: Light,
    colour: tuple[float, float, float],
) -> None:
    x, y, aa = grid.x, grid.y, 2.0 / grid.scale
    body, slope, wide = _shoulders(identity, grid)
    neckline, within = _neckline(identity, x)
    cover = body * (1 - within * inside(y - neckline, aa))
    folds = 0.20 * noise(x * 9 + identity.seed % 61, y * 5 + x * 4, 3.5, 3.5, 3)
    nx = np.clip(np.sign(x) * ramp(np.abs(x), 1.2, wide + 0.4) * 0.75, -0.85, 0.85) + 0.5 * folds
    ny = -0.75 * (1 - ramp(y - slope, 0.0, 0.65)) + 0.25 * folds
    weave = 1 + 0.02 * noise(x * 150, y * 150, 0.8, 0.8)
    rib = y - neckline
    seam = 0.28 * hump(rib, 0.115, 0.012 + aa / 3) + 0.12 * inside(rib - 0.10, 0.02)
    cloth = lit_cloth(linear(colour), np.clip(nx, -0.9, 0.9), ny, light)
    cloth *= (weave * (1 - seam * within))[..., None]
    image += (cloth - image) * cover[..., None]
    # The collar throws a thin shadow on the skin.
    image *= 1 - (0.30 * hump(rib, -0.025, 0.035) * within * body)[..., None]


def draw_ears(
    identity: Identity, grid: Raster, image: np.ndarray, cover: np.ndarray, light: Light
) -> None:
    """Draw both ears into a layer (linear RGB and its cover) in place."""
    edge = outline(identity)
    for side in (-1, 1):
        part, local = grid.window(side * 1.2 - 0.4, side * 1.2 + 0.4, -0.4, 1.1)
        y = local.y - np.float32(0.30)
        attach = np.float32(np.interp(0.3, edge[:, 1], edge[:, 0]))
        x = side * local.x - attach - 0.045 + 0.10 * y
        size = identity.ears
        tall = 0.36 * size
        broad = 0.135 * size * (1 - 0.35 * ramp(y, 0.0, tall)) + 0 * x
        away = np.hypot(x / broad, y / tall) - 1
        shape = inside(away * 0.13, 2.0 / grid.scale)
        helix = hump(away, -0.16, 0.10)
        bowl = hump(np.hypot((x + 0.01) / 0.055, (y - 0.05) / 0.13), 0, 0.75)
        antihelix = hump(np.hypot((x - 0.005) / 0.075, (y - 0.02) / 0.22), 1.0, 0.22)
        shade = (
            0.80 + 0.16 * helix - 0.34 * bowl + 0.10 * antihelix - 0.14 * hump(away, -0.40, 0.14)
        )
        colour = linear(identity.skin) * np.array([1.0, 0.86, 0.84], np.float32)
        lit = lit_cloth(colour, side * np.clip(0.2 + 1.5 * x, -0.4, 0.6), 0.1 * y / tall, light)
        image[part] = mix(image[part], lit * shade[..., None], shape)
        cover[part] = np.maximum(cover[part], shape)
