"""Which Action Units make up CFD's expressions, and how strong they are in a photo.

Intensities are FACS's, 0 to 5. The combinations are EMFACS's prototypes, loosened: nobody poses an
emotion with the same muscles twice, and a model trained on fixed combinations could not tell the
AUs apart.
"""

import numpy as np

from facetds.aus import DISFA_AUS

Recipe = dict[int, tuple[float, float, float]]
"""For each AU its chance, and the lowest and highest intensity if it shows."""

RESIDUE = 0.5
"""Highest intensity of an AU at rest; coders do not see it."""

ANGRY: Recipe = {4: (1, 2.5, 5), 5: (0.8, 1.5, 4.5), 9: (0.5, 1, 3.5), 25: (0.2, 1, 3)}
POUTING: Recipe = {15: (1, 2, 5), 17: (1, 1, 4)}
AFRAID: Recipe = {
    1: (1, 2, 5),
    2: (0.8, 1.5, 4),
    4: (0.6, 1, 4),
    5: (0.9, 2, 5),
    20: (0.6, 1, 4),
    25: (0.7, 1.5, 4),
    26: (0.4, 1, 4),
}
SAD: Recipe = {1: (1, 2, 5), 4: (0.6, 1, 4), 15: (1, 2, 5), 17: (0.6, 1, 4)}
SMILING: Recipe = {6: (0.85, 1.5, 5), 12: (1, 2, 5)}
LAUGHING: Recipe = {6: (0.85, 1.5, 5), 12: (1, 2.5, 5), 25: (1, 2, 5), 26: (0.4, 1, 3)}


def draw_expression(expression: str, random: np.random.Generator) -> dict[int, float]:
    """Return the intensity of every AU of `DISFA_AUS` in one photo of a CFD expression.

    N: at rest. A: 4, mostly 5, often 9; half of the photos also 15 and 17. F: 1, 2, 4, 5, 20, 25,
    26; a third of the photos is sad instead, 1, 4, 15 and 17, as actors' fear often is. HC: 6
    and 12. HO: the same with 25 and 26.
    """
    if expression == "A":
        recipe = ANGRY | POUTING if random.random() < 0.5 else ANGRY
    elif expression == "F":
        recipe = SAD if random.random() < 1 / 3 else AFRAID
    else:
        recipe = {"N": {}, "HC": SMILING, "HO": LAUGHING}[expression]
    return draw_intensities(recipe, random)


def draw_intensities(recipe: Recipe, random: np.random.Generator) -> dict[int, float]:
    """Return an intensity for every AU of `DISFA_AUS`: by the recipe, or a residue."""
    intensities = {}
    for au in DISFA_AUS:
        chance, low, high = recipe.get(au, (0.0, 0.0, 0.0))
        shown, intensity, residue = random.random(3)
        if shown < chance:
            intensities[au] = round(low + (high - low) * intensity, 2)
        else:
            intensities[au] = round(max(0, 2 * residue - 1) * RESIDUE, 2)
    return intensities
