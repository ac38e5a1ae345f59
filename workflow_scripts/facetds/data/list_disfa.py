"""List DISFA's subjects, and the intensities of all frames that have a picture and all labels."""

from pathlib import Path

import pandas as pd

from facetds import command
from facetds.data.intensities import read_subject
from facetds.data.sources import check_folder
from facetds.errors import BadInput, FacetdsError
from facetds.progress import say, track
from facetds.rejects import Reject, write_rejected
from facetds.tables import write_table


def list_disfa(
    root: Path, subjects: list[str], camera: str, out: Path, frames: Path, rejected: Path
) -> None:
    """Write the tables of subjects and frames, and what was set aside with the reason.

    A subject without video or labels is set aside; its fold is then trained and tested without it.
    """
    check_folder(root, "disfa")
    rows, tables, rejects = [], [], []
    for subject in track(subjects, what="read labels", unit="subject"):
        try:
            row, table, problems = read_subject(root, subject, camera)
        except BadInput as error:
            remedy = "add it, or name the subject in data.dropped_subjects to keep the folds even"
            say(f"{subject} is set aside: {error}; {remedy}.")
            reason = str(error).replace(f"{root}/", "")
            rejects.append(Reject("disfa", subject, "", reason, error.code))
            continue
        rows.append(row)
        tables.append(table)
        rejects += problems
    if not rows:
        raise FacetdsError(
            f"config.yaml, key data.disfa: {root} holds none of the subjects in data.subjects with "
            f"video ({camera} camera) and labels. Give the folder that holds ActionUnit_Labels."
        )
    write_rejected(rejected, rejects)
    write_table(frames, pd.concat(tables))
    write_table(out, pd.DataFrame(rows))
    say(f"{len(rows)} of {len(subjects)} subjects; {len(rejects)} notes on what was set aside.")


if __name__ == "__main__":
    command.run(list_disfa)
