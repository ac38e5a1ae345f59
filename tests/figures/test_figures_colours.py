"""Colours that mean something are told apart by readers who see fewer of them, and in print."""

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from skimage.color import deltaE_ciede2000, rgb2lab

from facetds.figures import style

# Machado, Oliveira and Fernandes 2009, full severity, in linear RGB.
SIGHT = {
    "all colours": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                 [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
CLEAR = 10
"""Differences (CIEDE2000) above this are seen at a glance; about 1 is just noticed."""


def seen(colour: str, sight) -> np.ndarray:
    """Return a colour as it is seen, in CIELAB."""
    value = np.array(to_rgb(colour))
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.array(sight) @ linear, 0, 1)
    value = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return rgb2lab(value[None, None])[0, 0]


@pytest.mark.parametrize("sight", SIGHT.values(), ids=SIGHT)
@pytest.mark.parametrize(
    "colours",
    [style.AU_COLOURS, {arm: look[0] for arm, look in style.ARM_STYLES.items()}],
    ids=["AUs", "arms"],
)
def test_colours_are_told_apart(colours, sight):
    lab = {name: seen(colour, sight) for name, colour in colours.items()}
    for a, b in itertools.combinations(lab, 2):
        assert deltaE_ciede2000(lab[a], lab[b]) > CLEAR, (a, b)


def test_arms_are_told_apart_without_any_colour():
    lightness = [seen(look[0], np.eye(3))[0] for look in style.ARM_STYLES.values()]
    assert min(abs(a - b) for a, b in itertools.combinations(lightness, 2)) > CLEAR
    dashes = [str(look[1]) for look in style.ARM_STYLES.values()]
    assert len(set(dashes)) == len(set(look[2] for look in style.ARM_STYLES.values())) == 3


def test_aus_have_a_marker_each():
    assert len(set(style.AU_MARKERS.values())) == len(style.AU_MARKERS) == 6
