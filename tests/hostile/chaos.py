"""Killing jobs of a run at random moments until it is whole again, and comparing every byte.

Linux alone: processes are followed in /proc.
"""

import base64
import functools
import hashlib
import json
import math
import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pandas as pd

from facetds.leftovers import explain_lock

PROFILE = ("--profile", "profiles/local", "--cores", os.environ.get("CORES", "2"))
LOOK = 0.02
"""Seconds between two looks at the processes."""
TIMED = ("results/benchmarks/*", "results/gan/speed-*.csv", "results/gan/training.csv")
"""The files that tell how long something took, and so differ from run to run."""
CACHE = "results/iqa/cache"
"""Features by content: what is in it must be right, but it need not be full."""
FATAL = 12
"""So often, a kill is of Snakemake and everything that it runs."""


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
    log: str
    moment: float
    with_snakemake: bool
    half: tuple[str, ...]
    """Outputs that stood there afterwards, and were not those of the undisturbed run."""


@dataclass(frozen=True)
class Round:
    """Jobs that were made again under kills, and what came of it."""

    wanted: dict[str, int]
    """How many kills each job was to get, by its log."""
    kills: list[Kill]
    problems: list[tuple[str, str]]
    """What was wrong: the rule it came from ("" if that is open), and what."""
    ended: bool


def list_jobs(folder: Path, removed: bool = False) -> list[Job]:
    """Return the jobs of a finished run, from Snakemake's records of its outputs.

    removed: also those whose outputs are there no longer.
    """
    root = folder / ".snakemake/metadata"
    records: dict[str, dict[str, dict]] = {}
    for path in root.rglob("*"):
        if path.is_file():
            record = json.loads(path.read_text(encoding="utf-8"))
            # Long names are split into folders that begin with @.
            name = "".join(part.removeprefix("@") for part in path.relative_to(root).parts)
            output = base64.b64decode(name, altchars=b"+_").decode()
            if record["log"] and (removed or (folder / output).is_file()):
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


def choose_jobs(ancestors: dict[Job, set[Job]], lacking: Collection[str]) -> list[Job]:
    """Return jobs of rules that lack kills and that can be made again in one round.

    These are all jobs, or jobs none of which needs another: Snakemake does not make again what was
    killed between two that are asked for, if it finds the second whole. Jobs that read, directly or
    not, how long something took make the same bytes only while nothing before them is made again:
    they are left for the end.
    """
    late = {
        job
        for job, before in ancestors.items()
        if any(is_timed(name) for one in (job, *before) for name in one.inputs)
    }
    able = [job for job in ancestors if job.rule in lacking]
    early = [job for job in able if job not in late]
    if len(early) + len(late) == len(ancestors):
        return early
    left = early or able
    related = {
        job: {one for one in left if one in ancestors[job] or job in ancestors[one]} for job in left
    }
    chosen: list[Job] = []
    for job in sorted(left, key=lambda job: (len(related[job]), job.log)):
        if not related[job].intersection(chosen):
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


@dataclass(frozen=True)
class Siege:
    """What is besieged: a copy of an undisturbed run, whose rounds a journal keeps.

    undisturbed is only read. workflow: the copy, and Snakemake in it.
    """

    workflow: Any
    undisturbed: Path
    journal: Path
    seed: int

    @functools.cached_property
    def jobs(self) -> dict[str, Job]:
        """The jobs by their logs."""
        return {job.log: job for job in list_jobs(self.undisturbed)}

    @functools.cached_property
    def expected(self) -> dict[str, str]:
        """The digests of the undisturbed results."""
        return digests(self.undisturbed)

    def note(self, kind: str, value: object) -> None:
        """Add a line to the journal."""
        with self.journal.open("a", encoding="utf-8") as file:
            file.write(json.dumps({kind: value}) + "\n")

    def rounds(self) -> list[Round]:
        """Return the rounds that the journal tells of; the last one may not have ended."""
        rounds: list[Round] = []
        journal = self.journal
        lines = journal.read_text(encoding="utf-8").splitlines() if journal.exists() else []
        for line in lines:
            ((kind, value),) = json.loads(line).items()
            if kind == "begin":
                rounds.append(Round(value, [], [], False))
            elif kind == "kill":
                rounds[-1].kills.append(Kill(**value | {"half": tuple(value["half"])}))
            else:
                rounds[-1] = replace(rounds[-1], problems=[tuple(p) for p in value], ended=True)
        return rounds


