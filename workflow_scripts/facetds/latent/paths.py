"""Paths between two seeds (thesis 2.4.2.2)."""

from typing import TYPE_CHECKING

import numpy as np

from facetds.latents import to_ws, w_of_seed

if TYPE_CHECKING:
    import torch

METHODS = ("z-linear", "z-slerp", "w-linear")


def mix_linear(a: np.ndarray, b: np.ndarray, alpha: float) -> np.ndarray:
    """Return (1 - alpha) a + alpha b (thesis Eq. 2.3)."""
    return (1 - alpha) * a + alpha * b


def mix_spherical(a: np.ndarray, b: np.ndarray, alpha: float) -> np.ndarray:
    """Return the point at `alpha` of the great arc from a to b (Shoemake 1985; White 2016).

    The angle turns evenly and the length changes evenly, so normal vectors stay as long as normal
    vectors are. Vectors in one line, which span no arc, are mixed linearly.
    """
    lengths = np.linalg.norm(a), np.linalg.norm(b)
    u, v = a / lengths[0], b / lengths[1]
    angle = np.arccos(np.clip(u @ v, -1, 1))
    if np.sin(angle) < 1e-6:
        return mix_linear(a, b, alpha)
    turned = (np.sin((1 - alpha) * angle) * u + np.sin(alpha * angle) * v) / np.sin(angle)
    return turned * mix_linear(*lengths, alpha)


def ws_on_path(
    generator: "torch.nn.Module", seeds: tuple[int, int], alpha: float, method: str, psi: float
) -> np.ndarray:
    """Return the truncated ws (float32 num_ws x w_dim) at `alpha` between two seeds.

    `method` is one of `METHODS`: z-linear is Eq. 2.3. StyleGAN scales z to unit length first, so
    z-linear and z-slerp run over the same arc, at different paces.
    """
    if method == "w-linear":
        a, b = (w_of_seed(generator, seed) for seed in seeds)
        return to_ws(generator, mix_linear(a, b, alpha), psi)
    import torch

    from facetds.gan.sampling import z_of_seeds

    a, b = z_of_seeds(seeds, generator.z_dim)
    z = (mix_spherical if method == "z-slerp" else mix_linear)(a, b, alpha)
    torch.set_num_threads(1)
    with torch.inference_mode():
        w = generator.mapping(torch.from_numpy(z)[None], None)[0, 0].numpy()
    return to_ws(generator, w, psi)
