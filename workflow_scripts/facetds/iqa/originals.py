"""The cropped originals as what generated images are compared with (thesis 3.9)."""

import numpy as np

from facetds.errors import FacetdsError
from facetds.images import resize
from facetds.randomness import generator


def resize_originals(crops: np.ndarray, size: int, references: int, seed: int) -> dict:
    """Return originals (uint8 N x S x S x 3) at the generated size, and which are references.

    The references are `references` of the originals, drawn from `seed`; all, if there are fewer.
    """
    if not len(crops):
        raise FacetdsError(
            "There is no cropped original to compare with; see results/crop/rejected.csv for why."
        )
    images = np.stack([resize(crop, size) for crop in crops])
    drawn = generator(seed, "iqa.references").permutation(len(images))[:references]
    chosen = np.zeros(len(images), bool)
    chosen[drawn] = True
    return {"images": images, "reference": chosen}