def besiege(siege: Siege, rules: Collection[str], kills: int) -> Iterator[Round]:
    """Kill jobs of every rule, `kills` in all, and yield each round of it as it ends.

    A siege that was stopped goes on where it was.
    """
    ancestors = find_ancestors(list(siege.jobs.values()))
    jobs_of = Counter(job.rule for job in ancestors)
    each = math.ceil(kills / len(rules))
    while True:
        rounds = siege.rounds()
        if not rounds or rounds[-1].ended:
            killed = Counter(kill.rule for one in rounds for kill in one.kills)
            lacking = {rule: each - killed[rule] for rule in rules if killed[rule] < each}
            if not lacking:
                return
            jobs = choose_jobs(ancestors, lacking)
            begin_round(
                siege, {job: math.ceil(lacking[job.rule] / jobs_of[job.rule]) for job in jobs}
            )
        end_round(siege)
        yield siege.rounds()[-1]


def begin_round(siege: Siege, wanted: dict[Job, int]) -> None:
    """Note a round of jobs, each of which is to be killed so often, and remove their outputs.

    What jobs keep of their work goes, too: each begins anew.
    """
    folder = siege.workflow.folder
    for kept in ("work", CACHE):
        shutil.rmtree(folder / kept, ignore_errors=True)
    for job in wanted:
        for output in job.outputs:
            (folder / output).unlink(missing_ok=True)
    siege.note("begin", {job.log: count for job, count in wanted.items()})


def end_round(siege: Siege) -> None:
    """Make the jobs of the last round under kills, and note how it ended.

    Each job is killed as often as wanted, at random moments; Snakemake tries it again, or is itself
    killed, and the folder unlocked as its advice says. In the end the results must be those of the
    undisturbed run, byte for byte, and no temporary file may be left. They get their old dates
    back, and what tells times the old ones, so that nothing becomes stale.
    """
    wanted = siege.rounds()[-1].wanted
    targets = [siege.jobs[log].outputs[0] for log in wanted]
    words = (*PROFILE, "--retries", str(max(wanted.values())), *targets)
    said = siege.workflow.folder / "chaos.log"
    fatal = True
    while fatal:
        unlock(siege.workflow)
        with said.open("ab") as log:
            snakemake = siege.workflow.start(*words, start_new_session=True, stdout=log, stderr=log)
        fatal = False
        try:
            for kill in kill_jobs(siege, snakemake):
                siege.note("kill", asdict(kill))
                fatal |= kill.with_snakemake
        finally:
            if snakemake.poll() is None:
                kill_tree(snakemake.pid)
    problems = compare(siege)
    if snakemake.returncode != 0:
        problems.append(("", said.read_text(encoding="utf-8", errors="replace")[-8000:]))
    if problems:
        siege.workflow.folder.rename(f"{siege.workflow.folder}.round-{len(siege.rounds())}")
        shutil.copytree(siege.undisturbed, siege.workflow.folder, symlinks=True)
    put_back(siege)
    siege.note("end", problems)


def kill_jobs(siege: Siege, snakemake: subprocess.Popen) -> Iterator[Kill]:
    """Kill the jobs of the last round with SIGKILL while Snakemake makes them.

    Snakemake is held while the outputs are looked at, so it cannot tidy up first.
    """
    rounds = siege.rounds()
    wanted, killed = rounds[-1].wanted, Counter(kill.log for kill in rounds[-1].kills)
    before = sum(len(one.kills) for one in rounds[:-1])
    jobs = {log: siege.jobs[log] for log in wanted}
    # A busy machine was slow; what ends before its moment is not killed.
    latest = {job.log: job.seconds for job in list_jobs(siege.workflow.folder, removed=True)}
    seconds = {log: min(job.seconds, latest.get(log, math.inf)) for log, job in jobs.items()}
    begun: dict[int, float] = {}

    def is_due(pid: int, log: str) -> bool:
        # Later moments more often: that is when files are written.
        chance = random.Random(f"{siege.seed} {len(rounds)} {log} {killed[log]}")
        moment = chance.betavariate(2, 1) * seconds[log]
        return killed[log] < wanted[log] and time.monotonic() - begun[pid] >= moment

    while snakemake.poll() is None:
        running = find_running(snakemake.pid, jobs)
        for pid in running:
            begun.setdefault(pid, time.monotonic())
        due = {pid: log for pid, log in running.items() if is_due(pid, log)}
        if due:
            fatal = (before + killed.total()) % FATAL + len(due) >= FATAL
            os.kill(snakemake.pid, signal.SIGSTOP)
            due = {pid: log for pid, log in (running if fatal else due).items() if is_running(pid)}
            now = time.monotonic()
            for pid in due:
                kill_tree(pid)
            if fatal:
                os.killpg(snakemake.pid, signal.SIGKILL)
                snakemake.wait()
            for pid, log in due.items():
                found = digests(siege.workflow.folder, jobs[log].outputs)
                half = tuple(n for n, value in found.items() if value != siege.expected[n])
                killed[log] += 1
                moment = (now - begun[pid]) / seconds[log]
                yield Kill(jobs[log].rule, log, moment, fatal, half)
            if not fatal:
                os.kill(snakemake.pid, signal.SIGCONT)
        time.sleep(LOOK)


