"""Two processes train as one, by torchrun and gloo on the CPU, through signals, too."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from facetds.errors import FacetdsError
from facetds.gan.dataset import write_dataset
from facetds.gan.parallel import ALONE, Team
from facetds.gan.segments import Segment, run_segment
from facetds.gan.state import check_settings, new_state, read_state, write_state
from facetds.gan.training import share_statistics
from facetds.gan.workplace import STOPPED, check_device

SCRIPTS = Path(__file__).parents[2] / "workflow_scripts"
BEGUN = 560
"""Images shown before the segment: 28 steps of 16 are left, 7 with path lengths, 1 with R1."""


@pytest.fixture(scope="module")
def prepare(toy, pictures):
    """prepare(folder, **changes): write a data set of classes, and the state to start from."""

    def write(folder, **changes):
        write_dataset(folder / "data.zip", pictures(), [0, 1, 2, 1] * 5)
        state = new_state(toy(batch=16, micro_batch=8, c_dim=3, **changes))
        state.shown, state.iteration = BEGUN, BEGUN // 16
        write_state(folder / "start.pkl", state)
        return folder

    return write


@pytest.fixture(scope="module")
def folder(tmp_path_factory, prepare):
    return prepare(tmp_path_factory.mktemp("parallel"))


@pytest.fixture(scope="module")
def alone(folder):
    """Return the state after training in one process."""
    names = ("start.pkl", "data.zip", "one.pkl", "one.csv", "one")
    run_segment(Segment(*(folder / name for name in names), 1), 1e9)
    return read_state(folder / "one.pkl")


def start(folder, name):
    """Start the training in two processes as the rule does; it writes `name`.pkl."""
    options = {
        "previous": "start.pkl", "dataset": "data.zip", "out": f"{name}.pkl",
        "speed": f"{name}.csv", "work": name, "kimg": 1, "gpus": 2, "threads": 2,
        "log": f"{name}.txt",
    }  # fmt: skip
    words = [word for key, value in options.items() for word in (f"--{key}", str(value))]
    return subprocess.Popen(
        [sys.executable, "-m", "facetds.gan.train_segment", *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(SCRIPTS), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture(scope="module")
def together(folder):
    """Return the state after training in two processes."""
    assert start(folder, "two").wait(300) == 0, (folder / "two.txt").read_text()
    return read_state(folder / "two.pkl")


def differ(rows, others):
    """Return the largest difference in rows of ticks, relative where values exceed 1."""
    return max(
        abs(value - other[name]) / max(1, abs(value))
        for row, other in zip(rows, others, strict=True)
        for name, value in row.items()
        if value is not None
    )


def test_two_processes_have_the_loss_curve_of_one(alone, together, capsys):
    """Only the order of sums differs, by float32 rounding (6e-8) of each gradient.

    Adam's steps keep its size, and some ten steps multiply it; the bound leaves a factor of ten.
    Another seed is off by a million times as much. (Hundreds of steps on, any rounding grows to
    differences that can be seen, as chaotic systems do.)
    """
    found = differ(alone.rows, together.rows)
    styles = (alone.g.mapping.w_avg - together.g.mapping.w_avg).abs().max()
    with capsys.disabled():
        print(f"\n2 processes against 1: rows {found:.1e}, mean w {float(styles):.1e}")
    assert len(alone.rows) > 6
    assert found < 1e-5
    assert styles < 1e-5
    assert [r["r_t"] for r in alone.rows] == [r["r_t"] for r in together.rows]
    assert (alone.p, alone.shown) == (together.p, together.shown)


def test_another_seed_has_another_curve(alone, tmp_path, prepare):
    prepare(tmp_path, seed=2)
    names = ("start.pkl", "data.zip", "one.pkl", "one.csv", "one")
    run_segment(Segment(*(tmp_path / name for name in names), 0.62), 1e9)
    rows = read_state(tmp_path / "one.pkl").rows
    assert differ(rows, alone.rows[: len(rows)]) > 1e-2


def test_a_signal_stops_all_and_the_next_run_goes_on(folder, together):
    """USR1, which torchrun passes on only if told; TERM and INT take the same way."""
    process = start(folder, "again")
    log = folder / "again.txt"
    deadline = time.monotonic() + 200
    while not (log.exists() and "kimg 0.6" in log.read_text()):
        assert time.monotonic() < deadline
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    process.send_signal(signal.SIGUSR1)
    assert process.wait(100) == STOPPED, log.read_text()
    assert not (folder / "again.pkl").exists()
    assert start(folder, "again").wait(300) == 0
    assert 0.6 < float(re.search(r"Going on from ([\d.]+) kimg", log.read_text())[1]) < 1
    assert (folder / "again.pkl").read_bytes() == (folder / "two.pkl").read_bytes()


def test_a_process_alone_shares_with_nobody():
    values = torch.tensor([1.0, 2.0])
    ALONE.add_up([values])
    assert values.tolist() == [1, 2]
    assert ALONE.gather(values).tolist() == [[1, 2]]
    assert ALONE.agree(10) == 10
    assert [list(Team(rank, 3).share(6)) for rank in range(3)] == [[0, 3], [1, 4], [2, 5]]


@pytest.mark.parametrize(("rank", "size", "own"), [(0, 2, 0), (1, 2, 1), (0, 1, 3), (1, 3, 4)])
def test_each_process_goes_on_with_its_own_sums(rank, size, own, toy):
    state = new_state(toy())
    first, second = torch.rand(2, *state.sums.shape[1:], dtype=torch.float64)
    state.sums = torch.stack([first, second])
    state.signs.fill_(5)
    share_statistics(state, Team(rank, size))
    expected = [first, second, None, first + second, torch.zeros_like(first)][own]
    assert torch.equal(state.sums, expected[None])
    assert state.signs.tolist() == ([5, 5] if rank == 0 else [0, 0])


def test_rounds_must_be_shared_evenly(toy):
    with pytest.raises(FacetdsError, match=r"a step has 2 rounds, which 4 processes \(gan\.gpus\)"):
        check_settings(toy(batch=16, micro_batch=8), 4)


def test_missing_gpus_are_counted(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    check_device("cuda", 1)
    with pytest.raises(FacetdsError, match=r"gan\.gpus is 2, but there are only 1"):
        check_device("cuda", 2)
