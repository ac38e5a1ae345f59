"""Look for the AUs in a sample of annotated images, which may have lost what their seed showed."""

from pathlib import Path

from facetds import command
from facetds.annotate.audit import check_images, draw_sample
from facetds.errors import FacetdsError
from facetds.estimators import read_estimators
from facetds.progress import say, track
from facetds.shards import Entry, read_entry, read_manifest
from facetds.tables import read_table, write_table

COLUMNS = ("batch", "image", "seed")


def check_labels(
    table: Path,
    batches: Path,
    estimators: Path,
    out: Path,
    checked: int,
    seed: int,
    predictor: Path | None = None,
) -> None:
    """Write batch, image, reason and the estimated P_AU1 to P_AU15 of a sample of the images.

    `table` lists the images of a set by batch, whose manifests lie in `batches`; at most `checked`
    of them are drawn.
    """
    drawn = draw_sample(read_table(table, COLUMNS), checked, seed)
    digests = {}
    for batch in drawn["batch"].unique():
        manifest = batches / f"batch-{batch:05d}.csv"
        digests[batch] = manifest, read_manifest(manifest).set_index("image")["sha256"]

    def read(batch: int, image: str) -> Entry:
        manifest, known = digests[batch]
        if image not in known.index:
            raise FacetdsError(f"{table}: {image} is not in {manifest}; select the images again.")
        return read_entry(manifest, image, known[image])

    rows = track(drawn.itertuples(), what="look for AUs", unit="image", total=len(drawn))
    entries = (read(row.batch, row.image) for row in rows)
    found = check_images(entries, read_estimators(estimators), predictor)
    found.insert(0, "batch", drawn["batch"].to_numpy())
    say(f"{(found['reason'] == '').sum()} of {len(found)} images could be judged")
    write_table(out, found)


if __name__ == "__main__":
    command.run(check_labels)
