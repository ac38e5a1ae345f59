"""A reviewer's journal: an append-only file of actions, each on the disk before it is confirmed.

One JSON object a line. The first line says whose journal it is and of which images; the others are
actions, numbered from 1: "set" (changes: lists of item, label before, label after), "undo" and
"redo" (of: the action taken back or done again), "place" (where the reviewer is). The journal is
also the stack of undo and redo, so both outlive a reload and a crash.

An item is a seed, or -1 - seed for the seed's hidden repeat.
"""

import fcntl
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from facetds.errors import FacetdsError
from facetds.review.labels import GRID, LABELS

FORMAT = 1
ADJUDICATION = "adjudication"
"""The name of the journal of final decisions on disputed seeds."""

IDLE = 60.0
"""Seconds without an action after which a reviewer is taken to be away."""

Change = tuple[int, str, str]
"""An item, its label before, and its label after."""


class Conflict(FacetdsError):
    """An action that rests on labels which have changed since, as in another tab."""


class NotWritten(FacetdsError):
    """An action that the disk refused; it can be tried again."""


@dataclass
class Pace:
    """How many items were decided in one view, and the active seconds this took."""

    items: int = 0
    seconds: float = 0.0


@dataclass
class State:
    """What the actions of a journal add up to.

    labels: by item, without the empty ones; actions: the sets by number; done, undone: numbers that
    undo and redo take from the end; ids: the number of each action by its id; place: the last one.
    """

    labels: dict[int, str] = field(default_factory=dict)
    actions: dict[int, dict[str, Any]] = field(default_factory=dict)
    done: list[int] = field(default_factory=list)
    undone: list[int] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)
    place: dict[str, Any] | None = None
    paces: dict[str, Pace] = field(default_factory=dict)
    last: int = 0
    time: float | None = None

    def apply(self, line: dict[str, Any]) -> list[Change]:
        """Take one line in, and return the changes of labels that it made."""
        kind, changes = line["do"], []
        if kind == "set":
            changes = [(int(item), old, new) for item, old, new in line["changes"]]
            self.actions[line["n"]] = line
            self.done.append(line["n"])
            self.undone.clear()
        elif kind == "undo":
            self.undone.append(self.done.pop())
            changes = [(i, new, old) for i, old, new in self.actions[line["of"]]["changes"]]
        elif kind == "redo":
            self.done.append(self.undone.pop())
            changes = self.actions[line["of"]]["changes"]
        else:
            self.place = line["place"]
        for item, _, new in changes:
            if new:
                self.labels[item] = new
            else:
                self.labels.pop(item, None)
        self.ids[line["id"]] = line["n"]
        self.last = line["n"]
        self._keep_time(line)
        return changes

    def _keep_time(self, line: dict[str, Any]) -> None:
        now = datetime.fromisoformat(line["at"]).timestamp()
        gap, self.time = now - (self.time or now), now
        if line["do"] != "set":
            return
        pace = self.paces.setdefault(line["view"], Pace())
        if line["view"] == "grid":
            pace.items += sum(not old for _, old, _ in line["changes"])
        else:
            pace.items += sum(old in GRID and new not in GRID for _, old, new in line["changes"])
        if 0 < gap < IDLE:
            pace.seconds += gap


class Journal:
    """A journal that is open for writing, by this process alone."""

    def __init__(self, path: Path, handle: int, head: dict[str, Any], state: State) -> None:
        self.path, self.head, self.state = path, head, state
        self._handle, self._lock = handle, Lock()

    def set_labels(
        self, id_: str, view: str, changes: Iterable[Change], suggested: bool = False
    ) -> int:
        """Write one action and return its number, once it is on the disk.

        `id_` is made by the caller; an id that is known already was confirmed or lost on its way
        back, and is not written twice. suggested: whether suggestions were shown to the reviewer.
        Raises `Conflict` unless every `label before` is the present one.
        """
        with self._lock:
            if id_ in self.state.ids:
                return self.state.ids[id_]
            changes = list(changes)
            for item, old, new in changes:
                if new not in LABELS:
                    raise FacetdsError(f"{new!r} is no label; nothing was saved.")
                if self.state.labels.get(item, "") != old:
                    raise Conflict("These labels have changed in another tab; look again.")
            line = {"do": "set", "view": view, "changes": changes, "suggested": suggested}
            self._write(id_, line)
            return self.state.last

    def undo(self, id_: str) -> dict[str, Any] | None:
        """Take the last action back; return its view and the changes made, None without one."""
        return self._step(id_, "undo", self.state.done)

    def redo(self, id_: str) -> dict[str, Any] | None:
        """Do the last action again that was taken back."""
        return self._step(id_, "redo", self.state.undone)

    def move(self, id_: str, place: dict[str, Any]) -> int:
        """Write where the reviewer is."""
        with self._lock:
            if place != self.state.place:
                self._write(id_, {"do": "place", "place": place})
            return self.state.last

    def close(self) -> None:
        """Give the journal free for other processes."""
        os.close(self._handle)

    def _step(self, id_: str, kind: str, stack: list[int]) -> dict[str, Any] | None:
        with self._lock:
            if id_ in self.state.ids:
                raise Conflict("This step was made already; look again.")
            if not stack:
                return None
            action = self.state.actions[stack[-1]]
            changes = self._write(id_, {"do": kind, "of": stack[-1]})
            return {"view": action["view"], "changes": changes}

    def _write(self, id_: str, line: dict[str, Any]) -> list[Change]:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = {"n": self.state.last + 1, "id": id_, "at": at, **line}
        append_line(self._handle, line, self.path)
        return self.state.apply(line)


