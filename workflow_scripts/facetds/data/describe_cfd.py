"""Describe who is in CFD: groups and ages (thesis 3.4.1)."""

from pathlib import Path

from facetds import command
from facetds.data import statistics
from facetds.progress import say
from facetds.tables import read_table, write_table


def describe_cfd(photos: Path, groups: Path, ages: Path, summary: Path) -> None:
    """Write photos per group, the histogram of rated ages, and their summary."""
    table = read_table(photos, (*statistics.GROUPS, "model", "age_rated"))
    neutral_only = statistics.one_expression_races(table)
    if neutral_only:
        say(
            f"Only neutral photos of race {', '.join(neutral_only)}: a network trained on this set "
            "learns expressions from the other races alone."
        )
    rated = statistics.model_ages(table)
    write_table(groups, statistics.count_groups(table))
    write_table(ages, statistics.histogram(rated))
    write_table(summary, statistics.summarise_ages(rated))


if __name__ == "__main__":
    command.run(describe_cfd)
