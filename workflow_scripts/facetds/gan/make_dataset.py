"""Make the data set that the GAN learns from out of the cropped CFD."""

from pathlib import Path

from facetds import command
from facetds.foreign import load_arrays
from facetds.gan.dataset import prepare_images, write_dataset
from facetds.gan.sheets import draw_reals
from facetds.images import write_image


def make_dataset(crops: Path, out: Path, sheet: Path, resolution: int, seed: int) -> None:
    """Write the data set to `out` (.zip) and some of its images to `sheet` (.png)."""
    images = prepare_images(load_arrays(crops)["images"], resolution)
    write_dataset(out, images)
    write_image(sheet, draw_reals(images, seed))


if __name__ == "__main__":
    command.run(make_dataset)
