"""Every random choice of the workflow, from one root seed."""

import hashlib

import numpy as np


def seed_for(root_seed: int, stage: str, *numbers: int) -> int:
    """Return the 63-bit seed of one shard of one stage.

    It depends on the root seed, the stage's name and the shard's numbers only, so that shards are
    independent of each other and of the order they run in.
    """
    text = ":".join(map(str, (int(root_seed), stage, *map(int, numbers))))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> 1


def generator(root_seed: int, stage: str, *numbers: int) -> np.random.Generator:
    """Return the NumPy generator of one shard of one stage (see `seed_for`)."""
    return np.random.default_rng(seed_for(root_seed, stage, *numbers))