def append_line(handle: int, line: dict[str, Any], path: Path) -> None:
    """Append one line in one piece and wait until it is on the disk; or leave the file as it was.

    Raises `NotWritten` if the disk refuses it.
    """
    data = (json.dumps(line, separators=(",", ":")) + "\n").encode()
    size = os.fstat(handle).st_size
    try:
        if os.write(handle, data) != len(data):
            raise OSError("the disk is full")
        os.fdatasync(handle)
    except OSError as error:
        os.ftruncate(handle, size)
        raise NotWritten(f"{path} cannot be written ({error}); make room on the disk.") from None


def open_journal(path: Path, head: dict[str, Any]) -> tuple[Journal, list[str]]:
    """Open or begin a journal, and return it with what was found odd, in words for the reviewer.

    head: reviewer, network (SHA-256), psi and whatever else a new journal shall hold. A last line
    that is half-written, and so was never confirmed, is moved to a file ending in .torn. Raises
    `FacetdsError` for a journal that is open elsewhere, is of another network, psi or reviewer, or
    is damaged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        handle = os.open(path, flags, 0o600)
    except OSError as error:
        reason = (
            "is a symbolic link" if path.is_symlink() else f"cannot be opened: {error.strerror}"
        )
        raise FacetdsError(f"{path} {reason}; move it, or give another --reviewer.") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise FacetdsError(
            f"{path} is open in another review page; close that one, or give another --reviewer."
        ) from None
    try:
        notes = _mend(path, handle)
        found, state, doubled = parse_journal(path)
        if doubled:
            notes.append(f"{path} holds {doubled} actions twice; the first of each counts.")
        if found is None:
            found = {"journal": FORMAT, **head}
            append_line(handle, found, path)
            _sync_folder(path.parent)
        check_head(path, found, head)
    except BaseException:
        os.close(handle)
        raise
    return Journal(path, handle, found, state), notes


def check_head(path: Path, found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Raise `FacetdsError` unless a journal is of the wanted network, psi and (if given) person."""
    if found["network"] != wanted["network"]:
        raise FacetdsError(
            f"{path} was written for another network ({found['network'][:12]}..., not "
            f"{wanted['network'][:12]}...), whose seeds show other faces. Give another folder with "
            "--reviews, or the network it was written for."
        )
    if found["psi"] != wanted["psi"]:
        raise FacetdsError(
            f"{path} was written for previews with psi {found['psi']}, not {wanted['psi']}; set "
            "seeds.psi back, or give another folder with --reviews."
        )
    if found["reviewer"] != wanted.get("reviewer", found["reviewer"]):
        raise FacetdsError(
            f"{path} is the journal of {found['reviewer']}; give the file its own name back."
        )


def parse_journal(path: Path) -> tuple[dict[str, Any] | None, State, int]:
    """Return a journal's first line (None if there is none yet), its state, and doubled actions.

    A last line without an end is left out: it is being written, or never was whole. Raises
    `FacetdsError` naming the line for anything else that is not a journal.
    """
    lines = path.read_bytes().split(b"\n")[:-1]
    state, doubled = State(), 0
    if not lines:
        return None, state, doubled
    try:
        head = json.loads(lines[0])
        if head["journal"] != FORMAT or not isinstance(head["network"], str):
            raise ValueError
        head["reviewer"], head["psi"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise FacetdsError(f"{path} is not a journal of reviews; move it elsewhere.") from None
    for number, line in enumerate(lines[1:], start=2):
        try:
            action = json.loads(line)
            if action["id"] in state.ids:
                doubled += 1
                continue
            _check(action)
            state.apply(action)
        except (ValueError, KeyError, TypeError, IndexError, RecursionError):
            raise FacetdsError(
                f"{path}, line {number} is damaged; keep a copy of the file, remove that line, "
                "and open the page again."
            ) from None
    return head, state, doubled


def read_states(
    folder: Path, network: str, psi: float, skip: tuple[str, ...] = ()
) -> dict[str, State]:
    """Return the states of all journals in a folder by reviewer, `skip` left out.

    Raises `FacetdsError` for a journal of another network or psi, or a damaged one.
    """
    states = {}
    for path in sorted(folder.glob("*.jsonl")):
        head, state, _ = parse_journal(path)
        if head is not None and path.stem not in skip:
            check_head(path, head, {"network": network, "psi": psi, "reviewer": path.stem})
            states[path.stem] = state
    return states


def _check(action: dict[str, Any]) -> None:
    """Raise ValueError for labels that do not exist."""
    for item, old, new in action.get("changes", ()):
        if not isinstance(item, int) or old not in LABELS or new not in LABELS:
            raise ValueError(item)


def _mend(path: Path, handle: int) -> list[str]:
    """Move a last line that is not whole to path.torn, and return what was done."""
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole == len(data):
        return []
    torn = path.with_name(path.name + ".torn")
    with torn.open("ab") as file:
        file.write(data[whole:] + b"\n")
        file.flush()
        os.fsync(file.fileno())
    os.ftruncate(handle, whole)
    os.fdatasync(handle)
    return [f"The last line of {path} was half-written and never confirmed; it is now in {torn}."]


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
