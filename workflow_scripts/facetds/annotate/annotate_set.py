"""Annotate a set of generated images by their seeds (thesis 3.10.2, Figure 3.9), or by a model."""

from pathlib import Path

import numpy as np

from facetds import command
from facetds.annotate.annotation import annotate
from facetds.annotate.checks import find_faults
from facetds.annotate.predictions import flag_contradictions, label_by_prediction, read_predictions
from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.files import replacing
from facetds.labels import read_labels
from facetds.naming import parse_image_name
from facetds.progress import say
from facetds.tables import read_table, write_table


def annotate_set(
    images: Path,
    labels: Path,
    array: Path,
    table: Path,
    batches: Path,
    source: str = "seed",
    predictions: Path | None = None,
    threshold: float = 0.5,
    sure: float = 0.9,
) -> None:
    """Write uint8 N x 6 (AU1 AU4 AU5 AU6 AU12 AU15) to `array`, and its rows' images to `table`.

    `images` has batch, image and seed; `table` adds the path (below `batches`), the AU columns and
    flagged: with `source` hybrid, the AUs of whose opposite the model of `predictions` is `sure`.
    `source` seed and hybrid take the labels of the seeds, prediction those that the model gives a
    probability of at least `threshold`.
    """
    listed = read_table(images, ("batch", "image", "seed"))
    for row in listed.itertuples():
        if parse_image_name(row.image)[0] != row.seed:
            raise FacetdsError(
                f"{images}: {row.image} is listed with seed {row.seed}; select the images again."
            )
    names, known = listed["image"].tolist(), read_labels(labels)
    rows = annotate(names, known)
    flagged = np.zeros(rows.shape, bool)
    if source != "seed":
        if predictions is None:
            raise FacetdsError(
                f"annotate.source {source} needs a model's table of probabilities; name it in "
                "annotate.predictions (columns image, P_AU1 to P_AU15)."
            )
        chances = read_predictions(predictions, names)
        if source == "prediction":
            rows = label_by_prediction(chances, threshold)
        else:
            flagged = flag_contradictions(rows, chances, sure)
    if faults := find_faults(rows, names, known if source != "prediction" else None):
        raise FacetdsError(f"{images}: {faults[0]}; select the images again.")
    with replacing(array) as temporary, temporary.open("wb") as handle:
        np.save(handle, rows)
    paths = [batches / f"batch-{r.batch:05d}" / r.image for r in listed.itertuples()]
    listed = listed[["batch", "image", "seed"]].assign(path=[path.as_posix() for path in paths])
    listed[list(AU_NAMES)] = rows
    listed["flagged"] = [" ".join(np.array(AU_NAMES)[marks]) for marks in flagged]
    write_table(table, listed)
    say(
        f"{len(rows):,} images annotated by {source}, {(rows.sum(axis=1) == 0).mean():.0%} of them "
        f"neutral, {flagged.any(axis=1).mean():.0%} flagged"
    )


if __name__ == "__main__":
    command.run(annotate_set)
