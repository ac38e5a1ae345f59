"""How good a snapshot is: its distance to the data set, and how diverse its images are."""

import numpy as np

from facetds.frechet import extract_features, frechet_distance


def measure_fakes(fakes: np.ndarray, reals: np.ndarray, extractor: str) -> dict[str, float]:
    """Return the Fréchet distance and the diversity of fakes against reals (uint8 N x R x R x 3).

    fid: the distance of the features named by `extractor`; no FID in the sense of the paper, as
    that is taken with an Inception network. diversity: total variance of the fakes' features over
    that of the reals'; 1 is as diverse, and near 0 all fakes look alike (mode collapse).
    """
    features = [extract_features(images, extractor) for images in (fakes, reals)]
    spread = [float(values.var(axis=0, ddof=1).sum()) for values in features]
    return {
        "fid": frechet_distance(*features),
        "diversity": spread[0] / spread[1] if spread[1] else float("nan"),
    }
