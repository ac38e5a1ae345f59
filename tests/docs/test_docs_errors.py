"""What a user meets on the way to the first run: every error says what to do."""

import errno
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from facetds.errors import FacetdsError
from facetds.review.server import listen

ROOT = Path(__file__).parents[2]


@pytest.fixture
def make(tmp_path):
    """Return a function that runs make in a folder with the Makefile and the lock alone."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(ROOT / "envs", tmp_path / "envs")
    (tmp_path / "bin").mkdir()

    def run(*words: str) -> subprocess.CompletedProcess:
        path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
        return subprocess.run(
            ["make", *words], cwd=tmp_path, env=os.environ | {"PATH": path}, text=True,
            capture_output=True, check=False,
        )  # fmt: skip

    return run


def write_tool(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_a_missing_python_is_named_with_the_remedy(make):
    done = make("venv", "PYTHON=python3.99")
    assert done.returncode != 0
    assert "There is no python3.99 here: install Python 3.11-3.13 and name it" in done.stderr
    assert "make PYTHON=" in done.stderr


@pytest.mark.parametrize("version", ["3, 9, 2", "3, 14, 0"])
def test_another_python_is_named_with_the_remedy(make, tmp_path, version):
    # The test's own Python, which says that it is another one.
    write_tool(
        tmp_path / "bin/python3.x",
        f'exec "{sys.executable}" -c "import sys; sys.version_info = ({version}); $2"',
    )
    done = make("venv", "PYTHON=python3.x")
    assert done.returncode != 0
    wanted = ".".join(version.split(", ")[:2])
    assert f"facetds needs Python 3.11-3.13, not {wanted}: make PYTHON=python3.12" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_too_little_room_for_the_environment_is_said_before_it_is_used(make, tmp_path):
    write_tool(tmp_path / "bin/df", "echo Filesystem; echo /dev/x 100 98 2000000 98% /")
    done = make("venv", f"PYTHON={sys.executable}")
    assert done.returncode != 0
    assert "takes 8 GB, and there are 2.0 GB free here: make room" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_full_disk_ends_a_command_with_a_sentence(tmp_path):
    script = tmp_path / "fill.py"
    script.write_text(
        "from facetds import command\n"
        "def fill():\n"
        "    '''Write to a device that is always full.'''\n"
        "    with open('/dev/full', 'w') as device:\n"
        "        device.write('x')\n"
        "command.run(fill)\n"
    )
    done = subprocess.run(
        [sys.executable, script], text=True, capture_output=True, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT / "workflow_scripts")},
    )  # fmt: skip
    assert done.returncode == 1
    assert os.strerror(errno.ENOSPC) in done.stderr
    assert "make room" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_named_with_the_remedy():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(FacetdsError, match=rf"Port {port} cannot be used.* --port") as caught:
            listen(port)
    assert "0 takes a free one" in str(caught.value)


def test_figures_are_drawn_without_a_display(tmp_path):
    code = (
        "import pandas as pd; from facetds.figures import sheets, style;"
        "table = pd.DataFrame({'a': ['1']});"
        f"style.save_figure(sheets.draw_table(table), r'{tmp_path / 'x.png'}', table)"
    )
    quiet = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    quiet |= {"PYTHONPATH": str(ROOT / "workflow_scripts"), "MPLBACKEND": "TkAgg"}
    subprocess.run([sys.executable, "-c", code], env=quiet, check=True)
    assert (tmp_path / "x.pdf").read_bytes().startswith(b"%PDF")


def test_help_names_every_target_of_the_makefile():
    listed = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, text=True, capture_output=True,
        check=True,
    ).stdout  # fmt: skip
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = text.split(".PHONY:")[1].split("\n")[0].split()
    assert {"venv", "review", "test"} <= set(targets)
    for target in set(targets) - {"all", "help"}:
        assert f"make {target} " in listed, target
