"""Write the seed lists of the AUs, and count their combinations (thesis 3.10, Table 3.2)."""

from pathlib import Path

from facetds import command
from facetds.files import write_text
from facetds.labels import read_labels
from facetds.progress import say
from facetds.seeds.lists import NAMES, count_combinations, count_expressions, list_seeds
from facetds.tables import write_table


def write_lists(labels: Path, out: Path, combinations: Path, expressions: Path) -> None:
    """Write all lists to `out` (lists.csv), and to lists/ each as the thesis had it: seed-IDs."""
    table = read_labels(labels)
    lists = list_seeds(table)
    for name in NAMES:
        seeds = lists.loc[lists["list"] == name, "seed"]
        write_text(out.with_suffix("") / f"{name}.txt", "".join(f"{seed}\n" for seed in seeds))
    write_table(out, lists)
    found = count_combinations(table)
    write_table(combinations, found, decimals=5)
    counts = count_expressions(table)
    write_table(expressions, counts, decimals=5)
    say(f"{len(table)} labelled seeds show {len(found)} combinations of AUs:")
    for row in counts.itertuples():
        say(f"  {row.au:8}{row.seeds:6} seeds ({row.share:.0%}), {row.alone} without another AU")


if __name__ == "__main__":
    command.run(write_lists)
