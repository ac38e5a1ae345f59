"""Learning rates that cannot work, refused before training starts."""

from facetds.errors import FacetdsError

FINE_TUNING_RATE = 1e-5
"""Learning rates up to this one only move weights that are already good (thesis: 1e-6)."""


def check_learning_rate(weights: str, learning_rate: float) -> None:
    """Refuse a learning rate that cannot train random weights (`weights` none).

    Adam moves a weight by about the learning rate per step: 14,760 steps of 1e-6 are 0.015.
    """
    if weights == "none" and learning_rate <= FINE_TUNING_RATE:
        raise FacetdsError(
            f"fer.learning_rate {learning_rate:g} fine-tunes pre-trained weights, but fer.weights "
            "is none and fer.stages empty: random weights would learn nothing. Add a stage, set "
            "fer.weights to file, or fer.learning_rate to about 1e-3."
        )


def check_stage_rate(random: bool, learning_rate: float) -> None:
    """Refuse a stage of pre-training that cannot train random weights."""
    if random and learning_rate <= FINE_TUNING_RATE:
        raise FacetdsError(
            f"fer.stages: learning_rate {learning_rate:g} of the first stage cannot train random "
            "weights; set it to about 1e-3, or fer.weights to file."
        )
