"""The first inputs of the fuzzer, and those that once found something."""

import signal
from pathlib import Path

import pytest
from fuzz import run_one, run_round
from targets import TARGETS

FOUND = sorted(Path(__file__).with_name("found").iterdir())
EXAMPLES = 50


@pytest.fixture(autouse=True)
def _hangs_are_told():
    def stop(*_):
        raise TimeoutError("the parser hangs")

    before = {number: signal.signal(number, stop) for number in (signal.SIGALRM, signal.SIGPROF)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("name", TARGETS)
def test_a_parser_takes_or_refuses_whatever_comes(name, tmp_path):
    counts = run_round(name, 0, EXAMPLES, tmp_path)
    assert counts["run"] >= EXAMPLES // 2
    assert counts["taken"] < counts["run"] or name in ("names", "norming")


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_what_was_found_stays_mended(path, tmp_path):
    name = path.name.rpartition("-")[0].replace("-", " ")
    run_one(TARGETS[name], path.read_bytes(), tmp_path)


def test_a_crash_a_hang_and_an_appetite_are_found(tmp_path, monkeypatch):
    """The fuzzer itself: each of the three ends its round with a finding."""
    from fuzz import fuzz_round

    def eat(path):
        bytearray(2**31)

    def crash(path):
        signal.raise_signal(signal.SIGSEGV)

    def hang(path):
        while True:
            pass

    monkeypatch.setattr("fuzz.SECONDS", 1)
    words = {}
    for run in (eat, crash, hang):
        monkeypatch.setitem(TARGETS, "probe", TARGETS["array"]._replace(run=run))
        counts, words[run], _, _ = fuzz_round("probe", 0, tmp_path / "input")
        assert not counts
    assert "MemoryError" in words[eat]
    assert words[crash] == f"the process ended with -{signal.SIGSEGV}"
    assert "TimeoutError: the parser hangs" in words[hang]
