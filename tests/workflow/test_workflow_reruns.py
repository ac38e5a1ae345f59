"""What is made again after an edit: the rules that depend on it, all of them and no others."""

import os
import re
import shutil

import pandas as pd
import pytest
import yaml


@pytest.fixture(scope="module")
def followers(finished):
    """Return, of every rule, the rules that use what it makes, directly or not, and itself."""
    graph = finished.snakemake("--rulegraph", "--forceall").stdout
    names = dict(re.findall(r'(\d+)\[label = "(\w+)"', graph))
    edges = [(names[a], names[b]) for a, b in re.findall(r"(\d+) -> (\d+)", graph)]

    def follow(*rules: str) -> set[str]:
        found, waiting = set(), list(rules)
        while waiting:
            rule = waiting.pop()
            if rule not in found:
                found.add(rule)
                waiting += [after for before, after in edges if before == rule]
        return found

    return follow


@pytest.fixture
def append(finished):
    """Let a test write at the end of files, and cut it off again."""
    kept: dict[str, bytes] = {}

    def append(path: str, text: str) -> None:
        file = finished.folder / path
        kept[path] = file.read_bytes()
        file.write_bytes(kept[path] + text.encode())

    yield append
    for path, content in kept.items():
        (finished.folder / path).write_bytes(content)


def test_a_full_run_ends_in_a_report_and_leaves_nothing_to_do(finished):
    assert (finished.folder / "results/report.html").stat().st_size > 100_000
    assert finished.planned() == {}


def test_new_dates_make_nothing_stale(finished):
    for folder in ("workflow_scripts", "rules", "schemas", "report"):
        for path in (finished.folder / folder).rglob("*"):
            os.utime(path)
    os.utime(finished.folder / "config.yaml")
    assert finished.planned() == {}


@pytest.mark.parametrize(
    ("key", "value", "rules"),
    [
        (("select", "keep"), 18, ["choose_images"]),
        (("select", "thresholds"), ["brisque_svr<=0.9"], ["choose_images"]),
        (("fer", "bootstrap"), 120, ["evaluate_arms"]),
        (("generate", "psi"), 0.7, ["render_probe", "plan_images"]),
        (("figures", "gallery"), 5, None),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else None,
)
def test_a_config_key_reruns_what_uses_it(finished, followers, tmp_path, key, value, rules):
    sizes = finished.sizes()
    sizes[key[0]][key[1]] = value
    changed = tmp_path / "changed.yaml"
    changed.write_text(yaml.safe_dump(sizes))
    jobs = set(finished.planned("--configfile", str(changed)))
    if rules is None:  # figures alone
        assert jobs
        assert all(rule.startswith(("draw_", "build_", "all")) for rule in jobs)
    else:
        assert jobs == followers(*rules)


@pytest.mark.parametrize(
    ("path", "rules"),
    [
        ("iqa/metrics.py", ["score_batch", "score_originals"]),
        ("select/ranking.py", ["choose_images"]),
        ("figures/verdict.py", ["build_report"]),
    ],
)
def test_an_edited_library_reruns_what_reaches_it(finished, followers, append, path, rules):
    append(f"workflow_scripts/facetds/{path}", "\nREVISION = 2\n")
    assert set(finished.planned()) == followers(*rules)


def test_a_comment_reruns_nothing(finished, append):
    append("workflow_scripts/facetds/gan/training.py", "\n# A comment.\n")
    append("rules/gan.smk", "\n# A comment.\n")
    append("config.yaml", "\n# A comment.\n")
    assert finished.planned() == {}


def test_a_published_review_reruns_what_is_labelled(finished, followers, tmp_path):
    table = finished.folder / "my labels.csv"
    shutil.copy(finished.folder / "results/seeds/seed_labels.csv", table)
    sizes = finished.sizes()
    sizes["seeds"]["labels"] = table.name
    overlay = tmp_path / "labels.yaml"
    overlay.write_text(yaml.safe_dump(sizes))
    words = ("--configfile", str(overlay))
    finished.snakemake(*words)
    assert finished.planned(*words) == {}

    pd.read_csv(table)[1:].to_csv(table, index=False)
    expected = followers("publish_labels") - {"publish_labels"} | {"copy_labels"}
    assert set(finished.planned(*words)) == expected
