"""Image quality: metrics of pairs, scores of batches, distances between sets."""

__all__ = ["score_pair"]


def __getattr__(name: str) -> object:
    """Return `score_pair`; it is imported at first use, as compiled code is slow to load."""
    if name == "score_pair":
        from facetds.iqa.metrics import score_pair

        return score_pair
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
