"""Count how often each AU occurs in DISFA, by intensity and by subject (thesis 3.4, A.1)."""

from pathlib import Path

from facetds import command
from facetds.aus import DISFA_AUS
from facetds.data.statistics import intensity_rates, subject_rates
from facetds.tables import read_table, write_table


def describe_disfa(frames: Path, out: Path, subjects: Path, threshold: int) -> None:
    """Write au, intensity, frames and their share of all frames to `out`, base rates to `subjects`.

    A base rate is the share of a subject's frames whose intensity is at least `threshold`.
    """
    table = read_table(frames, ["subject", *(f"AU{au}" for au in DISFA_AUS)])
    write_table(out, intensity_rates(table), decimals=6)
    write_table(subjects, subject_rates(table, threshold), decimals=6)


if __name__ == "__main__":
    command.run(describe_disfa)
