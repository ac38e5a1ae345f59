"""One full run of the workflow at the smallest sizes, in a copy of the repository."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "config.yaml", "rules", "schemas", "envs", "report", "resources", "profiles",
         "workflow_scripts")  # fmt: skip
TINY = Path("tests/workflow/tiny.yaml")


class Workflow:
    """A copy of the repository, and Snakemake in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def snakemake(self, *words: str, check: bool = True) -> subprocess.CompletedProcess:
        """Run Snakemake with the tiny sizes and return what it did and said."""
        command = [Path(sys.executable).parent / "snakemake", "--cores", "2", *words]
        if "--configfile" not in words:
            command += ["--configfile", str(TINY)]
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True,
            env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        )  # fmt: skip
        if check and done.returncode != 0:
            pytest.fail(
                f"{' '.join(map(str, command))}\n{done.stdout[-4000:]}{done.stderr[-8000:]}"
            )
        return done

    def planned(self, *words: str) -> dict[str, int]:
        """Return how many jobs of each rule a run would start."""
        said = self.snakemake("--dry-run", *words)
        lines = (said.stdout + said.stderr).splitlines()
        jobs = [re.fullmatch(r"(\w+)\s+(\d+)", line.strip()) for line in lines]
        return {job[1]: int(job[2]) for job in jobs if job and job[1] != "total"}

    def sizes(self) -> dict:
        """Return the tiny sizes, to be changed and given as another config file."""
        return yaml.safe_load((self.folder / TINY).read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def copied(tmp_path_factory) -> Workflow:
    """Return a copy of the workflow in an empty folder whose name has a space."""
    folder = tmp_path_factory.mktemp("work flow", numbered=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, folder / part)
    (folder / TINY).parent.mkdir(parents=True)
    shutil.copy(ROOT / TINY, folder / TINY)
    return Workflow(folder)


@pytest.fixture(scope="session")
def finished(copied) -> Workflow:
    """Return the copy after a full run."""
    copied.snakemake()
    return copied
