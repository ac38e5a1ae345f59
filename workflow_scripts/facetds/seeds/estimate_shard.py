"""Look for the faces of one shard of previews, and estimate their AUs."""

from pathlib import Path

from facetds import command
from facetds.estimators import read_estimators
from facetds.progress import say, track
from facetds.seeds.reviews import estimate_entries
from facetds.shards import preview_directory, read_manifest, read_shard
from facetds.tables import write_table


def estimate_shard(
    manifest: Path, estimators: Path, out: Path, face_score: float, predictor: Path | None = None
) -> None:
    """Write seed, n_faces, score, reason, and the probability of each AU by both reviewers.

    The columns of probabilities are named a_AU1 to b_AU15; they are empty without a face.
    """
    seeds = read_manifest(manifest)["seed"]
    images = read_shard(manifest, preview_directory(manifest))
    entries = track(images, what="look at faces", unit="seed", total=len(seeds))
    table = estimate_entries(entries, read_estimators(estimators), face_score, predictor)
    table.insert(0, "seed", seeds.to_numpy())
    say(f"{(table['reason'] == '').sum()} of {len(table)} previews show one clear face")
    write_table(out, table, decimals=5)


if __name__ == "__main__":
    command.run(estimate_shard)
