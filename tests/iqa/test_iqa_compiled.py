"""Where compiled code is kept: apart, private, shared by jobs that start together, or nowhere."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = """
from facetds.iqa.compiled import CACHE, compiled
import numpy as np

@compiled()
def total(values):
    sum = 0
    for value in values:
        sum += value
    return sum

print(CACHE, total(np.arange(5)), *total.stats.cache_hits.values())
"""


def start(folder, home, temporary):
    """Start the program as if it were installed in `folder`, and return its process."""
    program = folder / "program.py"
    program.write_text(PROGRAM)
    env = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    env |= {"HOME": str(home), "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1"}
    env["PYTHONPATH"] = str(ROOT / "workflow_scripts")
    words = [sys.executable, str(program)]
    return subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True)


def answer(process):
    out, _ = process.communicate()
    assert process.returncode == 0
    return out.split()


def test_jobs_that_start_together_share_one_cache(tmp_path):
    together = [start(tmp_path, tmp_path, tmp_path) for _ in range(2)]
    answers = [answer(process) for process in together]
    cache = Path(answers[0][0])
    assert cache.parent == tmp_path / ".cache/facetds"
    assert cache.stat().st_mode & 0o777 == 0o700
    assert [found[1] for found in answers] == ["10", "10"]
    assert len(list(cache.rglob("*.nbc"))) == 1
    assert answer(start(tmp_path, tmp_path, tmp_path)) == [str(cache), "10", "1"]
    assert not list(tmp_path.rglob("__pycache__"))


def test_cache_moves_to_the_temporary_folder_or_is_left_out(tmp_path):
    file = tmp_path / "file"
    file.touch()
    found = answer(start(tmp_path, file, tmp_path))
    assert Path(found[0]).parent == tmp_path / f"facetds-{os.getuid()}"
    Path(found[0]).parent.chmod(0o777)
    assert answer(start(tmp_path, file, tmp_path)) == ["None", "10"]
