"""Check the user's published table of seed labels, and take it over."""

from pathlib import Path

from facetds import command
from facetds.files import digest
from facetds.labels import read_labels
from facetds.tables import write_table


def copy_labels(labels: Path, network: Path, out: Path) -> None:
    """Write the table, sorted and with all columns; it must be of `network` (see `read_labels`)."""
    write_table(out, read_labels(labels, digest(network)))


if __name__ == "__main__":
    command.run(copy_labels)
