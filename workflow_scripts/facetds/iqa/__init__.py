"""Image quality: metrics of pairs, scores of batches, distances between sets."""

import importlib

__all__ = ["score_pair"]


def __getattr__(name: str) -> object:
    """Return `score_pair` of `facetds.iqa.metrics`, imported at first use.

    Compiled code is slow to load; and no command depends on the metrics for importing the package,
    so the name is out of sight of `facetds.code`.
    """
    if name in __all__:
        return getattr(importlib.import_module("facetds.iqa.metrics"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
