"""Score the quality of every image of generated batches."""

from pathlib import Path

from facetds import command
from facetds.foreign import load_arrays
from facetds.iqa.definitions import choose_definitions
from facetds.iqa.originals import want_nearest
from facetds.iqa.regression import unpack
from facetds.iqa.scores import score_entries
from facetds.progress import say, track
from facetds.shards import read_manifest, read_shard
from facetds.tables import write_table


def score_batch(
    manifest: list[Path],
    originals: Path,
    regression: Path,
    out: list[Path],
    definitions: list[str] | None = None,
    features: list[Path] | None = None,
    described: Path | None = None,
    references: int = 1,
    reference_space: str = "landmarks",
) -> None:
    """Write image, seed, all scores, and the problem of images that could not be scored.

    `out` has a file for every batch of `manifest`. With `features` (of every batch) and `described`
    (of the originals) every image is compared with its own nearest `references`, else with those
    that `originals` says.
    """
    chosen = choose_definitions(definitions or [])
    arrays, packed = load_arrays(originals), load_arrays(regression)
    models = {name: unpack(packed, name) for name in ("sound", "thesis")}
    images, wanted = arrays["images"][arrays["reference"]], [None] * len(manifest)
    if features and described:
        known = load_arrays(described)
        wanted = [
            want_nearest(load_arrays(path), known, reference_space, references) for path in features
        ]
    for path, compared, scores in zip(manifest, wanted, out, strict=True):
        seeds = read_manifest(path)["seed"]
        entries = track(read_shard(path), what="score images", unit="image", total=len(seeds))
        table = score_entries(entries, images, models, chosen, compared)
        table.insert(1, "seed", seeds.to_numpy())
        for row in table[table["problem"] != ""].itertuples():
            say(f"{row.image} is not scored: {row.problem}")
        write_table(scores, table)


if __name__ == "__main__":
    command.run(score_batch)
