"""Killed jobs, killed runs: what is made again is the same, and nothing half-made is taken."""

import hashlib
import os
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

import chaos
import pytest

from facetds import tables
from facetds.leftovers import explain_lock

KILLS = int(os.environ.get("KILLS", "12"))
LONG = "KILLS" in os.environ
"""`make chaos` kills the jobs of every rule, and writes a table."""
KEPT = Path(__file__).parents[2] / "work/chaos"
"""Where a long run goes on after it was stopped."""
MOST_ROUNDS = 100
# Jobs of seconds, none of which needs another, that write tables, arrays and pictures.
QUICK = ("describe_disfa", "draw_gallery", "gather_data_rejected", "plan_images",
         "prepare_originals")  # fmt: skip
# What the default workflow does not make, so that every rule of the tiny sizes has a job.
MORE = ("results/fer/original/ensemble.keras", "results/latent/strip-14-2.png",
        "results/latent/walk-3-14.gif")  # fmt: skip


@pytest.fixture(scope="module")
def survivor(finished, tmp_path_factory):
    """Return a copy of the full run, dates and all, to be damaged."""
    folder = tmp_path_factory.mktemp("survivor") / "run"
    shutil.copytree(finished.folder, folder, symlinks=True)
    return type(finished)(folder)


@pytest.fixture(scope="module")
def jobs(survivor):
    return chaos.list_jobs(survivor.folder)


def code_of(folder):
    """Return a digest of a copy of the workflow that was never run."""
    code = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        code.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return code.hexdigest()


@pytest.fixture
def siege(copy_workflow, request, tmp_path):
    """Return the siege of a full run: kept and gone on with if it is a long one."""
    if not LONG:
        finished, survivor = map(request.getfixturevalue, ("finished", "survivor"))
        return chaos.Siege(survivor, finished.folder, tmp_path / "journal", seed=0)
    fresh = copy_workflow("fresh")
    code, kept, undisturbed = code_of(fresh.folder), KEPT / "code", KEPT / "undisturbed"
    if not kept.exists() or kept.read_text() != code:
        shutil.rmtree(KEPT, ignore_errors=True)
        KEPT.mkdir(parents=True)
        shutil.copytree(fresh.folder, undisturbed)
        type(fresh)(undisturbed).snakemake(*chaos.PROFILE, "all", *MORE)
        shutil.copytree(undisturbed, KEPT / "run", symlinks=True)
        kept.write_text(code)
    survivor = type(fresh)(KEPT / "run")
    return chaos.Siege(survivor, undisturbed, KEPT / "journal", int(os.environ.get("SEED", "0")))


@pytest.fixture
def tell(capsys):
    """Return a function that prints at once in a long run."""

    def tell(text: str) -> None:
        if LONG:
            with capsys.disabled():
                print(text, flush=True)

    return tell


def test_killed_jobs_are_made_again_byte_for_byte(siege, tell):
    jobs = list(siege.jobs.values())
    rules = {job.rule for job in jobs} if LONG else set(QUICK)
    for one in chaos.besiege(siege, rules, KILLS):
        tell(chaos.summarise(one))
        if "TABLE" in os.environ:
            tables.write_table(os.environ["TABLE"], chaos.make_table(siege.rounds(), jobs))
        assert one.kills or not one.problems, "it fails without kills"
        assert len(siege.rounds()) < MOST_ROUNDS
    table = chaos.make_table(siege.rounds(), jobs)
    tell(f"{table.to_string()}\n{table['kills'].sum()} kills")
    killed = table.set_index("rule")["kills"]
    assert killed.sum() >= KILLS
    assert killed[list(rules)].min() > 0
    assert table["with_snakemake"].sum() > 0
    assert table["made_again"].equals(table["equal"])
    assert not [problem for one in siege.rounds() for problem in chaos.find_problems(one)]


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
