"""Fuzz every parser of foreign bytes: make fuzz MINUTES=60.

Texts are drawn by hypothesis, which also shrinks what it finds; whole binary files are damaged at
random. Each round of a target runs in a process of its own, with limits of time and memory, so
that a crash of a native library is found, too. Findings are kept in `--keep` as
<target>-<digest>, and are run again by test_hostile_fuzz.py once they lie in tests/hostile/found.
"""

import argparse
import faulthandler
import hashlib
import multiprocessing
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

import hypothesis
from targets import TARGETS, Target

from facetds.errors import FacetdsError

EXAMPLES = 200
"""Inputs of one round."""

SECONDS = 20
"""CPU time from which an input counts as a hang, or ten times that of waiting."""

MEMORY = 2**30
"""Bytes that reading one input may take."""

INTERESTING = (0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)


def run_one(target: Target, content: bytes, folder: Path) -> bool:
    """Give a target one input; return whether it took it. Anything but a refusal is raised."""
    path = folder / target.file
    path.write_bytes(content)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.alarm(10 * SECONDS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            target.run(path)
    except FacetdsError as error:
        if not str(error):
            raise AssertionError("a refusal without words") from error
        return False
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        for other in folder.iterdir():
            if other != path:
                shutil.rmtree(other) if other.is_dir() else other.unlink()
    return True


def damage(content: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """Return a whole file with some bytes changed, inserted, left out, repeated or exchanged."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        place = rng.randrange(len(data) + 1)
        end = min(len(data), place + rng.choice((1, 2, 4, 8, 64)))
        match rng.randrange(7):
            case 0:
                data[place:end] = rng.randbytes(end - place)
            case 1 if place < len(data):
                data[place] ^= 1 << rng.randrange(8)
            case 2:
                width = rng.choice((1, 2, 4, 8))
                number = rng.choice(INTERESTING) % 256**width
                data[place : place + width] = number.to_bytes(width, rng.choice(("little", "big")))
            case 3:
                del data[place:end]
            case 4:
                data[place:place] = data[place:end] * rng.choice((1, 2, 50))
            case 5:
                del data[place:]
            case _:
                other = rng.choice(others)
                start = rng.randrange(len(other) + 1)
                data[place:end] = other[start : start + end - place]
    return bytes(data)


def run_round(name: str, number: int, examples: int, folder: Path) -> Counter:
    """Run `examples` inputs of one target; return how many were run and taken.

    The same name and number give the same inputs. Raises what a target raised.
    """
    target, counts = TARGETS[name], Counter()

    def run(content: bytes) -> None:
        counts["run"] += 1
        counts["taken"] += run_one(target, content, folder)

    if callable(target.inputs):
        rng, whole = random.Random(f"{name} {number}"), target.inputs()
        for _ in range(examples):
            run(damage(rng.choice(whole), whole, rng))
        return counts

    @hypothesis.seed(number)
    @hypothesis.settings(
        max_examples=examples, database=None, deadline=None, print_blob=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(target.inputs)
    def run_text(text: str) -> None:
        run(text.encode("utf-8", "replace"))

    run_text()
    return counts


def _limit() -> None:
    """Limit this process to what it has, and `MEMORY` more."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _child(name: str, number: int, folder: Path, pipe) -> None:
    _limit()
    faulthandler.disable()
    os.dup2(os.open(folder.parent / "said", os.O_WRONLY | os.O_CREAT), 2)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        counts, words = run_round(name, number, EXAMPLES, folder), ""
    except BaseException:
        counts, words = Counter(), traceback.format_exc()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    pipe.send((counts, words, after - before, after))


def fuzz_round(name: str, number: int, folder: Path) -> tuple[Counter, str, int, int]:
    """Run a round in a process of its own: (counts, traceback or "", growth, peak in KiB)."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_child, args=(name, number, folder, theirs))
    process.start()
    theirs.close()
    try:
        result = ours.recv()
    except EOFError:
        process.join()
        result = (Counter(), f"the process ended with {process.exitcode}", 0, 0)
    process.join()
    return result


def main() -> int:
    """Fuzz all targets in turn until the time is over; print a table and return the findings."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--first", type=int, default=0, help="number of the first round")
    parser.add_argument("--target", nargs="*", default=list(TARGETS), choices=list(TARGETS))
    parser.add_argument("--keep", type=Path, default=Path("fuzz-found"))
    options = parser.parse_args()
    totals: dict[str, Counter] = {name: Counter() for name in options.target}
    for name in options.target:
        if callable(inputs := TARGETS[name].inputs):
            inputs()
    # Making the whole files takes a while, too.
    end, number = time.monotonic() + options.minutes * 60, options.first
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "input"
        while time.monotonic() < end:
            for name in options.target:
                counts, words, growth, peak = fuzz_round(name, number, folder)
                total = totals[name]
                total.update(counts)
                total["rounds"] += 1
                total["growth"] = max(total["growth"], growth)
                total["peak"] = max(total["peak"], peak)
                if words:
                    total["found"] += 1
                    _keep(options.keep, name, folder / TARGETS[name].file, words)
            number += 1
    print(f"{'target':<16}{'rounds':>7}{'inputs':>10}{'taken':>9}{'found':>6}{'MiB':>6}{'peak':>6}")
    for name, total in totals.items():
        sizes = f"{total['growth'] >> 10:6}{total['peak'] >> 10:6}"
        print(f"{name:<16}{total['rounds']:>7}{total['run']:>10,}{total['taken']:>9,}"
              f"{total['found']:>6}{sizes}")  # fmt: skip
    found = sum(total["found"] for total in totals.values())
    print(
        f"{sum(total['run'] for total in totals.values()):,} inputs, {found} rounds with findings"
    )
    return min(found, 1)


def _keep(folder: Path, name: str, path: Path, words: str) -> None:
    content = path.read_bytes()
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{name.replace(' ', '-')}-{hashlib.sha256(content).hexdigest()[:12]}"
    kept.write_bytes(content)
    kept.with_suffix(".txt").write_text(words)
    print(f"{kept}: {words.strip().splitlines()[-1]}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
