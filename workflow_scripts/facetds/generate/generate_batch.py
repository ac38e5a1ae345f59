"""Generate one batch of the plan (thesis 3.1, step 8; 3.10.2)."""

from pathlib import Path

from facetds import command
from facetds.errors import FacetdsError
from facetds.files import digest
from facetds.gan.checkpoint import load_generator
from facetds.generate.batches import write_batch
from facetds.latents import read_directions
from facetds.progress import say, track
from facetds.tables import read_table, write_table

COLUMNS = ("batch", "order", "seed", "index", "degree", "psi")


def generate_batch(plan: Path, network: Path, directions: Path, batch: int, out: Path) -> None:
    """Write the images of a batch to the directory `out` without its suffix, then the manifest.

    The manifest `out` has image, seed, order, index, degree, psi and sha256, in the order of the
    plan. What else lay in the directory is gone.
    """
    table = read_table(plan, COLUMNS)
    table = table[table["batch"] == batch]
    if table.empty:
        raise FacetdsError(f"{plan} has no batch {batch}; run plan_images again.")
    generator = load_generator(network)
    found = read_directions(directions, digest(network))
    rows = track(table.itertuples(), what=f"batch {batch}", unit="image", total=len(table))
    manifest = write_batch(out.with_suffix(""), rows, generator, found)
    elapsed = rows.format_dict["elapsed"]
    say(f"{len(table):,} images in {elapsed:.1f} s, {len(table) / elapsed:.1f} per second")
    write_table(out, manifest)


if __name__ == "__main__":
    command.run(generate_batch)
