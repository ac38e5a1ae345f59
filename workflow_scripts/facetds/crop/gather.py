"""Putting shards of crops together."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from facetds.errors import FacetdsError
from facetds.foreign import load_arrays


def gather_crops(paths: Iterable[Path]) -> dict[str, np.ndarray]:
    """Return the arrays of all shards, one after the other; raise `FacetdsError` without a face."""
    shards = [load_arrays(path) for path in paths]
    arrays = {name: np.concatenate([shard[name] for shard in shards]) for name in shards[0]}
    check_found(arrays["images"])
    return arrays


def check_found(faces: np.ndarray) -> None:
    """Raise `FacetdsError` without a face."""
    if not len(faces):
        raise FacetdsError(
            "No face was found in any image; results/crop/rejected.csv has the reasons. Correct "
            "data.cfd, or raise crop.detect_size and crop.upsample."
        )
