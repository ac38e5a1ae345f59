"""Annotate a set of generated images by their seeds (thesis 3.10.2, Figure 3.9)."""

from pathlib import Path

import numpy as np

from facetds import command
from facetds.annotate.annotation import annotate
from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.files import replacing
from facetds.labels import read_labels
from facetds.naming import parse_image_name
from facetds.progress import say
from facetds.tables import read_table, write_table


def annotate_set(images: Path, labels: Path, array: Path, table: Path, batches: Path) -> None:
    """Write uint8 N x 6 (AU1 AU4 AU5 AU6 AU12 AU15) to `array`, and its rows' images to `table`.

    `images` has batch, image and seed; `table` adds the path (below `batches`) and the AU columns.
    """
    listed = read_table(images, ("batch", "image", "seed"))
    for row in listed.itertuples():
        if parse_image_name(row.image)[0] != row.seed:
            raise FacetdsError(
                f"{images}: {row.image} is listed with seed {row.seed}; select the images again."
            )
    rows = annotate(listed["image"].tolist(), read_labels(labels))
    with replacing(array) as temporary, temporary.open("wb") as handle:
        np.save(handle, rows)
    paths = [batches / f"batch-{r.batch:05d}" / r.image for r in listed.itertuples()]
    listed = listed[["batch", "image", "seed"]].assign(path=[path.as_posix() for path in paths])
    listed[list(AU_NAMES)] = rows
    write_table(table, listed)
    say(f"{len(rows):,} images annotated, {(rows.sum(axis=1) == 0).mean():.0%} of them neutral")


if __name__ == "__main__":
    command.run(annotate_set)
