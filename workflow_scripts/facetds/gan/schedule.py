"""What happens when in training: lengths, learning rates, averages, augmentation, data order.

All of it follows from the settings and the number of images shown, so nothing here has a state.
"""

import numpy as np

from facetds.errors import FacetdsError
from facetds.randomness import generator

ADA_INTERVAL = 4
"""Iterations between two adjustments of the augmentation (Karras et al. 2020)."""


def lazy_adam(lr: float, interval: int) -> dict:
    """Return Adam's lr and betas for a network that is regularised every `interval` iterations.

    A regularised iteration takes two steps, so with c = interval / (interval + 1) the learning
    rate is c lr and the betas are (0, 0.99^c) (Karras et al. 2020, StyleGAN2, appendix B).
    """
    share = interval / (interval + 1)
    return {"lr": lr * share, "betas": (0.0, 0.99**share), "eps": 1e-8}


def ema_beta(batch: int, shown: int, ema_kimg: float, ema_rampup: float | None) -> float:
    """Return how much of the average of G's weights is kept in one iteration.

    Its half-life is `ema_kimg` thousand images, or `ema_rampup` times those `shown` before, if
    that is less; None never shortens it.
    """
    half_life = ema_kimg * 1000
    if ema_rampup is not None:
        half_life = min(half_life, shown * ema_rampup)
    return 0.5 ** (batch / max(half_life, 1e-8))


def adjust_p(p: float, r_t: float, target: float, shown: int, ada_kimg: float, top: float) -> float:
    """Return the new augmentation probability, in 0..`top`, after `shown` more images.

    p rises while the sign r_t of D's outputs on reals is above the target and falls below it, by
    1 in `ada_kimg` thousand images (Karras et al. 2020, ADA, section 3.1).
    """
    step = float(np.sign(r_t - target)) * shown / (ada_kimg * 1000)
    return min(max(p + step, 0.0), top)


def draw_subset(count: int, size: int | None, seed: int) -> np.ndarray:
    """Return which of `count` images are trained on, in order (int64): `size` drawn, None all.

    Raises `FacetdsError` if there are fewer.
    """
    if size is None:
        return np.arange(count)
    if size > count:
        raise FacetdsError(
            f"gan.subset is {size}, but the data set has {count} images; lower it, or null for all."
        )
    return np.sort(generator(seed, "gan.subset").permutation(count)[:size])


def draw_order(count: int, first: int, length: int, seed: int) -> np.ndarray:
    """Return which of `count` items are shown as number `first`, `first` + 1, ... (int64).

    Every epoch shows every item once, in an order of its own drawn from `seed`.
    """
    places = np.arange(first, first + length)
    epochs = {
        epoch: generator(seed, "gan.order", epoch).permutation(count)
        for epoch in np.unique(places // count).tolist()
    }
    return np.array([epochs[place // count][place % count] for place in places.tolist()], np.int64)
