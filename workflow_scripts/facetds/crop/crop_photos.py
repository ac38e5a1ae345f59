"""Crop the faces of one shard of a table of photos: CFD's, or the pre-training images."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from facetds import command
from facetds.crop.cropping import MEASURES, Settings, count_detectors, crop_all
from facetds.errors import BadInput
from facetds.files import digest, write_arrays
from facetds.foreign import read_image
from facetds.progress import say, track
from facetds.rejects import Reject, write_rejected
from facetds.tables import read_table, write_table


def crop_photos(
    photos: Path,
    root: Path,
    source: str,
    shard: int,
    shards: int,
    crops: Path,
    table: Path,
    rejected: Path,
    size: int,
    zoom: float,
    center_shift: float,
    detect_size: int,
    upsample: int,
    max_padded: float,
    predictor: Path | None = None,
) -> None:
    """Write images, landmarks and number; their measures; and what was set aside with the reason.

    The shards are equal parts of the table; its paths are relative to `root`.
    """
    settings = Settings(size, zoom, center_shift, detect_size, upsample, max_padded, predictor)
    listed = read_table(photos, ("number", "path", "sha256"))
    part = listed.iloc[np.array_split(np.arange(len(listed)), shards)[shard]]
    items = track(_read(part, root), what="crop faces", unit="photo", total=len(part))
    found = crop_all(items, len(part), settings)
    measured = pd.DataFrame(found.rows, columns=["number", "image_path", *MEASURES])
    numbers = measured["number"].to_numpy(np.int64)
    write_arrays(crops, images=found.pixels, landmarks=found.landmarks, number=numbers)
    write_table(table, measured, decimals=6)
    rejects = [
        Reject(source, str(names["number"]), names["image_path"], str(error), error.code)
        for names, error in found.refused
    ]
    write_rejected(rejected, rejects)
    say(
        f"{len(measured)} of {len(part)} faces; {count_detectors(measured)}; "
        f"{len(rejects)} set aside."
    )


def _read(part: pd.DataFrame, root: Path) -> Iterator[tuple[dict[str, Any], np.ndarray | BadInput]]:
    """Yield number and path of every photo with its image, or why it cannot be used."""
    for photo in part.itertuples():
        path = root / photo.path
        try:
            image = read_image(path)
            if digest(path) != photo.sha256:
                image = BadInput("has changed since it was listed; list the data again", "changed")
        except BadInput as error:
            image = BadInput(str(error).removeprefix(f"{path} "), error.code)
        yield {"number": photo.number, "image_path": photo.path}, image


if __name__ == "__main__":
    command.run(crop_photos)
