"""Faces of the user's own data sets enter no figure and no report, unless a key says so.

The finished run's crops are repainted in colours that nothing else has, and the demo's data sets
are given as the user's own: where a repainted picture is shown, at whatever scale, it is seen.
"""

import base64
import io
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from facetds.files import write_arrays
from facetds.foreign import load_arrays
from facetds.images import write_image

MAGENTA, GREEN = np.uint8([255, 0, 255]), np.uint8([0, 255, 0])
SHOWING = ["draw_crops", "draw_frames", "draw_backgrounds", "draw_training", "build_report"]
"""The rules that read crops or photos to draw them, and the report."""


def repaint(path: Path, name: str) -> None:
    """Fill every picture of an archive with large blocks of the two colours, each otherwise.

    A mean of many is grey; the file keeps its time, so nothing downstream is stale.
    """
    arrays, seen = load_arrays(path), path.stat()
    pictures = arrays[name]
    blocks = np.random.default_rng(0).random((len(pictures), 4, 4)) < 0.5
    side = pictures.shape[1] // 4
    blocks = blocks.repeat(side, axis=1).repeat(side, axis=2)[..., None]
    write_arrays(path, **(arrays | {name: np.where(blocks, MAGENTA, GREEN)}))
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))


def count_painted(picture: Image.Image) -> int:
    """Return how many pixels have one of the two colours, as JPEG and scaling leave them."""
    low_high = np.asarray(picture.convert("RGB")).astype(int)
    red, green, blue = np.moveaxis(low_high, -1, 0)
    magenta = (red > 200) & (green < 60) & (blue > 200)
    return int((magenta | ((red < 60) & (green > 200) & (blue < 60))).sum())


def pictures_of(folder: Path) -> dict[str, Image.Image]:
    """Return the shareable pictures of a run: those of the report, and every PNG but the GAN's own.

    results/gan/reals.png is what the training looked at; no rule shares it.
    """
    text = (folder / "results/report.html").read_text(encoding="utf-8")
    found = re.findall(r"data:image/(?:png|webp|jpeg);base64,([A-Za-z0-9+/=]+)", text)
    assert len(found) > 20
    embedded = {
        f"report {n}": Image.open(io.BytesIO(base64.b64decode(data)))
        for n, data in enumerate(found)
    }
    files = [*(folder / "results/figures").glob("*.png"), folder / "results/crop/contact_sheet.png"]
    return embedded | {path.name: Image.open(path) for path in files}


@pytest.fixture(scope="module")
def own(finished, tmp_path_factory):
    """Return a copy of the finished run whose data sets are the user's own, in loud colours."""
    workflow = type(finished)(tmp_path_factory.mktemp("own") / "run")
    shutil.copytree(finished.folder, workflow.folder, symlinks=True)
    results = workflow.folder / "results"
    repaint(results / "crop/cfd.npz", "images")
    for path in (results / "crop/disfa").glob("*.npz"):
        repaint(path, "frames")
    reals, seen = results / "gan/reals.png", (results / "gan/reals.png").stat()
    shape = np.asarray(Image.open(reals)).shape
    write_image(reals, np.broadcast_to(MAGENTA, shape).copy())
    os.utime(reals, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    return workflow


def draw(workflow, show: bool) -> dict[str, int]:
    """Draw again what may show pictures; return how many painted pixels each picture has."""
    sizes = workflow.sizes()
    folder = workflow.folder / "results/demo"
    sizes.setdefault("data", {}).update(cfd=str(folder / "cfd"), disfa=str(folder / "disfa"))
    sizes.setdefault("seeds", {})["labels"] = str(workflow.folder / "results/seeds/seed_labels.csv")
    sizes["figures"] = sizes.get("figures", {}) | {"show_originals": show}
    (workflow.folder / "own.yaml").write_text(yaml.safe_dump(sizes), encoding="utf-8")
    workflow.snakemake(
        *("results/report.html", "--configfile", "own.yaml", "--rerun-triggers", "mtime"),
        *("--forcerun", *SHOWING),
    )
    return {name: count_painted(image) for name, image in pictures_of(workflow.folder).items()}


def test_faces_of_ones_own_data_are_shown_only_if_asked(own):
    shown = draw(own, show=True)
    assert shown["contact_sheet.png"] > 10_000
    assert any(count > 10_000 for name, count in shown.items() if name.startswith("report"))
    hidden = {name: count for name, count in draw(own, show=False).items() if count}
    assert hidden == {}
