"""What a killed run left in its folder, and what to do about it."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path


def explain_lock(folder: Path, command: Sequence[str]) -> str:
    """Return what keeps `folder` locked for Snakemake and what to do, "" if nothing does.

    Snakemake's own word on it leaves open whether the other run is alive. Here the processes of
    this machine are asked (Linux; elsewhere none is found): those that work in `folder`.

    command: how this run was started, to say how to unlock.
    """
    if not any((folder / ".snakemake/locks").glob("*")):
        return ""
    found = _list_processes(folder)
    runs = [pid for pid, words in found.items() if _is_snakemake(words)]
    jobs = [pid for pid in found if pid not in runs]
    unlock = shlex.join([*command, "--unlock"])
    if runs:
        return (
            f"{folder} is in use by another run of Snakemake, process {runs[0]}. Wait until it "
            f"ends, or stop it (kill {runs[0]}: it lets its jobs end); then run again."
        )
    if jobs:
        numbers = " ".join(map(str, jobs))
        return (
            f"The last run in {folder} was killed, but jobs of it are still running: process "
            f"{numbers}. Wait until they end, or stop them (kill {numbers}). Then unlock the "
            f"folder and run again: {unlock}"
        )
    return (
        f"The last run in {folder} was killed and left the folder locked; nothing of it is running "
        "on this machine. Unless another machine works here, unlock the folder and run again "
        f"(what was finished stays, what was not is made again): {unlock}"
    )


def _list_processes(folder: Path) -> dict[int, list[str]]:
    """Return the command lines of Snakemake and of commands of facetds that work in `folder`.

    This process, and those that it has started, are left out.
    """
    own = os.getpid()
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            pid = int(process.name)
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            if own in (pid, parent) or not (process / "cwd").samefile(folder):
                continue
        except OSError:
            continue  # ended meanwhile, or of another user
        if _is_snakemake(words) or any(word.startswith("facetds.") for word in words):
            found[pid] = words
    return dict(sorted(found.items()))


def _is_snakemake(words: Sequence[str]) -> bool:
    return any(Path(word).name == "snakemake" for word in words[:3])
