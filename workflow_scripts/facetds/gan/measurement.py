"""How good a snapshot is: its distance to the data set, and how diverse its images are."""

import numpy as np

from facetds.frechet import frechet_distance


def measure_features(fakes: np.ndarray, reals: np.ndarray) -> dict[str, float | None]:
    """Return the Fréchet distance and the diversity of fakes against reals (features, N x D).

    fid: the distance in the space of these features; an FID in the sense of the paper only if they
    were those of its Inception network, which facetds does not have. diversity: total variance of
    the fakes over that of the reals; 1 is as diverse, near 0 all fakes look alike (mode collapse),
    None if all reals are the same.
    """
    spread = [float(values.var(axis=0, ddof=1).sum()) for values in (fakes, reals)]
    return {
        "fid": frechet_distance(fakes, reals),
        "diversity": spread[0] / spread[1] if spread[1] else None,
    }
