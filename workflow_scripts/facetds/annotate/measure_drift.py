"""Measure how far edits move faces away from their seeds' labels."""

from pathlib import Path

from facetds import command
from facetds.annotate.drift import compare_edits, look_along, summarise_drift
from facetds.errors import FacetdsError
from facetds.estimators import read_estimators
from facetds.labels import read_labels
from facetds.progress import say, track
from facetds.shards import read_manifest, read_shard
from facetds.tables import write_table


def measure_drift(
    probe: Path,
    labels: Path,
    estimators: Path,
    out: Path,
    images: Path,
    predictor: Path | None = None,
) -> None:
    """Write a row per index and degree to `out`, and per image of the `probe` to `images`."""
    table = read_manifest(probe)
    auditors = read_estimators(estimators)
    entries = track(read_shard(probe), what="look at edits", unit="image", total=len(table))
    chances, reasons = look_along(table["seed"], entries, auditors, predictor)
    if (reasons == "unreadable").any():
        raise FacetdsError(f"{probe} has images that cannot be read; run render_probe again.")
    found = compare_edits(table, chances, read_labels(labels), auditors.names)
    say(f"{found['seed'].nunique()} of {table['seed'].nunique()} seeds show a face")
    drift = summarise_drift(found)
    for row in drift.sort_values("drift").tail(3)[::-1].itertuples():
        say(f"index {row.index}, degree {row.degree:g}: {row.drift:.0%} of the labels change")
    write_table(images, found.round(4))
    write_table(out, drift.round(4))


if __name__ == "__main__":
    command.run(measure_drift)
