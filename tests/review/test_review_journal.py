"""The journal: nothing confirmed is ever lost, and everything can be taken back."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facetds.errors import FacetdsError
from facetds.review.journal import (
    Conflict,
    NotWritten,
    open_journal,
    parse_journal,
    read_states,
)
from facetds.review.labels import LABELS, decide

HEAD = {"reviewer": "anna", "network": "ab" * 32, "psi": 0.7, "seeds": None, "repeats": []}
HEAD |= {"blind": False}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "anna.jsonl"


def test_labels_are_all_there_are():
    assert len(LABELS) == 4 + 2 * (1 + 63) + 1
    assert decide("") == decide("marked") == ("", (0,) * 6)
    assert decide("passed")[0] == decide("reject")[0] == "reject"
    assert decide("AU1 AU12") == ("keep", (1, 0, 0, 0, 1, 0))
    assert decide("neutral") == ("neutral", (0,) * 6)
    assert decide("AU4 unsure") == ("unsure", (0, 1, 0, 0, 0, 0))


def test_a_closed_journal_opens_where_it_was(path):
    journal, notes = open_journal(path, HEAD)
    journal.set_labels("a", "grid", [(3, "", "marked"), (4, "", "passed")])
    journal.set_labels("b", "faces", [(3, "marked", "AU1 AU12")], suggested=True)
    place = {"view": "faces", "order": "seed", "item": 3}
    journal.move("c", place)
    journal.close()
    again, notes_again = open_journal(path, HEAD)
    assert notes == notes_again == []
    assert again.state.labels == {3: "AU1 AU12", 4: "passed"}
    assert again.state.place == place
    assert again.state.paces["grid"].items == 2
    assert again.state.paces["faces"].items == 1
    assert path.stat().st_mode & 0o777 == 0o600
    again.close()


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**9))
def test_undoing_everything_leads_back_and_redoing_forth(tmp_path_factory, seed):
    path = tmp_path_factory.mktemp("journal") / "anna.jsonl"
    random = np.random.default_rng(seed)
    words = sorted(LABELS)
    journal, _ = open_journal(path, HEAD)
    for number in range(50):
        items = random.choice(40, random.integers(1, 4), replace=False).tolist()
        labels = journal.state.labels
        changes = [(i, labels.get(i, ""), words[random.integers(len(words))]) for i in items]
        journal.set_labels(f"{number}", "all", changes)
    after = dict(journal.state.labels)
    for number in range(50):
        if number == 20:
            journal.close()
            journal, _ = open_journal(path, HEAD)
        assert journal.undo(f"u{number}")
    assert journal.state.labels == {}
    assert journal.undo("one more") is None
    for number in range(50):
        assert journal.redo(f"r{number}")
    assert journal.state.labels == after
    journal.close()


def test_an_action_after_undo_ends_redo(path):
    journal, _ = open_journal(path, HEAD)
    journal.set_labels("a", "all", [(1, "", "reject")])
    journal.undo("b")
    journal.set_labels("c", "all", [(2, "", "neutral")])
    assert journal.redo("d") is None
    assert journal.state.labels == {2: "neutral"}
    journal.close()


@pytest.mark.hostile("H188")
def test_stale_and_repeated_actions(path):
    journal, _ = open_journal(path, HEAD)
    number = journal.set_labels("a", "all", [(1, "", "reject")])
    assert journal.set_labels("a", "all", [(1, "", "reject")]) == number
    with pytest.raises(Conflict, match="another tab"):
        journal.set_labels("b", "all", [(1, "", "neutral")])
    with pytest.raises(FacetdsError, match="no label"):
        journal.set_labels("c", "all", [(1, "reject", "AU99")])
    assert journal.state.labels == {1: "reject"}
    assert len(path.read_text().splitlines()) == 2
    journal.close()


@pytest.mark.hostile("H191")
def test_half_written_last_line_is_set_aside(path):
    journal, _ = open_journal(path, HEAD)
    journal.set_labels("a", "all", [(1, "", "reject")])
    journal.close()
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"n":2,"id":"b","at":"2026-01')
    assert parse_journal(path)[1].labels == {1: "reject"}
    journal, notes = open_journal(path, HEAD)
    assert "half-written" in notes[0]
    assert path.read_bytes() == whole
    assert b'"id":"b"' in path.with_name("anna.jsonl.torn").read_bytes()
    journal.set_labels("c", "all", [(1, "reject", "neutral")])
    journal.close()
    assert parse_journal(path)[1].labels == {1: "neutral"}


def test_doubled_lines_count_once(path):
    journal, _ = open_journal(path, HEAD)
    journal.set_labels("a", "all", [(1, "", "reject")])
    journal.set_labels("b", "all", [(1, "reject", "neutral")])
    journal.close()
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines, lines[1]]))
    journal, notes = open_journal(path, HEAD)
    assert "1 actions twice" in notes[0]
    assert journal.state.labels == {1: "neutral"}
    journal.close()


DAMAGE = {
    "not JSON": b"rubbish\n",
    "an unknown label": b'{"n":2,"id":"x","at":"2026-01-01T00:00:00+00:00","do":"set","view":"all",'
    b'"changes":[[1,"","AU99"]]}\n',
    "an undo of nothing": b'{"n":2,"id":"x","at":"2026-01-01T00:00:00+00:00","do":"undo","of":7}\n',
    "deep nesting": b"[" * 100_000 + b"\n",
}


@pytest.mark.parametrize("line", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_line_is_named(path, line):
    open_journal(path, HEAD)[0].close()
    path.write_bytes(path.read_bytes() + line)
    with pytest.raises(FacetdsError, match=r"anna\.jsonl, line 2 is damaged"):
        open_journal(path, HEAD)


def test_foreign_journals_are_refused(path):
    open_journal(path, HEAD)[0].close()
    with pytest.raises(FacetdsError, match="another network"):
        open_journal(path, HEAD | {"network": "cd" * 32})
    with pytest.raises(FacetdsError, match=r"psi 0\.7, not 0\.8"):
        open_journal(path, HEAD | {"psi": 0.8})
    with pytest.raises(FacetdsError, match="journal of anna"):
        open_journal(path, HEAD | {"reviewer": "ben"})
    with pytest.raises(FacetdsError, match="another network"):
        read_states(path.parent, "cd" * 32, 0.7)
    assert list(read_states(path.parent, HEAD["network"], 0.7)) == ["anna"]
    path.write_text('{"a": 1}\n')
    with pytest.raises(FacetdsError, match="not a journal"):
        open_journal(path, HEAD)


@pytest.mark.hostile("H190")
def test_two_at_once_and_links_are_refused(path):
    journal, _ = open_journal(path, HEAD)
    with pytest.raises(FacetdsError, match="open in another review page"):
        open_journal(path, HEAD)
    journal.close()
    open_journal(path, HEAD)[0].close()
    path.with_name("ben.jsonl").symlink_to(path)
    with pytest.raises(FacetdsError, match="symbolic link"):
        open_journal(path.with_name("ben.jsonl"), HEAD)


def test_a_full_disk_leaves_the_journal_whole(path):
    journal, _ = open_journal(path, HEAD)
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 20, limits[1]))
    try:
        with pytest.raises(NotWritten, match="make room"):
            journal.set_labels("a", "all", [(1, "", "reject")])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert journal.state.labels == {}
    journal.set_labels("a", "all", [(1, "", "reject")])
    journal.close()
    assert parse_journal(path)[1].labels == {1: "reject"}


# A process that opens the journal and acts until it is killed; it prints the id of each action
# after it was confirmed. Forked, as 200 starts of Python would take long.
WRITERS = """
import os, random, signal, sys, time
from facetds.review.journal import open_journal
from pathlib import Path
path, head = Path(sys.argv[1]), eval(sys.argv[2])
chance = random.Random(7)
for run in range(200):
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        journal, notes = open_journal(path, head)
        number = 0
        while True:
            item = number % 30
            old = journal.state.labels.get(item, "")
            name = f"{run}-{number}"
            new = "reject" if old != "reject" else "neutral"
            journal.set_labels(name, "all", [(item, old, new)])
            os.write(writing, name.encode() + b"\\n")
            number += 1
    os.close(writing)
    os.read(reading, 1)
    time.sleep(chance.random() * 0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    rest = b""
    while part := os.read(reading, 65536):
        rest += part
    os.close(reading)
    confirmed = rest.split(b"\\n")[:-1]
    # The first byte of the first name was read above to know that the writer is at work.
    print(" ".join([str(run)[:1] + confirmed[0].decode(), *(c.decode() for c in confirmed[1:])]))
"""


def test_200_kills_lose_no_confirmed_action(path):
    source = str(Path(__file__).parents[2] / "workflow_scripts")
    done = subprocess.run(
        [sys.executable, "-c", WRITERS, str(path), repr(HEAD)],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": source},
    )  # fmt: skip
    runs = [line.split() for line in done.stdout.splitlines()]
    confirmed = [name for names in runs for name in names]
    assert len(runs) == 200
    assert len(confirmed) >= 200
    journal, _ = open_journal(path, HEAD)
    assert [name for name in confirmed if name not in journal.state.ids] == []
    # Each writer died after at most one action that it could not confirm any more.
    assert len(journal.state.ids) - len(confirmed) <= 200
    expected = {}
    for line in path.read_text().splitlines()[1:]:
        for item, old, new in json.loads(line)["changes"]:
            assert expected.get(item, "") == old
            expected[item] = new
    assert journal.state.labels == expected
    journal.close()
