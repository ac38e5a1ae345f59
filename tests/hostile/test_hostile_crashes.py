"""Killed jobs, killed runs: what is made again is the same, and nothing half-made is taken."""

import os
import random
import shlex
import shutil
import signal
import subprocess
import time
from collections import Counter

import chaos
import pytest

from facetds import tables
from facetds.leftovers import explain_lock

KILLS = int(os.environ.get("KILLS", "12"))
LONG = "KILLS" in os.environ
"""`make chaos` kills the jobs of every rule, and writes a table."""
MOST_ROUNDS = 100
# Jobs of seconds, none of which needs another, that write tables, arrays, pictures and shards.
QUICK = ("describe_disfa", "gather_data_rejected", "gather_pretrain_crops", "draw_gallery",
         "plan_images")  # fmt: skip


@pytest.fixture(scope="module")
def survivor(finished, tmp_path_factory):
    """Return a copy of the full run, dates and all, to be damaged."""
    folder = tmp_path_factory.mktemp("survivor") / "run"
    shutil.copytree(finished.folder, folder, symlinks=True)
    return type(finished)(folder)


@pytest.fixture(scope="module")
def jobs(survivor):
    return chaos.list_jobs(survivor.folder)


@pytest.fixture
def tell(capsys):
    """Return a function that prints at once in a long run."""

    def tell(text: str) -> None:
        if LONG:
            with capsys.disabled():
                print(text, flush=True)

    return tell


def test_killed_jobs_are_made_again_byte_for_byte(survivor, jobs, tell):
    chance = random.Random(int(os.environ.get("SEED", "0")))
    expected = chaos.digests(survivor.folder)
    ancestors = chaos.find_ancestors(jobs)
    rules = {job.rule for job in jobs} if LONG else QUICK
    wanted = Counter({rule: -(-KILLS // len(rules)) for rule in rules})
    killed: Counter[str] = Counter()
    rounds: list[chaos.Round] = []
    few = 3 if LONG else 1
    while killed.total() < KILLS or min(killed[rule] for rule in rules) < few:
        assert len(rounds) < MOST_ROUNDS
        chosen = chaos.choose_independent(ancestors, wanted - killed, 8, chance)
        rounds.append(chaos.disturb(survivor, chosen, expected, chance, times=3))
        killed.update(kill.rule for kill in rounds[-1].kills)
        tell(chaos.summarise(rounds[-1]))
        table = chaos.make_table(rounds)
        if "TABLE" in os.environ:
            tables.write_table(os.environ["TABLE"], table)
    tell(f"{table.to_string()}\n{table['kills'].sum()} kills")
    assert not [problem for one in rounds for problem in one.problems]


def begin(workflow, job):
    """Start the making of a job's outputs, anew; return Snakemake's process and the job's."""
    for output in job.outputs:
        (workflow.folder / output).unlink(missing_ok=True)
    words = {"start_new_session": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    snakemake = workflow.start(*chaos.PROFILE, job.outputs[0], **words)
    while not (running := chaos.find_running(snakemake.pid, {job.log: job})):
        assert snakemake.poll() is None
        time.sleep(chaos.LOOK)
    return snakemake, next(iter(running))


@pytest.fixture
def gallery(survivor, jobs):
    """Return a job of seconds; afterwards its outputs must be what they were, dates and all."""
    job = next(job for job in jobs if job.rule == "draw_gallery")
    paths = [survivor.folder / output for output in job.outputs]
    expected = chaos.digests(survivor.folder, job.outputs)
    dates = [path.stat().st_mtime_ns for path in paths]
    yield job
    assert chaos.digests(survivor.folder, job.outputs) == expected
    assert chaos.find_leftovers(survivor.folder) == []
    for path, date in zip(paths, dates, strict=True):
        os.utime(path, ns=(date, date))


def test_a_locked_folder_says_who_holds_it_and_what_to_type(survivor, gallery):
    first, orphan = begin(survivor, gallery)
    os.kill(orphan, signal.SIGSTOP)
    second = survivor.snakemake(*chaos.PROFILE, gallery.outputs[0], check=False)
    assert second.returncode == 1
    assert f"is in use by another run of Snakemake, process {first.pid}." in second.stderr

    first.kill()
    first.wait()
    said = explain_lock(survivor.folder, first.args)
    assert f"jobs of it are still running: process {orphan}. Wait" in said
    assert f"(kill {orphan})" in said

    chaos.kill_tree(orphan)
    said = explain_lock(survivor.folder, first.args)
    assert "nothing of it is running" in said
    command = shlex.split(said.rpartition(": ")[2])
    subprocess.run(command, cwd=survivor.folder, check=True, capture_output=True)
    assert explain_lock(survivor.folder, first.args) == ""
    survivor.snakemake(*chaos.PROFILE, gallery.outputs[0])


@pytest.mark.parametrize("whom", ["snakemake", "everybody"])
def test_a_stopped_run_goes_on(survivor, gallery, whom):
    first, job = begin(survivor, gallery)
    (os.kill if whom == "snakemake" else os.killpg)(first.pid, signal.SIGTERM)
    assert first.wait() == 1
    assert not chaos.is_running(job)
    assert explain_lock(survivor.folder, first.args) == ""
    # Snakemake alone lets its job end; a job that is stopped leaves nothing.
    assert (survivor.folder / gallery.outputs[0]).exists() == (whom == "snakemake")
    survivor.snakemake(*chaos.PROFILE, gallery.outputs[0])
