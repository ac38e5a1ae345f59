"""Every command of the README is run here, and modules that the docs run explain themselves."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
PYTHON = ".venv/bin/python"
PREFIX = f"PYTHONPATH=workflow_scripts {PYTHON} -m "
# What stands for the user's own folders.
PLACES = {
    "/data/DISFA": "results/demo/disfa",
    '"/data/CFD Version 3.0"': "results/demo/cfd",
}
# Days of work, or a cluster: planned, not done. tests/slurm runs the profile on a real Slurm.
PLANNED = (
    ".venv/bin/snakemake --profile profiles/thesis",
    ".venv/bin/snakemake --profile profiles/slurm --configfile profiles/thesis/paper.yaml",
)
# Runs until it is stopped.
SERVING = ("make review REVIEWER=anna",)
# This very test is part of the first, and .ci/run calls both.
OURSELVES = ("make test", "make test-slurm")


def list_commands(page: Path) -> list[str]:
    """Return the commands in a page's blocks and, in its text, those that begin like one."""
    text = page.read_text(encoding="utf-8")
    found = []
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        lines = block.replace("\\\n", " ").splitlines()
        found += [" ".join(line.split("  #")[0].split()) for line in lines]
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)]
    found += [span for span in spans if span.startswith((PREFIX, ".venv/bin/", "make "))]
    return list(dict.fromkeys(found))


def quiet() -> dict[str, str]:
    """Return the environment without what an outer make or test run has set."""
    skipped = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHONPATH")
    return {key: value for key, value in os.environ.items() if key not in skipped}


def merge(below: dict, above: dict) -> dict:
    """Return a config with another laid over it, section by section."""
    return {
        key: value | above.get(key, {}) if isinstance(value, dict) else above.get(key, value)
        for key, value in below.items()
    }


@pytest.fixture(scope="module")
def home(finished, tmp_path_factory):
    """Return a copy of a full run as a user has it: with Makefile, .venv and its own sizes."""
    folder = tmp_path_factory.mktemp("home") / "my run"
    shutil.copytree(finished.folder, folder, symlinks=True)
    shutil.copy(ROOT / "Makefile", folder)
    (folder / ".venv").symlink_to(Path(sys.executable).parents[1])
    config = folder / "config.yaml"
    sizes = merge(yaml.safe_load(config.read_bytes()), finished.sizes())
    config.write_text(yaml.safe_dump(sizes, sort_keys=False))
    return folder


def run(command: str, folder: Path) -> str:
    """Run a command line as written, and return what it says."""
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=quiet(), text=True, capture_output=True,
        check=False, errors="replace",
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 0, f"{command}\n{said[-4000:]}"
    return said


@pytest.mark.parametrize("command", list_commands(README))
def test_a_command_of_the_readme_does_what_it_says(command, home):
    for place, stand_in in PLACES.items():
        command = command.replace(place, stand_in)
    target = command.split()[-1]
    if command in OURSELVES:
        assert command in (ROOT / ".ci/run").read_text(encoding="utf-8")
        assert "pytest" in run(f"{command} --dry-run", home)
    elif command in SERVING:
        assert serve(f'{command} OPTIONS="--port 0"', home)
    elif command.removesuffix(" -n") in PLANNED:
        assert "generate_batch" in plan(command.removesuffix(" -n"), home)
    elif command.startswith(".venv/bin/snakemake") and target.startswith("results/"):
        (home / target).unlink()
        said = run(command, home)
        assert (home / target).is_file()
        assert re.findall(r"^(\w+) +\d+$", said, re.MULTILINE) == ["draw_classifier", "total"]
    elif command == "make":
        assert f"The report: {home}/results/report.html" in run(command, home)
    else:
        assert re.search(
            r"Nothing to be done|found: |^make |subjects \(", run(command, home), re.MULTILINE
        ), f"the README's command {command} has no test of what it does; add one here"


@cache
def plan(command: str, folder: Path) -> str:
    """Return what Snakemake says that a command would do."""
    return run(f"{command} -n", folder)


def serve(command: str, folder: Path) -> bool:
    """Start a page, and return whether it answers with an address and ends well by Ctrl+C."""
    process = subprocess.Popen(
        # Whoever runs the tests in the background may have had Ctrl+C ignored.
        ["env", "--default-signal=INT", "bash", "-c", command],
        cwd=folder, env=quiet(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("http://127.0.0.1:"):
            os.killpg(process.pid, signal.SIGINT)
    process.wait()
    text = "".join(said)
    assert "http://127.0.0.1:" in text, text[-4000:]
    assert "Traceback" not in text, text[-4000:]
    return True


def list_by_hand() -> list[str]:
    """Return the modules' commands in the docs that a finished run has the files for."""
    commands = {command for page in PAGES[1:] for command in list_commands(page)}
    # Publishing needs a person's review, predicting an ensemble: see tests/review and tests/fer.
    skipped = ("--help", "ffhq.pkl", "--stage", "review.publish", "fer.predict")
    return sorted(c for c in commands if c.startswith(PREFIX) and not any(s in c for s in skipped))


@pytest.mark.parametrize("command", list_by_hand())
def test_a_command_of_the_docs_runs(command, home):
    for place, stand_in in PLACES.items():
        command = command.replace(place, stand_in)
    assert run(command, home)


def test_targets_of_the_docs_are_known(home):
    commands = [command for page in PAGES for command in list_commands(page)]
    targets = {c.split()[-1] for c in commands if " results/" in c and "snakemake" in c}
    assert len(targets) >= 3
    run(f".venv/bin/snakemake -n {shlex.join(sorted(targets))}", home)


def list_modules() -> list[str]:
    """Return the modules that README and docs run by hand."""
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    return sorted(set(re.findall(r"python -m (facetds[\w.]+)", text)))


@pytest.mark.parametrize("module", list_modules())
def test_a_command_explains_itself_by_an_example(module):
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"], text=True, capture_output=True, check=True,
        env=quiet() | {"PYTHONPATH": str(ROOT / "workflow_scripts"), "COLUMNS": "200"},
    )  # fmt: skip
    assert re.search(rf"Examples?:\s+python -m {module}\b", done.stdout), done.stdout


def test_the_docs_name_modules_with_what_they_need():
    for page in PAGES:
        text = " ".join(page.read_text(encoding="utf-8").split())
        assert text.count("python -m facetds") == text.count(PREFIX + "facetds"), page.name


def test_commands_are_read_as_they_are_shown(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "```sh\nmake   # all\nx --a \\\n  --b c\n```\nand `make review REVIEWER=anna`, `SEED`\n"
    )
    assert list_commands(page) == ["make", "x --a --b c", "make review REVIEWER=anna"]
    assert shlex.split(PREFIX)[1] == PYTHON
