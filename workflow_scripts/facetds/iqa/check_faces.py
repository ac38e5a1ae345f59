"""Look for the faces of generated batches, and measure them."""

from pathlib import Path

from facetds import command
from facetds.files import write_arrays
from facetds.iqa.face_checks import check_entries
from facetds.progress import say, track
from facetds.shards import read_manifest, read_shard
from facetds.tables import write_table


def check_faces(
    manifest: list[Path],
    out: list[Path],
    shapes: list[Path],
    detect_size: int,
    predictor: Path | None = None,
) -> None:
    """Write image, seed, and the measures of its face, and the landmarks to `shapes` (.npz).

    `out` and `shapes` have a file for every batch of `manifest`.
    """
    for files in zip(manifest, out, shapes, strict=True):
        _check_batch(*files, detect_size, predictor)


def _check_batch(
    manifest: Path, out: Path, shapes: Path, detect_size: int, predictor: Path | None
) -> None:
    seeds = read_manifest(manifest)["seed"]
    entries = track(read_shard(manifest), what="look for faces", unit="image", total=len(seeds))
    table, landmarks = check_entries(entries, detect_size, predictor)
    table.insert(1, "seed", seeds.to_numpy())
    found = (table["detector"] == "dlib").sum()
    say(f"dlib finds a face in {found} of {len(table)} images.")
    write_arrays(shapes, landmarks=landmarks)
    write_table(out, table)


if __name__ == "__main__":
    command.run(check_faces)
