"""Contact sheets of what was chosen and what was not."""

from pathlib import Path

import numpy as np
import pandas as pd

from facetds.images import resize, tile
from facetds.shards import read_entry, read_manifest

SHEETS = ("best", "borderline", "worst")


def pick(choice: pd.DataFrame, sheet: str, count: int) -> list[str]:
    """Return the names of up to `count` images of one batch's choice for a sheet.

    "best": the first places of the kept ones. "worst": the last places of the readable dropped
    ones, the worst last. "borderline": the last kept ones, then the first dropped by rank alone.
    """
    ordered = choice.sort_values("place")
    kept = ordered[ordered["kept"] == 1]
    dropped = ordered[(ordered["kept"] == 0) & (ordered["reason"] != "unreadable")]
    if sheet == "best":
        return kept["image"].head(count).tolist()
    if sheet == "worst":
        return dropped["image"].tail(count).tolist()
    below = dropped[dropped["reason"] == "ranked_below"]["image"].head(count // 2)
    return [*kept["image"].tail(count - count // 2), *below]


def draw_sheet(
    choices: dict[Path, pd.DataFrame], sheet: str, columns: int, rows: int, tile_size: int
) -> np.ndarray:
    """Return a sheet (uint8 H x W x 3) of images from every batch, batch after batch.

    `choices` holds the choice of each batch by its manifest.
    """
    each = -(-columns * rows // max(1, len(choices)))
    tiles = []
    for manifest, choice in choices.items():
        digests = read_manifest(manifest).set_index("image")["sha256"]
        for name in pick(choice, sheet, each):
            pixels = read_entry(manifest, name, digests[name]).pixels
            if pixels is not None:
                tiles.append(resize(pixels, tile_size))
    tiles = tiles[: columns * rows]
    blank = np.full((tile_size, tile_size, 3), 255, np.uint8)
    return tile(tiles or [blank], columns=columns, gap=2)
