"""Every hostile input has a test, and the list of them says which."""

from cases import OUTCOMES, collect_all, read_cases


def test_every_case_has_a_test_that_exists():
    cases = read_cases()
    assert set(cases) >= {f"H{number:03d}" for number in range(1, 194)}
    assert list(cases) == sorted(cases)
    assert {row["outcome"] for row in cases.values()} == set(OUTCOMES)
    listed = {case: row["tests"] for case, row in cases.items()}
    found = collect_all()
    assert [case for case in cases if case not in found] == []
    assert listed == found, "run python tests/hostile/cases.py, which writes the tests again"
