"""What nearest neighbours say of generated images: of each by itself, and of whole sets.

Features are N x D (generated) and M x D (real) of one extractor, finite float64. A real image's
ball reaches to its `k`-th nearest other real image (Kynkäänniemi et al. 2019).
"""

import numpy as np

from facetds.errors import FacetdsError


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the Euclidean distances of all rows of `a` (N x D) to those of `b` (M x D), N x M.

    Rounding would leave equal rows some way apart; what is below the rounding of the squares is 0.
    """
    squares_a, squares_b = (a**2).sum(axis=1)[:, None], (b**2).sum(axis=1)
    squared = squares_a + squares_b - 2 * (a @ b.T)
    squared[squared < 1e-13 * (squares_a + squares_b)] = 0
    return np.sqrt(squared)


def ball_radii(features: np.ndarray, k: int) -> np.ndarray:
    """Return each row's distance to its `k`-th nearest other row (N)."""
    if len(features) <= k:
        raise FacetdsError(
            f"Balls to the {k}th neighbour need more than {k} images, not {len(features)}; "
            "lower iqa.neighbours or add images."
        )
    return np.partition(distances(features, features), k, axis=1)[:, k]


def kernel_distance(real: np.ndarray, fake: np.ndarray) -> float:
    """Return the unbiased squared MMD with the kernel (x y / D + 1)^3, the KID of these features.

    Binkowski et al. 2018. The sets may differ in size; the value may be below 0. NaN for fewer
    than 2 in a set.
    """
    n, m = len(real), len(fake)
    if min(n, m) < 2:
        return float("nan")
    width = real.shape[1]
    within = [((x @ x.T / width + 1) ** 3, len(x)) for x in (real, fake)]
    across = (real @ fake.T / width + 1) ** 3
    own = sum((kernel.sum() - np.trace(kernel)) / (size * (size - 1)) for kernel, size in within)
    return float(own - 2 * across.mean())


def compare_manifolds(real: np.ndarray, fake: np.ndarray, k: int) -> dict[str, float]:
    """Return precision, recall (Kynkäänniemi 2019), density and coverage (Naeem et al. 2020).

    precision: share of generated images within a real ball; recall: share of real ones within a
    ball of the generated; density: mean number of real balls a generated image is in, over k (not
    bounded by 1); coverage: share of real balls with a generated image in them. They depend on k
    and on both sizes. NaN if a set has no more than k images.
    """
    if min(len(real), len(fake)) <= k:
        return dict.fromkeys(("precision", "recall", "density", "coverage"), float("nan"))
    across = distances(real, fake)
    radii = ball_radii(real, k)[:, None]
    return {
        "precision": float((across <= radii).any(axis=0).mean()),
        "recall": float((across <= ball_radii(fake, k)).any(axis=1).mean()),
        "density": float((across < radii).sum(axis=0).mean() / k),
        "coverage": float((across.min(axis=1) < radii[:, 0]).mean()),
    }


def realism(across: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Return the realism of generated images (N): how deep each lies in some real ball.

    The largest radius / distance over the real balls with a radius of at most the median (eq. 3 of
    Kynkäänniemi et al. 2019): at least 1 within such a ball, infinite on a real image. `across`
    are the distances of generated to real images (N x M), `radii` those of the balls (M).
    """
    kept = radii <= np.median(radii)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(across > 0, radii / across, np.inf)
    return ratios[:, kept].max(axis=1)


def rarity(across: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Return the rarity of generated images (N): the smallest radius of a real ball around each.

    Han et al. 2023. NaN outside all real balls. Arguments as of `realism`.
    """
    around = np.where(across <= radii, radii, np.inf).min(axis=1)
    return np.where(np.isfinite(around), around, np.nan)
