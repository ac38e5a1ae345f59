"""List the photos of CFD with what their names and the norming data say."""

from pathlib import Path

from facetds import command
from facetds.data.norming import add_norming, read_norming
from facetds.data.photos import list_photos
from facetds.data.sources import check_folder
from facetds.progress import say
from facetds.rejects import write_rejected
from facetds.tables import write_table


def list_cfd(root: Path, out: Path, rejected: Path) -> None:
    """Write the table of photos, and what was set aside with the reason."""
    photos, rejects = list_photos(check_folder(root, "cfd"))
    ages, unread = read_norming(root)
    photos = add_norming(photos, ages)
    missing = (photos["norming_row"] == "missing").sum()
    say(
        f"{len(photos)} photos of {photos['model'].nunique()} models; {missing} without a row in "
        f"the norming data; {len(rejects) + len(unread)} items set aside."
    )
    write_rejected(rejected, [*rejects, *unread])
    write_table(out, photos)


if __name__ == "__main__":
    command.run(list_cfd)
