"""The workflow needs no network and no rights: it runs without an interface, and as anybody."""

import ast
import functools
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "workflow_scripts/facetds"
NOBODY = 65534
# What can fetch something. The review page serves this machine alone, and asks nobody.
FETCHERS = {
    *("requests", "httpx", "urllib.request", "http.client", "ftplib", "smtplib", "aiohttp"),
    *("torch.hub", "huggingface_hub", "kagglehub", "socket", "webbrowser"),
}
SERVER = PACKAGE / "review/server.py"
CODE = [path for path in sorted(PACKAGE.rglob("*.py")) if path != SERVER]
LOOK = (
    "import socket\n"
    "print([name for _, name in socket.if_nameindex()])\n"
    "try: socket.create_connection(('127.0.0.1', {port}), timeout=5)\n"
    "except OSError as error: print('no connection')\n"
)


def imported(source: str) -> set[str]:
    """Return the modules that Python source imports, with every parent's name."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names | {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_can_fetch_anything(path):
    assert imported(path.read_text(encoding="utf-8")) & FETCHERS == set()


def test_what_can_fetch_is_found():
    for line in ("import requests", "from urllib import request", "import urllib.request as u",
                 "from torch import hub", "from http.client import HTTPConnection"):  # fmt: skip
        assert imported(line) & FETCHERS


def test_the_whole_workflow_ran_without_a_network(finished):
    if not finished.offline:
        pytest.skip("unshare --net is not allowed here: run as root, or allow user namespaces.")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        look = [sys.executable, "-c", LOOK.format(port=listener.getsockname()[1])]
        outside, inside = (
            subprocess.run([*words, *look], capture_output=True, text=True, check=True).stdout
            for words in ((), finished.offline)
        )
    # The same words before the same command: no interface that is up, and not even this machine.
    assert "no connection" not in outside
    assert inside == "['lo']\nno connection\n"
    assert (finished.folder / "results/report.html").stat().st_size > 100_000


def make_python(start: Path, folder: Path) -> Path:
    """Return a Python that has this one's packages: itself, or in a new environment in `folder`."""
    if start == Path(sys.executable):
        return start
    subprocess.run([start, "-m", "venv", "--without-pip", folder], check=True, capture_output=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "shared.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin/python"


@pytest.fixture
def anybody():
    """anybody(*words) -> what a Python of an ordinary user did with them; a folder of theirs."""
    ids = (f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    before = () if os.geteuid() else ("setpriv", *ids, "--inh-caps=-all", "--bounding-set=-all")
    if before and shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed (Debian: util-linux).")
    # Not pytest's own folder, which is root's alone.
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o755)

        def run(python, *words):
            # By way of a shell, which has the rights no longer that setpriv itself still has.
            return subprocess.run(
                [*before, "/bin/sh", "-c", 'exec "$0" "$@"', python, *words],
                cwd=place, capture_output=True, text=True, check=False,
                env={"PATH": os.defpath, "HOME": str(place / "own")},
            )  # fmt: skip

        same = shutil.which(f"python3.{sys.version_info.minor}", path="/usr/local/bin:/usr/bin")
        for start in [sys.executable, *([same] if same else [])]:
            python = make_python(Path(start), place / "environment")
            if run(python, "-c", "import pandas, snakemake, cv2").returncode == 0:
                yield functools.partial(run, python), place
                return
    pytest.skip(f"An ordinary user cannot read {sys.executable}, nor is there another one for all.")


def test_an_ordinary_user_runs_the_workflow_out_of_a_folder_of_somebody_else(anybody, copied):
    run, place = anybody
    shared, own = place / "shared", place / "own"
    left = shutil.ignore_patterns("results", "logs", "work", ".snakemake")
    shutil.copytree(copied.folder, shared, ignore=left)
    own.mkdir()
    if os.geteuid():
        for path in (shared, *shared.rglob("*")):
            path.chmod(path.stat().st_mode & ~0o222)
    else:
        shared.chmod(0o755)
        os.chown(own, NOBODY, NOBODY)
    try:
        done = run("-c", f"import os; os.mkdir({str(shared / 'x')!r})")
        assert "Permission denied" in done.stderr
        done = run(
            "-m", "snakemake", "results/data/cfd_groups.csv", "--cores", "2",
            "--snakefile", shared / "Snakefile", "--directory", own,
            "--configfile", shared / "tests/workflow/tiny.yaml",
        )  # fmt: skip
    finally:
        shared.chmod(0o755)
        if os.geteuid():
            for path in shared.rglob("*"):
                path.chmod(path.stat().st_mode | 0o200)
    assert done.returncode == 0, done.stderr[-3000:]
    made = own / "results/data/cfd_groups.csv"
    assert made.stat().st_uid == (os.geteuid() or NOBODY)
    assert len(made.read_text().splitlines()) > 5
    assert not (shared / "results").exists()
