"""The inputs of the classifier, computed once for all arms and folds.

Import it after `runtime.start_keras`.
"""

from functools import partial
from pathlib import Path

import numpy as np

from facetds.fer import backbones, networks
from facetds.fer.training import predict
from facetds.files import digest, replacing
from facetds.progress import track


def write_inputs(
    out: Path,
    images: np.ndarray,
    weights: Path,
    backbone: str,
    frozen: bool,
    batch: int,
    **columns: np.ndarray,
) -> None:
    """Write the inputs of `images` (uint8 N x S x S x 3) with other arrays of N rows to `out`.

    A frozen backbone gives `inputs` and `mirrored`: float32 N x 1280 features of the images and of
    the images mirrored left to right. Otherwise `inputs` are the images. `weights` is the SHA-256
    of the backbone's weights, so that inputs of two backbones are never mixed.
    """
    arrays = {"inputs": images}
    if frozen:
        model = backbones.build_backbone(backbone, images.shape[1])
        networks.load_weights(model, weights)
        report = partial(track, what="features", unit="batch")
        arrays = {
            "inputs": predict(model, images, batch, report),
            "mirrored": predict(model, images[:, :, ::-1], batch, report),
        }
    with replacing(out) as temporary, temporary.open("wb") as handle:
        np.savez(handle, weights=np.array(digest(weights)), **arrays, **columns)
