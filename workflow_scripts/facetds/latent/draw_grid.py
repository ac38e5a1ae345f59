"""Draw what every direction does to several seeds: seed x index x degree (thesis Figure 2.4)."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from facetds import command
from facetds.files import digest
from facetds.foreign import load_arrays
from facetds.gan.checkpoint import load_generator
from facetds.images import write_image
from facetds.latent.sheets import draw_sheet
from facetds.latents import check_indexes, read_directions, render, spread_along, ws_of_seed
from facetds.progress import track
from facetds.tables import write_table

SIDE = 96
"""Pixels that an image takes in the sheet."""


def draw_grid(
    network: Path,
    directions: Path,
    samples: Path,
    out: Path,
    table: Path,
    grid_seeds: list[int],
    grid_indexes: list[int],
    grid_degrees: list[float],
    psi: float,
) -> None:
    """Write the grid to `out`, and a row per image to `table`.

    w_sd is the standard deviation of the sampled seeds along the direction (`spread_along`),
    degree_sd the degree in that unit, so that degrees of different networks compare; grey_change is
    the mean absolute difference to the seed's own image in grey levels; left, top and side say
    where the image lies in `out`, in pixels.
    """
    generator = load_generator(network)
    found = read_directions(directions, digest(network))
    check_indexes(grid_indexes, found)
    spread = spread_along(found, load_arrays(samples)["w"], psi)
    images, rows = [], []
    pairs = list(product(grid_indexes, grid_seeds))
    for index, seed in track(pairs, what="draw", unit="strip"):
        own = render(generator, ws_of_seed(generator, seed, psi)).astype(float)
        strip = [
            render(generator, ws_of_seed(generator, seed, psi, found, index, degree))
            for degree in grid_degrees
        ]
        images.append(strip)
        rows += [
            {
                "seed": seed,
                "index": index,
                "degree": degree,
                "w_sd": spread[index],
                "degree_sd": degree / spread[index],
                "grey_change": np.abs(image - own).mean(),
            }
            for degree, image in zip(grid_degrees, strip, strict=True)
        ]
    names = [f"index {index}, SD {spread[index]:.2f}\nseed {seed}" for index, seed in pairs]
    breaks = range(len(grid_seeds), len(pairs), len(grid_seeds))
    degrees = [f"{degree:+g}" if degree else "0" for degree in grid_degrees]
    sheet, corners = draw_sheet(np.array(images), names, degrees, tile=SIDE, breaks=list(breaks))
    write_image(out, sheet)
    places = pd.DataFrame(corners, columns=["left", "top"]).assign(side=SIDE)
    write_table(table, pd.concat([pd.DataFrame(rows), places], axis=1), decimals=5)


if __name__ == "__main__":
    command.run(draw_grid)
