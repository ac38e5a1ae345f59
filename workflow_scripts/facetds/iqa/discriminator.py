"""The features of the user's own discriminator: a feature space that needs no other weights."""

from pathlib import Path

import numpy as np
import torch

from facetds.errors import FacetdsError
from facetds.files import digest
from facetds.gan.checkpoint import load_networks
from facetds.gan.networks import Discriminator


def load_discriminator(path: Path) -> tuple[Discriminator, str]:
    """Return (discriminator, SHA-256) of a network.pkl; `FacetdsError` if it has none."""
    network = load_networks(path)[1]
    if network is None:
        raise FacetdsError(
            f"{path} holds no discriminator; use another of iqa.extractors, or a snapshot with one."
        )
    return network, digest(path)


def discriminator_features(network: Discriminator, images: np.ndarray) -> np.ndarray:
    """Return features (float32 N x C) of images (uint8 N x R x R x 3).

    They are the last convolutional features (4 x 4) averaged over their positions, before the
    deviation within the batch comes in: a row depends on its own image alone.
    """
    if images.shape[1] != network.img_resolution:
        raise FacetdsError(
            f"The discriminator sees {network.img_resolution} pixels, the images have "
            f"{images.shape[1]}; set gan.resolution to what the network was made for."
        )
    x = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float() / 127.5 - 1
    with torch.inference_mode():
        return torch.cat([_features(network, part) for part in x.split(32)]).numpy()


def _features(network: Discriminator, image: torch.Tensor) -> torch.Tensor:
    x = None
    for resolution in network.block_resolutions:
        x, image = getattr(network, f"b{resolution}")(x, image)
    return x.float().mean(dim=(2, 3))
