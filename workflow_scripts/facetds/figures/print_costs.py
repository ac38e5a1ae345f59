"""Print what a run cost: time and memory of its rules, by stage."""

from pathlib import Path

from facetds import command
from facetds.errors import FacetdsError
from facetds.figures.provenance import list_costs


def print_costs(benchmarks: Path = Path("results/benchmarks"), stage: str | None = None) -> None:
    """Print jobs, time, CPU time and largest memory of every rule, and the sums of the stages.

    \b
    Examples:
      python -m facetds.figures.print_costs
      python -m facetds.figures.print_costs --stage gan

    The numbers are those that Snakemake measured of each job; jobs under a second count little.
    """  # noqa: D301 - the backspace keeps the lines of the examples apart
    costs = list_costs(benchmarks)
    if stage is not None:
        costs = costs[costs["stage"] == stage]
    if costs.empty:
        of = f" of the stage {stage}" if stage else ""
        raise FacetdsError(f"{benchmarks} has no benchmarks{of}; run the workflow first.")
    line = "{:<34}{:>6}{:>10}{:>10}{:>10}"
    print(line.format("stage, rule", "jobs", "seconds", "CPU s", "MiB"))
    for name, rules in costs.groupby("stage"):
        total = rules[["jobs", "seconds", "cpu_seconds"]].sum()
        print(_row(line, name, total, rules["max_mb"].max()))
        for _, rule in rules.iterrows():
            print(_row(line, f"  {rule['rule']}", rule, rule["max_mb"]))


def _row(line: str, name: str, row, memory: float) -> str:
    numbers = (f"{row['jobs']:.0f}", f"{row['seconds']:.1f}", f"{row['cpu_seconds']:.1f}")
    return line.format(name, *numbers, f"{memory:.0f}")


if __name__ == "__main__":
    command.run(print_costs)
