"""Killing jobs of a finished run at random moments, and looking at what stands there then.

Linux alone: processes are followed in /proc.
"""

import base64
import hashlib
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pandas as pd

from facetds import files

PROFILE = ("--profile", "profiles/local", "--cores", "2")
LOOK = 0.02
"""Seconds between two looks at the processes."""
TIMED = ("results/benchmarks/*", "results/gan/speed-*.csv", "results/gan/training.csv")
"""The files that tell how long something took, and so differ from run to run."""


@dataclass(frozen=True)
class Job:
    """A job as Snakemake recorded it; `seconds` is how long it took in the undisturbed run."""

    rule: str
    log: str
    outputs: tuple[str, ...]
    inputs: frozenset[str]
    seconds: float


@dataclass(frozen=True)
class Kill:
    """One kill of a job, at a moment in shares of its usual time; alone, or with Snakemake."""

    rule: str
    moment: float
    with_snakemake: bool
    half: tuple[str, ...]
    """Outputs that stood there afterwards, and were not those of the undisturbed run."""


def list_jobs(folder: Path) -> list[Job]:
    """Return the jobs of a finished run, from Snakemake's records of its outputs."""
    root = folder / ".snakemake/metadata"
    records: dict[str, dict[str, dict]] = {}
    for path in root.rglob("*"):
        if path.is_file():
            record = json.loads(path.read_text(encoding="utf-8"))
            # Long names are split into folders that begin with @.
            name = "".join(part.removeprefix("@") for part in path.relative_to(root).parts)
            output = base64.b64decode(name, altchars=b"+_").decode()
            if record["log"] and (folder / output).is_file():
                records.setdefault(record["log"][0], {})[output] = record
    jobs = []
    for log, outputs in sorted(records.items()):
        first = next(iter(outputs.values()))
        seconds = first["endtime"] - first["starttime"]
        inputs = frozenset(first["input"])
        jobs.append(Job(first["rule"], log, tuple(sorted(outputs)), inputs, seconds))
    return jobs


def find_ancestors(jobs: Sequence[Job]) -> dict[Job, set[Job]]:
    """Return the jobs that each job needs, directly or not."""
    maker = {output: job for job in jobs for output in job.outputs}
    found: dict[Job, set[Job]] = {}

    def ancestors(job: Job) -> set[Job]:
        if job not in found:
            direct = {maker[name] for name in job.inputs if name in maker}
            found[job] = direct.union(*map(ancestors, direct))
        return found[job]

    for job in jobs:
        ancestors(job)
    return found


def choose_independent(
    ancestors: dict[Job, set[Job]], wanted: Counter[str], most: int, chance: random.Random
) -> list[Job]:
    """Return at most `most` jobs, one of a rule, none of which needs another.

    wanted: how many more kills each rule needs; the neediest rules come first.
    """
    chosen: list[Job] = []
    rules = sorted(rule for rule, count in wanted.items() if count > 0)
    chance.shuffle(rules)
    for rule in sorted(rules, key=lambda rule: -wanted[rule]):
        job = chance.choice([job for job in ancestors if job.rule == rule])
        apart = all(job not in ancestors[o] and o not in ancestors[job] for o in chosen)
        if apart and len(chosen) < most:
            chosen.append(job)
    return chosen


def digests(folder: Path, names: Iterable[str] | None = None) -> dict[str, str]:
    """Return the SHA-256 of each named file that is there, or of every file of the results."""
    if names is None:
        names = (str(path.relative_to(folder)) for path in (folder / "results").rglob("*"))
    return {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in names
        if (folder / name).is_file() and not is_timed(name)
    }


def is_timed(name: str) -> bool:
    """Return whether a file tells how long something took."""
    return any(fnmatch(name, timed) for timed in TIMED)


def find_leftovers(folder: Path) -> list[str]:
    """Return the temporary files and directories of facetds that lie in a run."""
    tops = [folder / top for top in ("results", "work")]
    return sorted(str(p.relative_to(folder)) for top in tops for p in top.rglob("*.tmp.*"))


def kill_jobs(
    workflow, jobs: Sequence[Job], expected: dict[str, str], chance: random.Random, fatal: bool
) -> list[Kill]:
    """Have Snakemake make `jobs`, and kill each of them with SIGKILL at a random moment.

    fatal: one of the kills is of Snakemake and everything it runs. Snakemake is held while the
    outputs are looked at, so it cannot tidy up first.
    """
    folder = workflow.folder
    # Later moments more often: that is when files are written.
    moments = {job.log: chance.betavariate(2, 1) * job.seconds for job in jobs}
    last = chance.choice(jobs).log if fatal else None
    by_log = {job.log: job for job in jobs}
    begun: dict[int, float] = {}
    kills: list[Kill] = []
    with (folder / "chaos.log").open("a") as said:
        process = workflow.start(
            *PROFILE, *(job.outputs[0] for job in jobs),
            start_new_session=True, stdout=said, stderr=said,
        )  # fmt: skip
        while process.poll() is None:
            running = find_running(process.pid, by_log)
            now = time.monotonic()
            for pid in running:
                begun.setdefault(pid, now)
            due = {pid: log for pid, log in running.items() if now - begun[pid] >= moments[log]}
            if last in due.values():
                due = running
            if due:
                fatally = last in due.values()
                os.kill(process.pid, signal.SIGSTOP)
                due = {pid: log for pid, log in due.items() if is_running(pid)}
                for pid in due:
                    kill_tree(pid)
                if fatally:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
                for pid, log in due.items():
                    job = by_log[log]
                    found = digests(folder, job.outputs)
                    half = tuple(n for n, value in found.items() if value != expected[n])
                    kills.append(Kill(job.rule, (now - begun[pid]) / job.seconds, fatally, half))
                if not fatally:
                    os.kill(process.pid, signal.SIGCONT)
            time.sleep(LOOK)
    return kills


