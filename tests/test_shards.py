"""Reading images through a manifest."""

import numpy as np
import pandas as pd
import pytest

from facetds.errors import FacetdsError
from facetds.files import digest
from facetds.images import write_image
from facetds.shards import read_manifest, read_shard


@pytest.fixture
def manifest(tmp_path):
    path = tmp_path / "batch-00000.csv"
    rows = []
    for number in range(4):
        image = tmp_path / "batch-00000" / f"7_{number:06d}.jpg"
        write_image(image, np.full((16, 16, 3), 40 * number, np.uint8))
        rows.append((image.name, 7, digest(image)))
    pd.DataFrame(rows, columns=["image", "seed", "sha256"]).to_csv(path, index=False)
    return path


def test_images_come_in_the_order_of_the_manifest(manifest):
    entries = list(read_shard(manifest))
    assert [e.image for e in entries] == [f"7_{n:06d}.jpg" for n in range(4)]
    assert [round(e.pixels.mean(), -1) for e in entries] == [0, 40, 80, 120]
    assert not any(e.problem for e in entries)


def test_broken_missing_and_exchanged_images_are_told(manifest):
    folder = manifest.with_suffix("")
    whole = (folder / "7_000000.jpg").read_bytes()
    (folder / "7_000000.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "7_000001.jpg").unlink()
    write_image(folder / "7_000002.jpg", np.zeros((16, 16, 3), np.uint8))
    problems = [entry.problem for entry in read_shard(manifest)]
    assert "cannot be decoded" in problems[0]
    assert "cannot be opened" in problems[1]
    assert "not the file" in problems[2]
    assert problems[3] == ""


@pytest.mark.parametrize("name", ["../7_000000.jpg", "7_000001.jpg", "a/b.jpg"])
def test_names_twice_or_outside_are_refused(manifest, name):
    table = pd.read_csv(manifest)
    table.loc[0, "image"] = name
    table.to_csv(manifest, index=False)
    with pytest.raises(FacetdsError, match="batch-00000"):
        read_manifest(manifest)
