"""Count how often each AU occurs in DISFA, by intensity (thesis A.1)."""

from pathlib import Path

from facetds import command
from facetds.aus import DISFA_AUS
from facetds.data.statistics import intensity_rates
from facetds.tables import read_table, write_table


def describe_disfa(frames: Path, out: Path) -> None:
    """Write au, intensity, frames and their share of all frames."""
    table = read_table(frames, [f"AU{au}" for au in DISFA_AUS])
    write_table(out, intensity_rates(table), decimals=6)


if __name__ == "__main__":
    command.run(describe_disfa)
