"""Several batches made by one command, stopped and going on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from facetds.files import digest
from facetds.gan.workplace import STOPPED
from facetds.generate import batches
from facetds.generate.generate_batch import generate_batch
from facetds.latents import render

SCRIPTS = Path(__file__).parents[2] / "workflow_scripts"
NUMBERS = (10, 11, 12)


@pytest.fixture
def plan(tmp_path):
    """Return a plan whose last batch is 11: so batch 12 of the block is empty."""
    rows = [
        (b, 300 * b + i, (9, 91, 4)[i % 3], 1, i % 5, 0.8) for b in (10, 11) for i in range(300)
    ]
    table = pd.DataFrame(rows, columns=["batch", "order", "seed", "index", "degree", "psi"])
    table.to_csv(tmp_path / "plan.csv", index=False)
    return tmp_path / "plan.csv"


@pytest.fixture
def inputs(plan, folder):
    """Return the arguments that all calls share."""
    return {"plan": plan, "network": folder / "network.pkl",
            "directions": folder / "directions.npz", "batch": 10}  # fmt: skip


def outputs(folder):
    """Return where the block goes that `folder` gets."""
    return {"out": [folder / f"batch-{n:05d}.csv" for n in NUMBERS], "work": folder / "work"}


def contents(folder):
    """Return the digests of the manifests and images below `folder`, by name."""
    return {p.relative_to(folder): digest(p) for p in folder.glob("batch-*/*")} | {
        p.relative_to(folder): digest(p) for p in folder.glob("*.csv")
    }


def test_a_killed_block_goes_on_to_the_same_bytes(inputs, tmp_path, capsys):
    generate_batch(**inputs, **outputs(tmp_path / "whole"))
    files = outputs(tmp_path / "stopped")
    words = [word for name, value in {**inputs, "work": files["work"]}.items()
             for word in (f"--{name}", str(value))]  # fmt: skip
    words += [word for path in files["out"] for word in ("--out", str(path))]
    process = subprocess.Popen(
        [sys.executable, "-m", "facetds.generate.generate_batch", *words],
        env=os.environ | {"PYTHONPATH": str(SCRIPTS), "OMP_NUM_THREADS": "1"},
    )
    while not list(files["work"].glob("00010-*.csv")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert process.wait() == STOPPED
    assert not any(path.exists() for path in files["out"])
    assert not list((tmp_path / "stopped").glob("*.tmp.*"))
    capsys.readouterr()

    generate_batch(**inputs, **files)
    said = capsys.readouterr().err
    assert "1 of 3 batches were made by an earlier run" in said
    assert "300 images in" in said
    assert contents(tmp_path / "stopped") == contents(tmp_path / "whole")
    assert len(contents(tmp_path / "whole")) == 600 + 3


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGINT, signal.SIGHUP])
def test_other_signals_stop_a_block_between_two_images(inputs, tmp_path, monkeypatch, number):
    seen = []

    def send(*arguments):
        if len(seen) == 2:
            os.kill(os.getpid(), number)
        seen.append(1)
        return render(*arguments)

    monkeypatch.setattr(batches, "render", send)
    # Whoever runs the tests under nohup ignores HUP, which generation would then do too.
    outer = signal.signal(number, signal.SIG_DFL)
    try:
        with pytest.raises(SystemExit) as stopped:
            generate_batch(**inputs, **outputs(tmp_path / "made"))
    finally:
        signal.signal(number, outer)
    assert stopped.value.code == STOPPED
    assert len(seen) == 3
    assert contents(tmp_path / "made") == {}


def test_only_what_is_damaged_or_planned_otherwise_is_made_again(
    inputs, plan, tmp_path, monkeypatch
):
    files = outputs(tmp_path / "made")
    generate_batch(**inputs, **files)
    before = contents(tmp_path / "made")
    rendered = []
    monkeypatch.setattr(batches, "render", lambda *a: rendered.append(1) or render(*a))

    generate_batch(**inputs, **files)
    assert rendered == []
    next((tmp_path / "made/batch-00011").iterdir()).write_bytes(b"damaged")
    generate_batch(**inputs, **files)
    assert len(rendered) == 300
    assert contents(tmp_path / "made") == before

    table = pd.read_csv(plan)
    table.loc[table["batch"] == 10, "psi"] = 0.7
    table.to_csv(plan, index=False)
    generate_batch(**inputs, **files)
    assert len(rendered) == 600
    after = contents(tmp_path / "made")
    assert {path.parts[0] for path in before if before[path] != after[path]} == {
        "batch-00010", "batch-00010.csv"
    }  # fmt: skip


def test_batches_beyond_the_plan_are_empty(inputs, tmp_path):
    files = outputs(tmp_path / "made")
    generate_batch(**inputs, **files)
    assert files["out"][2].read_text() == "image,seed,order,index,degree,psi,sha256\n"
