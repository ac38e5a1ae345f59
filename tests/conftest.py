"""What several suites share: the workflow in a copy of the repository, and one full run of it."""

import contextlib
import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest
import yaml

# A busy machine is no failure.
hypothesis.settings.register_profile("facetds", deadline=None)
hypothesis.settings.load_profile("facetds")

ROOT = Path(__file__).parents[1]
FER = ROOT / "tests/fer"
EITHER = ROOT / "tests/evaluate"  # imports neither TensorFlow nor torch
PARTS = ("Snakefile", "config.yaml", "rules", "schemas", "envs", "report", "resources", "profiles",
         "workflow_scripts")  # fmt: skip
TINY = Path("tests/workflow/tiny.yaml")


def pytest_collection_modifyitems(items):
    """TensorFlow and torch never share a process: the tests of the classifier run by themselves."""
    apart = {FER in item.path.parents for item in items if EITHER not in item.path.parents}
    if len(apart) == 2:
        raise pytest.UsageError(
            "TensorFlow (tests/fer) and torch (other stages) crash each other in one process. Run "
            "`pytest --ignore tests/fer` and `pytest tests/fer`, as `make test` does."
        )


@functools.cache
def network_taker() -> tuple[str, ...]:
    """Return the words before a command that take the network away; none where that is not allowed.

    The command runs in a namespace without interfaces: not even this machine answers.
    """
    for more in ([], ["--map-root-user"]):
        words = ("unshare", "--net", *more)
        with contextlib.suppress(OSError):
            if subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
                return words
    return ()


class Workflow:
    """A copy of the repository, and Snakemake in it.

    before: words before the command line, which change what the workflow may do. offline: those
    that took the network away from the full run; none if it had one. environment: variables for
    Snakemake.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.before, self.offline, self.environment = folder, (), (), {}

    def command(self, *words: str) -> list[str]:
        """Return Snakemake's command line with the tiny sizes."""
        command = [*self.before, str(Path(sys.executable).parent / "snakemake"), *words]
        if "--profile" not in words:
            command += ["--cores", "2", "--max-checksum-file-size", "100MB"]
        if "--configfile" not in words:
            command += ["--configfile", str(TINY)]
        return command

    def start(self, *words: str, **options) -> subprocess.Popen:
        """Start Snakemake and return its process."""
        env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | self.environment
        return subprocess.Popen(self.command(*words), cwd=self.folder, env=env, **options)

    def snakemake(self, *words: str, check: bool = True) -> subprocess.CompletedProcess:
        """Run Snakemake and return what it did and said."""
        process = self.start(
            *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace"
        )
        out, err = process.communicate()
        if check and process.returncode != 0:
            pytest.fail(f"{' '.join(process.args)}\n{out[-4000:]}{err[-8000:]}")
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

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
def copy_workflow(tmp_path_factory) -> Callable[[str], Workflow]:
    """Return a function that copies the workflow into a new folder of a given name."""

    def copy(name: str) -> Workflow:
        folder = tmp_path_factory.mktemp(name)
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                shutil.copy(source, folder / part)
        (folder / TINY).parent.mkdir(parents=True)
        shutil.copy(ROOT / TINY, folder / TINY)
        return Workflow(folder)

    return copy


@pytest.fixture(scope="session")
def copied(copy_workflow) -> Workflow:
    """Return a copy of the workflow in a folder whose name has a space."""
    return copy_workflow("work flow")


@pytest.fixture(scope="session")
def finished(copied) -> Workflow:
    """Return the copy after a full run without a network, where the network can be taken away."""
    copied.offline = copied.before = network_taker()
    copied.snakemake()
    copied.before = ()
    return copied


@pytest.fixture(scope="session")
def chromium():
    """One real Chromium for all tests; without it they are skipped, but fail in CI."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        words = "The tests of pages need Chromium (Debian: apt-get install chromium)."
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    flags += ["--host-resolver-rules=MAP evil.test 127.0.0.1"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=flags)
        yield browser
        browser.close()
