"""The list of hostile inputs, cases.csv: what each is, what becomes of it, and which test shows it.

A test says which cases it is of in its name's brackets ("H140 empty") or by a mark,
`@pytest.mark.hostile("H188")`. `python tests/hostile/cases.py` writes the column of tests again.

What becomes of an input: refused (with a message that names it), set aside (listed with the reason
while the others are used), changed (used after what is hostile in it was taken out) or harmless
(used or left as it is, and nothing of it takes effect).
"""

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = Path(__file__).with_name("cases.csv")
OUTCOMES = ("refused", "set aside", "changed", "harmless")
COLUMNS = ("case", "kind", "input", "outcome", "tests")
# TensorFlow and torch never share a process, nor do their tests.
APART = (
    ("tests/fer/test_fer_hostile.py", "tests/fer/test_fer_hostile_predict.py"),
    ("tests/hostile", "tests/gan/test_gan_hostile.py", "tests/gan/test_gan_official.py",
     "tests/gan/test_gan_dataset.py", "tests/review", "tests/data", "tests/figures",
     "tests/seeds/test_seeds_labels.py"),
)  # fmt: skip


def read_cases() -> dict[str, dict[str, str]]:
    """Return the rows of the table by case."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["case"]: row for row in csv.DictReader(file)}


def outcome_of(case: str) -> str:
    """Return what is to become of a case, given as "H140" or as a test's id, "H140 empty"."""
    return read_cases()[case[:4]]["outcome"]


class Collector:
    """Collects which tests are of which cases."""

    def __init__(self) -> None:
        self.tests: dict[str, list[str]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Take note of every test."""
        for item in items:
            named = re.findall(r"\bH\d{3}\b", item.name)
            marked = [case for mark in item.iter_markers("hostile") for case in mark.args]
            for case in {*named, *marked}:
                test = item.nodeid.partition("[")[0]
                if test not in self.tests.setdefault(case, []):
                    self.tests[case].append(test)


def collect(paths: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the tests below `paths` by case, in this process."""
    collector = Collector()
    with open(os.devnull, "w") as nowhere:
        kept, sys.stdout = sys.stdout, nowhere
        try:
            status = pytest.main(["--collect-only", "-q", *paths], plugins=[collector])
        finally:
            sys.stdout = kept
    if status:
        raise SystemExit(f"pytest cannot collect {' '.join(paths)}")
    return collector.tests


def collect_all() -> dict[str, str]:
    """Return the tests of all cases, joined by spaces, from processes of their own."""
    found: dict[str, list[str]] = {}
    for paths in APART:
        command = [sys.executable, __file__, *paths]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        for line in done.stdout.splitlines():
            case, test = line.split(" ", 1)
            found.setdefault(case, []).append(test)
    return {case: " ".join(sorted(tests)) for case, tests in found.items()}


def main() -> None:
    """Write the table again, or list the tests of some paths."""
    if len(sys.argv) > 1:
        for case, tests in sorted(collect(tuple(sys.argv[1:])).items()):
            for test in tests:
                print(case, test)
        return
    tests = collect_all()
    rows = [{**row, "tests": tests.get(case, "")} for case, row in sorted(read_cases().items())]
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    without = [row["case"] for row in rows if not row["tests"]]
    print(f"{len(rows)} cases, {len(without)} without a test: {' '.join(without)}")


if __name__ == "__main__":
    main()
