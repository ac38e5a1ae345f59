"""List the images that pre-train the classifier, with their labels."""

from pathlib import Path

import pandas as pd

from facetds import command
from facetds.aus import AU_NAMES
from facetds.data.pretraining import READERS, take_evenly
from facetds.data.sources import check_folder
from facetds.errors import FacetdsError
from facetds.files import digest
from facetds.progress import say, track
from facetds.randomness import generator
from facetds.rejects import write_rejected
from facetds.tables import read_table, write_table


def list_pretrain(
    source: Path,
    pretrain: str,
    out: Path,
    rejected: Path,
    seed: int,
    pretrain_images: int | None = None,
) -> None:
    """Write number, path, subject, expression, binary AU labels and sha256 of every image.

    `pretrain` says what `source` is: drawn (the table of the drawn faces), affectnet, rafdb (their
    folders) or csv (a table of your own). At most `pretrain_images` of the last three are taken.
    """
    if pretrain == "drawn":
        images, rejects = read_table(source, ("path", "subject", *AU_NAMES, "sha256")), []
    else:
        images, rejects = READERS[pretrain](
            source if pretrain == "csv" else check_folder(source, "pretrain_path")
        )
        taken = take_evenly(images, pretrain_images, generator(seed, "data.pretrain"))
        say(f"{taken.sum()} of {len(images)} images are taken; {len(rejects)} items set aside.")
        images = images[taken].reset_index(drop=True)
        images["subject"] = pd.factorize(images["subject"])[0]
        root = source.parent if pretrain == "csv" else source
        images["sha256"] = [
            digest(root / path) for path in track(images["path"], what="digest", unit="image")
        ]
    write_rejected(rejected, rejects)
    if images.empty or not images[list(AU_NAMES)].isin([0, 1]).all(axis=None):
        raise FacetdsError(
            f"{source} holds no usable image for data.pretrain: {pretrain}; "
            f"{rejected} has the reasons, and docs/data.md the layout expected."
        )
    if "expression" not in images:
        images["expression"] = ""
    images.insert(0, "number", range(len(images)))
    write_table(out, images[["number", "path", "subject", *AU_NAMES, "sha256", "expression"]])


if __name__ == "__main__":
    command.run(list_pretrain)
