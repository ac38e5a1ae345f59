"""One drawn person showing each of the six AUs at every intensity (thesis Figure 1.2)."""

from itertools import count

import numpy as np
import pandas as pd

from facetds.aus import AUS
from facetds.demo.face import Scene, render
from facetds.demo.identity import Identity, draw_identity
from facetds.demo.truth import ORIGIN
from facetds.progress import track
from facetds.randomness import seed_for

INTENSITIES = (0, 1, 2, 3, 4, 5)
"""Nothing, and FACS's A to E."""

OPEN_STYLES = ("bald", "buzz", "swept", "tied")
"""Hair that leaves the brows in sight."""


def choose_person(seed: int) -> Identity:
    """Return the first drawn person with nothing over the brows, the cheeks or the mouth."""
    for number in count():
        person = draw_identity(seed_for(seed, "demo.intensities.identity", number))
        if person.beard == "none" and person.hair_style in OPEN_STYLES and person.age < 50:
            return person
    raise AssertionError("unreachable: people are drawn without end")


def draw_aus(seed: int, size: int) -> tuple[np.ndarray, pd.DataFrame]:
    """Return faces (uint8 N x size x size x 3) and au, intensity, identity, origin of each.

    Every AU of `facetds.aus.AUS` is alone in its pictures, at 0 to 5; the noise is that of one
    picture, so that nothing else differs.
    """
    person, noise = choose_person(seed), seed_for(seed, "demo.intensities.render")
    # The shoulders are drawn, too, and cut off.
    height = round(1.5 * size)
    middle = (0.5, 0.46 * size / height)
    scene = Scene(height=height, width=size, iod=0.36 * size, center=middle, noise=0.5)
    table = pd.DataFrame(
        [(f"AU{au}", intensity) for au in AUS for intensity in INTENSITIES],
        columns=["au", "intensity"],
    ).assign(identity=person.seed, origin=ORIGIN)
    pictures = [
        render(person, {int(row.au.removeprefix("AU")): row.intensity}, scene, noise).pixels[:size]
        for row in track(list(table.itertuples()), what="draw AUs", unit="face")
    ]
    return np.stack(pictures), table
