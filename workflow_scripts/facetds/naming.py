"""The names of generated images: SEED_ORDER.jpg, such as 9_000061.jpg (thesis 3.10.2)."""

import re

from facetds.errors import FacetdsError

PATTERN = re.compile(r"(0|[1-9][0-9]*)_([0-9]{6}|[1-9][0-9]{6,})\.jpg")


def image_name(seed: int, order: int) -> str:
    """Return the file name of the `order`-th image if it is made from `seed`.

    The order has six digits, and more from the millionth image on.
    """
    if seed < 0 or order < 0:
        raise FacetdsError(f"Seed {seed}, order {order}: names take numbers from 0; correct them.")
    return f"{seed}_{order:06d}.jpg"


def parse_image_name(name: str) -> tuple[int, int]:
    """Return seed and order of a file name; the whole prefix counts, so 91_... is not of seed 9."""
    match = PATTERN.fullmatch(name)
    if match is None:
        raise FacetdsError(
            f"{name} is not named like 9_000061.jpg (seed, underscore, six digits or "
            "more); name the image so or leave it out."
        )
    return int(match[1]), int(match[2])
