"""Pictures inside the page: charts keep what their colours say, faces cost little."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from facetds.figures import performance, sprites
from facetds.figures.explore import render
from facetds.tables import read_table


def shown(uri: str) -> np.ndarray:
    """Return the picture of a data URI (uint8 H x W x 3)."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))).convert("RGB"))


def test_a_chart_keeps_its_planes_and_hardly_changes_its_edges(results):
    summary = read_table(results / "fer/summary.csv")
    before = render(performance.draw_auc_summary(summary, ["original", "baseline", "enhanced"]))
    uri = sprites.embed_picture(before, 700)
    after = shown(uri)
    assert uri.startswith("data:image/webp")
    assert after.shape == before.shape
    colours, which, counts = sprites._count_colours(before)
    planes = counts[which] >= sprites.FLAT * which.size
    assert planes.mean() > sprites.CHART_SHARE
    assert (after[planes] == before[planes]).all()
    changed = np.linalg.norm(after.astype(int) - before, axis=-1)
    assert 0 < changed.max() <= sprites.EDGE_ERROR
    assert len(np.unique(after.reshape(-1, 3), axis=0)) < 0.5 * len(colours)


@pytest.mark.parametrize("tint", ["#D6E8F3", "#CDEBE1"])  # bands of two AUs, alike in number
def test_light_tints_are_not_taken_for_each_other_or_for_white(tint):
    picture = Image.new("RGB", (200, 200), "white")
    picture.paste(tint, (0, 0, 90, 90))
    picture.paste("#D2E9EA", (100, 0, 200, 100))
    after = shown(sprites.embed_picture(np.asarray(picture), 100))
    assert (after == np.asarray(picture)).all()


def test_what_is_no_chart_is_reduced_to_the_width_at_which_it_is_shown():
    slope = np.tile(np.linspace(0, 255, 400, dtype=np.uint8)[:, None, None], (1, 400, 3))
    noise = np.random.default_rng(1).integers(0, 256, (400, 400, 3), dtype=np.uint8)
    for picture in (slope, noise):  # few colours, and many
        uri = sprites.embed_picture(picture, 200)
        assert uri.startswith("data:image/avif")
        assert shown(uri).shape == (200, 200, 3)