def find_running(snakemake: int, by_log: dict[str, Job]) -> dict[int, str]:
    """Return the processes directly below Snakemake that run one of the jobs, and the job's log."""
    running = {}
    for pid in children(snakemake):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue
        for log in by_log:
            if f"--log {log}" in words:
                running[pid] = log
    return running


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and that are still there."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(n) for thread in threads for n in (thread / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def is_running(pid: int) -> bool:
    """Return whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def kill_tree(pid: int) -> None:
    """Kill a process and all that it has started, and wait until they are dead."""
    tree = [pid]
    for parent in tree:
        tree += children(parent)
    for one in tree:
        try:
            os.kill(one, signal.SIGKILL)
        except ProcessLookupError:
            continue
    while any(map(is_running, tree)):
        time.sleep(LOOK)


@dataclass(frozen=True)
class Round:
    """Some kills of the same jobs, and what a rerun without kills came to."""

    rules: tuple[str, ...]
    kills: tuple[Kill, ...]
    problems: tuple[tuple[str, str], ...]
    """What was wrong: the rule it came from ("" if that is open), and what."""


def disturb(
    workflow,
    jobs: Sequence[Job],
    expected: dict[str, str],
    chance: random.Random,
    times: int,
) -> Round:
    """Remove what `jobs` made, kill them `times` times, run them to the end, and compare.

    The last time, Snakemake is killed too, and the folder is unlocked as its advice says. The
    results must then be `expected`, all of them, and no temporary file may be left. The files get
    their old dates back, and what tells times the old ones, so that nothing else becomes stale.
    """
    folder = workflow.folder
    maker = {output: job.rule for job in jobs for output in job.outputs}
    dates = {output: (folder / output).stat().st_mtime_ns for output in maker}
    times_told = {name: (folder / name).read_bytes() for name in maker if is_timed(name)}
    for output in maker:
        (folder / output).unlink()
    kills: list[Kill] = []
    for time_ in range(times):
        kills += kill_jobs(workflow, jobs, expected, chance, fatal=time_ == times - 1)
        unlock(workflow)
    rerun = workflow.snakemake(*PROFILE, *(job.outputs[0] for job in jobs), check=False)
    problems = [(kill.rule, f"half: {', '.join(kill.half)}") for kill in kills if kill.half]
    if rerun.returncode != 0:
        problems.append(("", rerun.stdout[-2000:] + rerun.stderr[-8000:]))
    found = digests(folder)
    for name in sorted(expected.keys() | found.keys()):
        if found.get(name) != expected.get(name):
            problems.append((maker.get(name, ""), f"{name} is not what it was"))
    problems += [("", f"{name} is left") for name in find_leftovers(folder)]
    for name, data in times_told.items():
        with files.replacing(folder / name) as temporary:
            temporary.write_bytes(data)
    for output, date in dates.items():
        if (folder / output).is_file():
            os.utime(folder / output, ns=(date, date))
    return Round(tuple(job.rule for job in jobs), tuple(kills), tuple(problems))


def unlock(workflow) -> None:
    """Unlock the folder if the last run could not do so itself."""
    if any((workflow.folder / ".snakemake/locks").glob("*")):
        workflow.snakemake("--unlock")


def summarise(one: Round) -> str:
    """Return a line about a round, and a line for each problem."""
    rules = ", ".join(f"{rule} {n}" for rule, n in Counter(k.rule for k in one.kills).items())
    return "\n".join([f"killed: {rules}", *(f"PROBLEM {r}: {what}" for r, what in one.problems)])


def make_table(rounds: Sequence[Round]) -> pd.DataFrame:
    """Return rule, kills, with_snakemake, earliest and latest moment, reruns and equal."""
    rows = []
    for rule in sorted({rule for one in rounds for rule in one.rules}):
        those = [one for one in rounds if rule in one.rules]
        wrong = [{name for name, _ in one.problems} & {rule, ""} for one in those]
        kills = [kill for one in those for kill in one.kills if kill.rule == rule]
        moments = [kill.moment for kill in kills]
        rows.append(
            {
                "rule": rule,
                "kills": len(kills),
                "with_snakemake": sum(kill.with_snakemake for kill in kills),
                "earliest": min(moments, default=float("nan")),
                "latest": max(moments, default=float("nan")),
                "reruns": len(those),
                "equal": wrong.count(set()),
            }
        )
    return pd.DataFrame(rows).round(2)
