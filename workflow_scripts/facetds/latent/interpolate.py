"""Draw the ways from one seed to another: linear in z (Eq. 2.3), slerp, linear in w."""

from pathlib import Path

import numpy as np
import pandas as pd

from facetds import command
from facetds.errors import FacetdsError
from facetds.gan.checkpoint import load_generator
from facetds.images import write_image
from facetds.latent.paths import METHODS, ws_on_path
from facetds.latent.sheets import draw_sheet
from facetds.latents import render
from facetds.tables import write_table


def interpolate(
    network: Path, out: Path, table: Path, path: list[int], steps: int, psi: float
) -> None:
    """Write a strip per method to `out`, and how far each image moved in w and grey to `table`."""
    if len(path) != 2:
        raise FacetdsError("latent.path: two seeds are needed, the first and the last of the way.")
    generator = load_generator(network)
    alphas = np.linspace(0, 1, steps)
    ws = [
        [ws_on_path(generator, tuple(path), a, method, psi) for a in alphas] for method in METHODS
    ]
    strips = np.array([[render(generator, one) for one in strip] for strip in ws])
    rows = []
    for method, strip, images in zip(METHODS, ws, strips.astype(float), strict=True):
        for step, alpha in enumerate(alphas):
            before = max(step - 1, 0)
            rows.append(
                {
                    "method": method,
                    "seed_a": path[0],
                    "seed_b": path[1],
                    "step": step,
                    "alpha": alpha,
                    "w_step": np.linalg.norm(strip[step][0] - strip[before][0]),
                    "grey_step": np.abs(images[step] - images[before]).mean(),
                }
            )
    write_table(table, pd.DataFrame(rows), decimals=5)
    columns = [f"{alpha:.2f}" for alpha in alphas]
    columns[0], columns[-1] = f"seed {path[0]}", f"seed {path[1]}"
    write_image(out, draw_sheet(strips, list(METHODS), columns)[0])


if __name__ == "__main__":
    command.run(interpolate)
