"""From seeds and directions to images: index, degree and truncation (thesis 2.4.2, 3.10.2).

A convention says which space a step is taken in, as the implementations in use differ:

- rosinality: w + degree * v before truncation, in all layers, so the effective step is
  psi * degree (the `--index` and `--degree` of its command);
- dvschultz: z + degree * v, then through the mapping;
- genforce: w + degree * v after truncation, in the chosen layers only (Shen and Zhou 2021).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from facetds.errors import FacetdsError
from facetds.foreign import load_arrays

if TYPE_CHECKING:
    import torch

CONVENTIONS = ("rosinality", "dvschultz", "genforce")


@dataclass(frozen=True)
class Directions:
    """Unit directions of a generator, most effective first.

    vectors: float32 k x w_dim; eigenvalues: float64 k, falling; layers: int64, the w layers that a
    step moves; convention: one of `CONVENTIONS`; network: SHA-256 of the pickle they belong to.
    """

    vectors: np.ndarray
    eigenvalues: np.ndarray
    layers: np.ndarray
    convention: str
    network: str


def read_directions(path: Path | str, network: str | None = None) -> Directions:
    """Read directions.npz; `network` (a SHA-256) must be that of the network they were made of."""
    arrays = load_arrays(path)
    try:
        found = Directions(
            arrays["directions"],
            arrays["eigenvalues"],
            arrays["layers"],
            str(arrays["convention"]),
            str(arrays["network"]),
        )
    except KeyError as error:
        raise FacetdsError(f"{path} lacks the array {error}; run find_directions again.") from None
    if network is not None and found.network != network:
        raise FacetdsError(
            f"{path} belongs to another network ({found.network[:12]}..., not {network[:12]}...); "
            "run find_directions again."
        )
    return found


def check_indexes(indexes: list[int], directions: Directions) -> None:
    """Raise `FacetdsError` for an index that has no direction."""
    wrong = [index for index in indexes if not 0 <= index < len(directions.vectors)]
    if wrong:
        raise FacetdsError(
            f"There is no direction {wrong[0]}: the network has {len(directions.vectors)}, "
            "numbered from 0; correct the indexes in config.yaml."
        )


def spread_along(directions: Directions, w: np.ndarray, psi: float) -> np.ndarray:
    """Return the standard deviation of seeds along every direction, where steps are taken: k.

    w: sampled, untruncated w (N x w_dim). A degree divided by it compares between networks and
    conventions. genforce steps after truncation, where all w lie closer to their mean by `psi`;
    dvschultz steps in z, which is standard normal.
    """
    if directions.convention == "dvschultz":
        return np.ones(len(directions.vectors))
    spread = (w @ directions.vectors.T).std(axis=0)
    return spread * psi if directions.convention == "genforce" else spread


def w_of_seed(generator: "torch.nn.Module", seed: int) -> np.ndarray:
    """Return the w of a seed before truncation: float32 w_dim."""
    from facetds.gan.sampling import z_of_seeds

    return _map(generator, z_of_seeds([seed], generator.z_dim))


def ws_of_seed(
    generator: "torch.nn.Module",
    seed: int,
    psi: float,
    directions: Directions | None = None,
    index: int = 0,
    degree: float = 0.0,
) -> np.ndarray:
    """Return the truncated ws of a seed moved by `degree` along direction `index`.

    float32 num_ws x w_dim. The three conventions agree at degree 0. Every seed is mapped alone, so
    that its image does not depend on which others are made with it.
    """
    from facetds.gan.sampling import z_of_seeds

    if directions is None or degree == 0:
        return to_ws(generator, w_of_seed(generator, seed), psi)
    step = np.float32(degree) * directions.vectors[index]
    if directions.convention == "dvschultz":
        z = z_of_seeds([seed], generator.z_dim)
        if z.shape[1] != len(step):
            raise FacetdsError(
                f"Convention dvschultz moves z, which has {z.shape[1]} numbers here, but "
                f"a direction has {len(step)}; choose another latent.convention."
            )
        return to_ws(generator, _map(generator, z + step), psi)
    w = w_of_seed(generator, seed)
    if directions.convention == "rosinality":
        return to_ws(generator, w + step, psi)
    ws = to_ws(generator, w, psi)
    ws[directions.layers] += step
    return ws


def to_ws(generator: "torch.nn.Module", w: np.ndarray, psi: float) -> np.ndarray:
    """Return one w (float32 w_dim), truncated by `psi` towards the mean, for every layer.

    float32 num_ws x w_dim: w_avg + psi (w - w_avg) (Karras et al. 2019, appendix B).
    """
    if psi != 1:
        mean = generator.mapping.w_avg.detach().numpy()
        w = mean + np.float32(psi) * (w - mean)
    return np.repeat(w[None].astype(np.float32), generator.num_ws, axis=0)


def render(generator: "torch.nn.Module", ws: np.ndarray) -> np.ndarray:
    """Return the image of one ws (float32 num_ws x w_dim) as uint8 R x R x 3.

    The noise is the network's stored one. Images are made one at a time in one thread: in a larger
    batch, or with more threads, sums are taken in another order and a pixel may differ by 1.
    """
    import torch

    from facetds.gan.sampling import to_uint8

    torch.set_num_threads(1)
    with torch.inference_mode():
        image = generator.synthesis(torch.from_numpy(ws)[None], noise_mode="const")
        return np.asarray(to_uint8(image))[0]


def _map(generator: "torch.nn.Module", z: np.ndarray) -> np.ndarray:
    """Return the w of one z (1 x z_dim): float32 w_dim."""
    import torch

    torch.set_num_threads(1)
    with torch.inference_mode():
        return generator.mapping(torch.from_numpy(z), None)[0, 0].numpy().copy()
