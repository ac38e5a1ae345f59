"""Score the quality of every image of one generated batch."""

from pathlib import Path

from facetds import command
from facetds.foreign import load_arrays
from facetds.iqa.metrics import prepare
from facetds.iqa.regression import unpack
from facetds.iqa.scores import score_entries
from facetds.progress import say, track
from facetds.shards import read_manifest, read_shard
from facetds.tables import write_table


def score_batch(manifest: Path, originals: Path, regression: Path, out: Path) -> None:
    """Write image, seed, all scores, and the problem of images that could not be scored."""
    seeds = read_manifest(manifest)["seed"]
    arrays, packed = load_arrays(originals), load_arrays(regression)
    references = [prepare(image) for image in arrays["images"][arrays["reference"]]]
    models = {name: unpack(packed, name) for name in ("sound", "thesis")}
    entries = track(read_shard(manifest), what="score images", unit="image", total=len(seeds))
    table = score_entries(entries, references, models)
    table.insert(1, "seed", seeds.to_numpy())
    for problem in table["problem"][table["problem"] != ""]:
        say(f"Not scored: {problem}")
    write_table(out, table)


if __name__ == "__main__":
    command.run(score_batch)
