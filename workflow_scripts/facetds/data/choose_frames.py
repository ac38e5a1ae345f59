"""Choose the frames of DISFA that the study uses, and turn their intensities into labels."""

from pathlib import Path

import pandas as pd

from facetds import command
from facetds.aus import DISFA_AUS
from facetds.data.selection import POSITIVE_NAMES, binarise, select_frames
from facetds.progress import say
from facetds.randomness import generator
from facetds.tables import read_table, write_table


def choose_frames(
    frames: Path,
    out: Path,
    seed: int,
    frames_per_subject: int,
    positive_share: float,
    min_gap: int,
    threshold: int,
    dropped_subjects: list[str] | None = None,
) -> None:
    """Write the chosen frames of all subjects but the dropped ones: intensities, binary labels.

    The column chosen_for says for which AU, or as neutral or any frame, each was chosen.
    """
    table = read_table(frames, ("subject", "frame", *(f"AU{au}" for au in DISFA_AUS)))
    table = binarise(table[~table["subject"].isin(dropped_subjects or [])], threshold)
    parts = [table.iloc[:0].assign(chosen_for="")]
    for subject, part in table.groupby("subject"):
        # A draw of its own for every subject: leaving one out does not change the others.
        random = generator(seed, "data", int(subject.removeprefix("SN")))
        parts.append(select_frames(part, frames_per_subject, positive_share, min_gap, random))
        if len(parts[-1]) < frames_per_subject:
            say(f"{subject} has only {len(parts[-1])} of {frames_per_subject} frames.")
    chosen = pd.concat(parts)
    rates = chosen[list(POSITIVE_NAMES)].sum().to_dict()
    say(f"{len(chosen)} frames of {len(parts) - 1} subjects; positive: {rates}.")
    say(f"Chosen for: {chosen['chosen_for'].value_counts().to_dict()}.")
    write_table(out, chosen)


if __name__ == "__main__":
    command.run(choose_frames)
