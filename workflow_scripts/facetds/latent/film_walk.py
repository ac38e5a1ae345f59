"""Film a walk through the latent space, from seed to seed and back to the first."""

from pathlib import Path

import numpy as np

from facetds import command
from facetds.errors import FacetdsError
from facetds.gan.checkpoint import load_generator
from facetds.images import resize
from facetds.latent.films import write_film
from facetds.latent.paths import METHODS, ws_on_path
from facetds.latents import render
from facetds.progress import track

SIDE = 256


def film_walk(
    network: Path, out: Path, stops: list[int], walk: str, walk_images: int, rate: int, psi: float
) -> None:
    """Write the film to `out` (.gif or .mp4).

    It has `walk_images` images from one of the `stops` (seeds) to the next, `rate` per second, on
    the way `walk` (`facetds.latent.paths.METHODS`). Small images are enlarged.
    """
    if walk not in METHODS:
        raise FacetdsError(f"latent.walk: {walk!r} is unknown; choose from {', '.join(METHODS)}.")
    if len(stops) < 2:
        raise FacetdsError("A walk needs two seeds or more, such as walk-3-14.gif.")
    generator = load_generator(network)
    ways = [(a, b) for a, b in zip(stops, [*stops[1:], stops[0]], strict=True)]
    alphas = np.linspace(0, 1, walk_images, endpoint=False)
    places = [(way, alpha) for way in ways for alpha in alphas]
    side = max(generator.img_resolution, SIDE)
    images = [
        resize(render(generator, ws_on_path(generator, way, alpha, walk, psi)), side)
        for way, alpha in track(places, what="walk", unit="image")
    ]
    write_film(out, images, rate)


if __name__ == "__main__":
    command.run(film_walk)
