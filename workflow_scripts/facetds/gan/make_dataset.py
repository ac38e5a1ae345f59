"""Make the data set that the GAN learns from: of the cropped CFD, or of the user's own images.

By itself, it is a tool for data sets: `python -m facetds.gan.make_dataset --source FOLDER
--resolution 256 --out dataset.zip --sheet reals.png --rejected rejected.csv --summary summary.json`
"""

from collections import Counter
from pathlib import Path

from facetds import command
from facetds.errors import FacetdsError
from facetds.files import write_json
from facetds.foreign import load_arrays
from facetds.gan.classes import encode_labels
from facetds.gan.dataset import prepare_images, write_dataset
from facetds.gan.import_dataset import Imported, import_images
from facetds.gan.sheets import draw_reals
from facetds.images import write_image
from facetds.progress import say
from facetds.rejects import write_rejected


def make_dataset(
    out: Path,
    sheet: Path,
    rejected: Path,
    summary: Path,
    resolution: int,
    seed: int = 0,
    crops: Path | None = None,
    source: Path | None = None,
    cond: bool = False,
) -> None:
    """Write the data set to `out` (.zip) and some of its images to `sheet` (.png).

    crops: the cropped CFD (.npz); source: a zip or folder of images, in its place. rejected: a
    table of the images that were set aside; summary: how many were taken and changed (.json).
    cond: every image must have a label, and the sheet has a row of each.
    """
    if (crops is None) == (source is None):
        raise FacetdsError("--crops or --source is needed, and not both.")
    if source is not None:
        found = import_images(source, resolution)
    else:
        images = prepare_images(load_arrays(crops)["images"], resolution)
        found = Imported(images, None, [], Counter(), "no labels")
    if cond and found.labels is None:
        raise FacetdsError(
            f"gan.cond needs a label for every image of {source or crops}, but: {found.note}. "
            "Complete its dataset.json, or set gan.cond to false."
        )
    write_dataset(out, found.images, found.labels)
    write_image(
        sheet, draw_reals(found.images, seed, encode_labels(found.labels) if cond else None)
    )
    write_rejected(rejected, found.rejects)
    counts = {
        "images": len(found.images),
        "rejected": len(found.rejects),
        "changed": dict(found.changed),
        "labels": found.note,
        "resolution": resolution,
        "source": str(source or crops),
    }
    write_json(summary, counts)
    changes = ", ".join(f"{count} {what}" for what, count in found.changed.items()) or "none"
    say(
        f"{counts['source']}: {counts['images']} images; {counts['rejected']} set aside (listed in "
        f"{rejected}); changed: {changes}; {found.note}."
    )


if __name__ == "__main__":
    command.run(make_dataset)
