"""Measure the faces of the originals in the way those of the generated images are measured."""

from pathlib import Path

from facetds import command
from facetds.files import write_arrays
from facetds.foreign import load_arrays
from facetds.iqa.face_checks import check_entries
from facetds.progress import track
from facetds.shards import Entry
from facetds.tables import write_table


def check_original_faces(
    originals: Path, out: Path, shapes: Path, detect_size: int, predictor: Path | None = None
) -> None:
    """Write number and the measures of its face, for every original at the generated size.

    The landmarks go to `shapes` (.npz), float32 N x 68 x 2, NaN for none.
    """
    arrays = load_arrays(originals)
    images = track(arrays["images"], what="look for faces", unit="image")
    entries = (Entry(str(n), image) for n, image in zip(arrays["number"], images, strict=True))
    table, landmarks = check_entries(entries, detect_size, predictor)
    write_arrays(shapes, landmarks=landmarks)
    write_table(out, table.drop(columns="problem").rename(columns={"image": "number"}))


if __name__ == "__main__":
    command.run(check_original_faces)
