"""How near the images come to the photographs that the network learnt from."""

import numpy as np
import pandas as pd


def find_distances(originals: pd.DataFrame, share: float) -> tuple[float, float]:
    """Return the usual distance of an original to the nearest one of another person, and the limit.

    The limit is `share` of the usual distance (the median): what is nearer counts as the same
    picture. `originals` has nearest_distance, in the feature space of the places. Both are 0 where
    no distance is known, so that nothing lies within the limit.
    """
    values = originals["nearest_distance"].to_numpy(float)
    values = values[np.isfinite(values)]
    usual = float(np.median(values)) if len(values) else 0.0
    return usual, share * usual


def count_copies(
    table: pd.DataFrame, chosen: pd.DataFrame, originals: pd.DataFrame, share: float
) -> pd.DataFrame:
    """Return set, images, copies, least, limit, usual: a row for generated, selected and random.

    copies: images within the limit of an original or of its mirror image; least: the smallest
    distance of any. `table` has nearest_distance, `chosen` the marks kept and random of its rows.
    """
    usual, limit = find_distances(originals, share)
    distances = table["nearest_distance"].to_numpy(float)
    rows = []
    for name, column in (("generated", None), ("selected", "kept"), ("random", "random")):
        own = distances if column is None else distances[chosen[column].to_numpy() == 1]
        known = own[np.isfinite(own)]
        rows.append(
            {
                "set": name,
                "images": len(own),
                "copies": int((known < limit).sum()),
                "least": known.min() if len(known) else np.nan,
                "limit": limit,
                "usual": usual,
            }
        )
    return pd.DataFrame(rows)
