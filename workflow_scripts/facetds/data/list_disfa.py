"""List DISFA's subjects, and the intensities of all frames that have a picture and all labels."""

from pathlib import Path

from facetds import command
from facetds.data.intensities import read_subjects
from facetds.data.sources import check_folder
from facetds.errors import FacetdsError
from facetds.progress import say
from facetds.rejects import write_rejected
from facetds.tables import write_table


def list_disfa(
    root: Path, subjects: list[str], camera: str, out: Path, frames: Path, rejected: Path
) -> None:
    """Write the tables of subjects and frames, and what was set aside with the reason.

    A subject without video or labels is set aside; its fold is then trained and tested without it.
    """
    check_folder(root, "disfa")
    found, labels, rejects = read_subjects(root, subjects, camera)
    remedy = "add it, or name the subject in data.dropped_subjects to keep the folds even"
    for reject in rejects:
        if reject.item in subjects:
            say(f"{reject.item} is set aside: {reject.reason}; {remedy}.")
    if found.empty:
        raise FacetdsError(
            f"config.yaml, key data.disfa: {root} holds none of the subjects in data.subjects with "
            f"video ({camera} camera) and labels. Give the folder that holds ActionUnit_Labels."
        )
    write_rejected(rejected, rejects)
    write_table(frames, labels)
    write_table(out, found)
    say(f"{len(found)} of {len(subjects)} subjects; {len(rejects)} notes on what was set aside.")


if __name__ == "__main__":
    command.run(list_disfa)
