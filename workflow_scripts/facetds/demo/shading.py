"""Light on skin, hair and cloth, in linear light (the square of the drawn value, gamma 2)."""

from dataclasses import dataclass

import numpy as np

from facetds.demo.fields import blur

SCATTER = np.array([0.42, 0.26, 0.20], np.float32)
"""How far light wraps round the terminator per channel: red travels farthest under skin."""


@dataclass(frozen=True)
class Light:
    """A key light from a unit direction (x right, y down, z to the viewer), and ambient light."""

    direction: np.ndarray
    ambient: float


def linear(colour: np.ndarray) -> np.ndarray:
    """Return sRGB values 0-255 as linear light 0-1 (gamma 2)."""
    return np.square(np.asarray(colour, np.float32) / 255)


def light_of(direction: tuple[float, float, float], ambient: float) -> Light:
    """Return a light; the direction's length does not matter."""
    vector = np.asarray(direction, np.float32)
    return Light(vector / np.linalg.norm(vector), float(ambient))


def normals(height: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the unit normals' x, y, z of a height map (IOD) with `scale` pixels per IOD."""
    dy, dx = np.gradient(height * np.float32(scale))
    z = 1 / np.sqrt(1 + dx * dx + dy * dy)
    return -dx * z, -dy * z, z


def lit_skin(
    albedo: np.ndarray, height: np.ndarray, gloss: np.ndarray, scale: float, light: Light
) -> np.ndarray:
    """Return linear RGB of skin: wrapped diffuse light, occlusion, and two lobes of gloss."""
    nx, ny, nz = normals(height, scale)
    lx, ly, lz = light.direction
    cosine = nx * lx + ny * ly + nz * lz
    # The other side gets a weaker fill, as from a reflector.
    fill = np.clip(-nx * lx * 0.8 + 0.5 * nz, 0, None)
    around = blur(height, 0.16 * scale)
    hollow = np.clip((around - height) * 3.2, -0.25, 0.8)
    openness = 1 - 0.75 * np.clip(hollow, 0, None) - 0.35 * np.clip(hollow, None, 0)
    sky = light.ambient * (0.86 - 0.14 * ny) * (0.55 + 0.45 * nz) * openness
    key = (1 - light.ambient) * 1.08
    result = np.empty_like(albedo)
    for channel, wrap in enumerate(SCATTER):
        diffuse = np.clip((cosine + wrap) / (1 + wrap), 0, None)
        lit = sky + key * (0.86 * diffuse * np.sqrt(openness) + 0.16 * fill)
        # Light that leaves a hollow has been reddened by the skin on its way.
        tint = 1 - (0, 0.10, 0.14)[channel] * np.clip(hollow, 0, None)
        result[..., channel] = albedo[..., channel] * lit * tint
    half = light.direction + np.array([0, 0, 1], np.float32)
    half /= np.linalg.norm(half)
    shine = np.clip(nx * half[0] + ny * half[1] + nz * half[2], 0, 1)
    shine = np.square(np.square(np.square(shine)))
    lobes = 0.040 * shine + 0.085 * np.square(np.square(shine))
    result += ((key + 0.25 * light.ambient) * lobes * gloss)[..., None]
    return result


def lit_cloth(colour: np.ndarray, nx: np.ndarray, ny: np.ndarray, light: Light) -> np.ndarray:
    """Return linear RGB (H x W x 3) of a matt surface with these normals' x and y."""
    nz = np.sqrt(np.clip(1 - nx * nx - ny * ny, 0.05, 1))
    lx, ly, lz = light.direction
    diffuse = np.clip((nx * lx + ny * ly + nz * lz + 0.3) / 1.3, 0, None)
    fill = np.clip(-nx * lx * 0.8 + 0.5 * nz, 0, None)
    lit = light.ambient * (0.5 + 0.4 * nz) + (1 - light.ambient) * (0.9 * diffuse + 0.16 * fill)
    return lit[..., None] * colour
