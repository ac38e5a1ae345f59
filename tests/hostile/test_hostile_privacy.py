"""Nobody's face leaks: not through logs, not through committed files, not as a copy."""

import base64
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from pictures import JPEG, PIXELS

from facetds.tables import read_table

ROOT = Path(__file__).parents[2]
# What pictures look like in text: base64, escaped bytes, and printed pixels.
CONTENT = re.compile(
    r"data:image|[A-Za-z0-9+/]{200}|(?:\\x[0-9a-f]{2}.{0,3}){20}|(?:\b\d{1,3}[\s,\[\]]+){40}"
)
# Where each committed file that is no text comes from.
ORIGINS = {
    "docs/demo.jpg": "drawn faces and the GAN's, by this workflow",
    "resources/demo-gan.pkl": "a network trained on drawn faces (resources/README.md)",
    "tests/gan/fixtures/": "random networks and noise (README.md there)",
    "tests/iqa/fixtures/": "pictures of scikit-image in the public domain (README.md there)",
    "tests/latent/fixtures/": "a random network (README.md there)",
    "tests/select/fixtures/": "drawn faces and the GAN's, by this workflow (test_select_faces.py)",
    "tests/hostile/found/": "damaged bytes of the fuzzer (targets.py)",
}


def leaks(text: str) -> list[str]:
    """Return the beginnings of what looks like a picture in a text."""
    return [match[0][:60] for match in CONTENT.finditer(text)]


def test_logs_have_no_pictures(finished):
    logs = [path for path in (finished.folder / "logs").rglob("*") if path.is_file()]
    logs += (finished.folder / ".snakemake/log").glob("*.log")
    assert len(logs) > 50
    for path in logs:
        text = path.read_text(encoding="utf-8")
        assert leaks(text) == [], path
        assert max(map(len, text.splitlines()), default=0) < 20_000, path


@pytest.mark.parametrize(
    "text",
    [base64.b64encode(JPEG).decode(), repr(JPEG), str(PIXELS.tolist()),
     np.array2string(PIXELS, threshold=10**6), "<img src='data:image/png;base64,x'>"],
    ids=["base64", "bytes", "list", "whole array", "data URL"],
)  # fmt: skip
def test_a_picture_in_a_log_is_found(text):
    assert leaks(text)


@pytest.fixture(scope="module")
def committed():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("This is no checkout of the repository.")
    return [name for name in listed.stdout.split("\0") if (ROOT / name).is_file()]


def test_every_committed_file_that_is_no_text_has_an_origin(committed):
    unknown = []
    for name in committed:
        content = (ROOT / name).read_bytes()
        known = any(name == place or name.startswith(place) for place in ORIGINS)
        if not known and (b"\0" in content or content.startswith((b"\xff\xd8", b"\x89PNG"))):
            unknown.append(name)
    assert unknown == [], "say in ORIGINS where it is from; photographs of persons stay out"
    for place in ORIGINS:
        assert any(name.startswith(place) for name in committed), place


def test_no_committed_text_has_a_picture_in_it(committed):
    found = {}
    for name in committed:
        content = (ROOT / name).read_bytes()
        if b"\0" in content or name.endswith((".json", ".csv")):
            continue
        text = content.decode("utf-8", "replace")
        pictures = re.findall(r"data:image/(?:png|jpe?g|gif|webp);base64|[A-Za-z0-9+/]{1000}", text)
        if pictures and name != "tests/hostile/test_hostile_privacy.py":
            found[name] = pictures[0][:40]
    assert found == {}


def test_copies_of_originals_are_counted_by_default_and_told(finished):
    copies = read_table(finished.folder / "results/select/copies.csv").set_index("set")
    assert copies.index.tolist() == ["generated", "selected", "random"]
    assert copies.loc["selected", "copies"] == 0
    report = (finished.folder / "results/report.html").read_text(encoding="utf-8")
    assert "Copies of an original, nearer to it than" in report
