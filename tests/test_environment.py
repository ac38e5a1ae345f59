"""The lock, and the stages' own environments that are taken from it."""

import re
from pathlib import Path

import pytest
import yaml

ENVS = Path(__file__).parents[1] / "envs"
LOCK = (ENVS / "lock.txt").read_text(encoding="utf-8")
PINNED = dict(re.findall(r"^([a-z0-9.-]+)(?:\[[^]]*\])?==([^ ;\\]+)", LOCK, re.MULTILINE))


def test_every_package_is_pinned_with_hashes_and_no_host_is_named():
    blocks = re.split(r"\n(?=\S)", LOCK.split("\n", 1)[1])
    packages = [block for block in blocks if not block.startswith("#")]
    assert len(packages) > 50
    for block in packages:
        assert re.match(r"[a-z0-9.-]+(\[[^]]*\])?==", block), block[:60]
        assert "--hash=sha256:" in block, block[:60]
    assert "://" not in LOCK
    assert "--index" not in LOCK


@pytest.mark.parametrize("path", sorted(ENVS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_stage_environment_takes_its_versions_from_the_lock(path):
    listed = yaml.safe_load(path.read_text(encoding="utf-8"))["dependencies"]
    pip = next(part["pip"] for part in listed if isinstance(part, dict))
    for line in pip:
        name, version = line.split("==")
        assert PINNED[re.sub(r"\[.*", "", name).lower().replace("_", "-")] == version, line


def test_opencv_has_the_haar_cascades():
    import cv2

    assert cv2.__version__.startswith("4.")
    assert (Path(cv2.data.haarcascades) / "haarcascade_frontalface_alt2.xml").is_file()
