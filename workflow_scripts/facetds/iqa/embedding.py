"""What the selection is told of each image's place among the originals, as a table.

Selection reads tables only, so the place in one feature space (`extractors.EMBEDDING`) is written
as columns: how realistic and how rare the image is, the original it is nearest to, and coordinates.
"""

import numpy as np
import pandas as pd

from facetds.iqa import neighbours

PLACE = ("realism", "rarity", "nearest", "nearest_distance")


def place_images(
    features: np.ndarray, originals: np.ndarray, mirrored: np.ndarray, numbers: np.ndarray, k: int
) -> pd.DataFrame:
    """Return a row per image: `PLACE`, and the coordinates e00, e01, ...; missing for NaN features.

    `features` N x D, `originals` M x D, `mirrored` those of the originals seen in a mirror, as a
    network that was trained with mirrored originals may repeat these as well; `numbers` M.
    """
    features, originals = features.astype(np.float64), originals.astype(np.float64)
    known = np.isfinite(features).all(axis=1)
    across = neighbours.distances(features[known], originals)
    closest = np.minimum(across, neighbours.distances(features[known], mirrored.astype(float)))
    return _tabulate(features, known, across, closest, originals, numbers, k)


def place_originals(
    originals: np.ndarray, mirrored: np.ndarray, numbers: np.ndarray, people: np.ndarray, k: int
) -> pd.DataFrame:
    """Return the table of `place_images` for the originals, each among those of other people.

    This is how real photographs of a new person lie, the measure for generated ones. `people`
    tells who each original shows (array of str). An original of the only person has missing values.
    """
    originals = originals.astype(np.float64)
    same = people[:, None] == people[None]
    across = np.where(same, np.inf, neighbours.distances(originals, originals))
    reflected = neighbours.distances(originals, mirrored.astype(np.float64))
    closest = np.minimum(across, np.where(same, np.inf, reflected))
    known = ~same.all(axis=1)
    return _tabulate(originals, known, across[known], closest[known], originals, numbers, k)


def _tabulate(features, known, across, closest, originals, numbers, k) -> pd.DataFrame:
    radii = neighbours.ball_radii(originals, k)
    table = pd.DataFrame(np.nan, index=range(len(features)), columns=list(PLACE))
    table["realism"] = _fill(known, neighbours.realism(across, radii))
    table["rarity"] = _fill(known, neighbours.rarity(across, radii))
    nearest = closest.argmin(axis=1)
    table["nearest"] = pd.array(_fill(known, numbers[nearest]), "Int64")
    table["nearest_distance"] = _fill(known, closest[np.arange(len(closest)), nearest])
    coordinates = pd.DataFrame(features, columns=[f"e{n:02d}" for n in range(features.shape[1])])
    return pd.concat([table, coordinates.round(5)], axis=1)


def _fill(known: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return float64 values at the known rows, NaN at the others."""
    column = np.full(len(known), np.nan)
    column[known] = values
    return column
