"""List the images that pre-train the classifier, with their labels."""

from pathlib import Path

from facetds import command
from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.tables import read_table, write_table


def list_pretrain(table: Path, out: Path) -> None:
    """Write number, path, subject, the binary labels and sha256 of every image."""
    images = read_table(table, ("path", "subject", *AU_NAMES, "sha256"))
    if images.empty or not images[list(AU_NAMES)].isin([0, 1]).all(axis=None):
        raise FacetdsError(f"{table} needs rows, with 0 or 1 for every AU; make it again.")
    images.insert(0, "number", range(len(images)))
    write_table(out, images[["number", "path", "subject", *AU_NAMES, "sha256"]])


if __name__ == "__main__":
    command.run(list_pretrain)
