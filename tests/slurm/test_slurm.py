"""The Slurm profile on a real Slurm: same results as on one machine, whatever happens to jobs."""

import os
import re
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from facetds.files import digest

SNAKEFILE = Path(__file__).parent / "trials/Snakefile"
MAKEFILE = Path(__file__).parents[2] / "Makefile"
# Accounting needs a database, so the test cluster's jobs are looked up in the queue.
OPTIONS = ("--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "1",
           "--latency-wait", "10")  # fmt: skip
RESULTS = (
    "results/gan/network-snapshot-000002.pkl",
    "results/generate/batch-00001.csv",
    "results/iqa/batch-00001.csv",
    "results/select/selected.csv",
    "results/annotate/selected.npy",
    "results/fer/auc.csv",
    "results/fer/differences.csv",
)


@pytest.fixture(scope="module")
def longer():
    """Return changes to the tiny sizes that leave time to interrupt the GAN's training."""
    return {"total_kimg": 2, "snapshot_kimg": 2, "tick_kimg": 0.25}


@pytest.fixture(scope="module")
def trials(cluster, copy_workflow, tmp_path_factory):
    """Start the small jobs that go wrong, beside the large run; return their folder.

    They take the profile by its name alone, which `make profiles` lets Snakemake find.
    """
    workflow = copy_workflow("trials")
    workflow.environment["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("home"))
    make = ["make", "--file", str(MAKEFILE), "profiles"]
    subprocess.run(make, cwd=workflow.folder, env=os.environ | workflow.environment, check=True)
    words = ("--profile", "slurm", *OPTIONS, "--snakefile", str(SNAKEFILE))
    command = (*words, "--configfile", "config.yaml")
    with (workflow.folder / "said.txt").open("w") as said:
        process = workflow.start(*command, stdout=said, stderr=said)
    yield workflow.folder, process
    process.kill()


@pytest.fixture(scope="module")
def clustered(trials, copy_workflow, longer):
    """Return a full run through the profile, whose GAN training was cancelled and requeued."""
    workflow = copy_workflow("slurm")
    words = prepare(workflow, longer)
    with (workflow.folder / "said.txt").open("w") as said:
        process = workflow.start(
            "--profile", "profiles/slurm", *OPTIONS, *words, stdout=said, stderr=said
        )
        log = workflow.folder / "logs/gan/train_segment-000002.log"
        interrupt(process, log, "kimg 0.5", "scancel")
        seen = interrupt(process, log, "kimg 1.0", "scontrol", "requeue")
        process.wait()
    text = (workflow.folder / "said.txt").read_text()
    assert process.returncode == 0, text[-8000:]
    return workflow, text, [seen, log.read_text()]


@pytest.fixture(scope="module")
def local(copy_workflow, longer):
    """Return the same run on this machine alone, undisturbed."""
    workflow = copy_workflow("local")
    workflow.snakemake(*prepare(workflow, longer))
    return workflow


def prepare(workflow, longer) -> tuple[str, ...]:
    """Write the sizes of a run into its folder; return the targets and the option naming it."""
    sizes = workflow.sizes()
    sizes["gan"].update(longer)
    (workflow.folder / "sizes.yaml").write_text(yaml.safe_dump(sizes))
    return (*RESULTS, "--configfile", "sizes.yaml")


def interrupt(process, log, tick: str, *command: str) -> str:
    """Give Slurm a command for the GAN's training once its log shows a tick; return the log."""
    while not (log.exists() and tick in (text := log.read_text())):
        assert process.poll() is None, "the run ended before the training was interrupted"
        time.sleep(0.2)
    queue = subprocess.run(
        ["squeue", "-h", "-t", "R", "-o", "%i %k"], capture_output=True, text=True, check=True
    ).stdout
    job = re.search(r"^(\d+) .*train_segment", queue, re.M)[1]
    subprocess.run([*command, job], check=True)
    return text


def test_results_are_those_of_one_machine(clustered, local):
    for path in RESULTS:
        assert digest(clustered[0].folder / path) == digest(local.folder / path), path


def test_a_cancelled_and_a_preempted_training_go_on_from_their_last_state(clustered):
    _, text, logs = clustered
    assert "'CANCELLED'" in text
    found = [float(re.search(r"Going on from ([\d.]+) kimg", log)[1]) for log in logs]
    assert 0.5 <= found[0] < 1.0 <= found[1]


def test_a_job_that_fails_is_tried_again_with_more_memory(trials):
    folder, process = trials
    process.wait()
    assert process.returncode == 0, (folder / "said.txt").read_text()
    assert "mem=2000M" in (folder / "fails_once.txt").read_text()


def test_a_job_out_of_time_is_reported_and_tried_again_with_more(trials):
    folder, process = trials
    process.wait()
    assert "'TIMEOUT'" in (folder / "said.txt").read_text()
    assert "TimeLimit=00:02:00" in (folder / "too_slow.txt").read_text()


def test_two_jobs_never_share_a_gpu(trials):
    folder, process = trials
    process.wait()
    spans = sorted(
        [float(number) for number in (folder / f"gpu-{n}.txt").read_text().split()] for n in (1, 2)
    )
    (gpu, _, end), (other, start, _) = spans
    assert gpu == other == 0
    assert start >= end
