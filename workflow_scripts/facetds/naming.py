"""The names of generated images: SEED_ORDER.jpg, such as 9_000061.jpg (thesis 3.10.2)."""

import re

from facetds.errors import FacetdsError

ORDER_DIGITS = 6
PATTERN = re.compile(rf"(0|[1-9][0-9]*)_([0-9]{{{ORDER_DIGITS}}})\.jpg")


def image_name(seed: int, order: int) -> str:
    """Return the file name of the `order`-th image (0 to 999,999) if it is made from `seed`."""
    if seed < 0 or not 0 <= order < 10**ORDER_DIGITS:
        raise FacetdsError(
            f"Seed {seed}, order {order}: names take seeds from 0 and orders of {ORDER_DIGITS} "
            "digits; lower generate.n_images."
        )
    return f"{seed}_{order:0{ORDER_DIGITS}d}.jpg"


def parse_image_name(name: str) -> tuple[int, int]:
    """Return seed and order of a file name; the whole prefix counts, so 91_... is not of seed 9."""
    match = PATTERN.fullmatch(name)
    if match is None:
        raise FacetdsError(
            f"{name} is not named like 9_000061.jpg (seed, underscore, six digits); "
            "name the image so or leave it out."
        )
    return int(match[1]), int(match[2])