def compare(siege: Siege) -> list[tuple[str, str]]:
    """Return what differs from the undisturbed results, and what is left, with its rule or ""."""
    folder, expected = siege.workflow.folder, siege.expected
    maker = {output: job.rule for job in siege.jobs.values() for output in job.outputs}
    found = digests(folder)
    problems = []
    for name in sorted(expected.keys() | found.keys()):
        if found.get(name) != expected.get(name) and not (
            name.startswith(CACHE) and name not in found
        ):
            # An image belongs to the manifest beside its folder.
            names = (name, *(f"{parent}.csv" for parent in Path(name).parents))
            rule = next((maker[n] for n in names if n in maker), "")
            problems.append((rule, f"{name} is not what it was"))
    return problems + [("", f"{name} is left") for name in find_leftovers(folder)]


def put_back(siege: Siege) -> None:
    """Give the results their dates in the undisturbed run, and the times told there."""
    for path in (siege.undisturbed / "results").rglob("*"):
        name = path.relative_to(siege.undisturbed)
        besieged = siege.workflow.folder / name
        if is_timed(str(name)) and path.is_file():
            shutil.copy2(path, besieged)
        elif path.is_file() and besieged.is_file():
            date = path.stat().st_mtime_ns
            os.utime(besieged, ns=(date, date))


def unlock(workflow) -> None:
    """Unlock the folder if the last run could not do so itself, unless something of it runs."""
    if advice := explain_lock(workflow.folder, ["snakemake"]):
        if "nothing of it is running" not in advice:
            raise RuntimeError(advice)
        workflow.snakemake("--unlock")


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


def summarise(one: Round) -> str:
    """Return a line about a round, and a line for each problem."""
    rules = Counter(kill.rule for kill in one.kills)
    lines = ["killed: " + ", ".join(f"{rule} {count}" for rule, count in rules.items())]
    return "\n".join(lines + [f"PROBLEM {rule}: {what}" for rule, what in find_problems(one)])


def find_problems(one: Round) -> list[tuple[str, str]]:
    """Return what was wrong in a round, half-made outputs that stood there included."""
    return [(k.rule, f"half: {', '.join(k.half)}") for k in one.kills if k.half] + one.problems


def make_table(rounds: Sequence[Round], jobs: Sequence[Job]) -> pd.DataFrame:
    """Return rule, jobs, kills, with_snakemake, earliest and latest moment, made_again and equal.

    made_again counts the jobs that were killed and then made to the end, once for each round;
    equal those whose outputs, all of them, were then what they had been.
    """
    rule_of_log = {job.log: job.rule for job in jobs}
    rows = []
    for rule, count in sorted(Counter(rule_of_log.values()).items()):
        kills = [kill for one in rounds for kill in one.kills if kill.rule == rule]
        ended = [
            (log, not {name for name, _ in find_problems(one)} & {rule, ""})
            for one in rounds
            for log in {kill.log for kill in one.kills if kill.rule == rule}
            if one.ended
        ]
        moments = [kill.moment for kill in kills]
        rows.append(
            {
                "rule": rule,
                "jobs": count,
                "kills": len(kills),
                "with_snakemake": sum(kill.with_snakemake for kill in kills),
                "earliest": min(moments, default=float("nan")),
                "latest": max(moments, default=float("nan")),
                "made_again": len(ended),
                "equal": sum(whole for _, whole in ended),
            }
        )
    return pd.DataFrame(rows).round(2)
