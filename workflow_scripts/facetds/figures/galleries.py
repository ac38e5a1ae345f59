"""Which images are shown, and their thumbnails."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from facetds.aus import AU_NAMES
from facetds.figures import style
from facetds.images import resize
from facetds.shards import read_entry, read_manifest, shard_directory

TILE = 96
"""Side in pixels of an image in a gallery."""


class Shards:
    """The images of several shards, found by name; `directory_of` says where a shard's lie."""

    def __init__(
        self, manifests: Iterable[Path], directory_of: Callable[[Path], Path] = shard_directory
    ) -> None:
        self.digests = {}
        self.directory_of = directory_of
        for manifest in manifests:
            table = read_manifest(manifest)
            for image, sha256 in zip(table["image"], table["sha256"], strict=True):
                self.digests[image] = (manifest, sha256)

    def read(self, image: str) -> np.ndarray | None:
        """Return an image (uint8 H x W x 3), None if it is missing or not the promised one."""
        if image not in self.digests:
            return None
        manifest, sha256 = self.digests[image]
        return read_entry(manifest, image, sha256, self.directory_of(manifest)).pixels


def pick_gallery(choices: pd.DataFrame, size: int) -> dict[str, pd.DataFrame]:
    """Return the rows of the best, borderline, worst and rejected images, at most `size` of each.

    Borderline are the last that were kept and the first that were not. `choices` has image, seed,
    reason, aggregate (larger is better), place (1 the best of its batch) and kept. Of equally good
    images those of different seeds come first. Rejected images were held back by a gate; they are
    spread over the reasons.
    """
    ranked = choices[choices["reason"].isin(["kept", "ranked_below"])].sort_values("image")
    turn = ranked.groupby(["aggregate", "seed"]).cumcount()
    ranked = ranked.assign(turn=turn).sort_values(
        ["aggregate", "turn", "seed"], ascending=[False, True, True]
    )
    ranked = ranked.drop(columns="turn")
    kept, below = ranked[ranked["kept"] == 1], ranked[ranked["kept"] == 0]
    passed_over = (choices["kept"] == 0) & ~choices["reason"].isin(["ranked_below", "less_spread"])
    held_back = choices[passed_over].sort_values("image")
    turn = held_back.groupby("reason").cumcount()
    held_back = held_back.assign(turn=turn).sort_values(["turn", "reason"]).head(size)
    return {
        "best": kept.head(size),
        "just kept": kept.tail(size),
        "just not kept": below.head(size),
        "worst": below.tail(size).iloc[::-1],
        "rejected": held_back.drop(columns="turn"),
    }


def pick_by_au(choices: pd.DataFrame, labels: pd.DataFrame, size: int) -> dict[str, pd.DataFrame]:
    """Return for each AU the best kept images whose seed was labelled with it, one per seed first.

    `labels` has seed and a 0/1 column per AU.
    """
    kept = choices[choices["kept"] == 1].sort_values(
        ["aggregate", "image"], ascending=[False, True]
    )
    kept = kept.assign(turn=kept.groupby("seed").cumcount())
    kept = kept.sort_values("turn", kind="stable").drop(columns="turn")
    seeds = {au: set(labels.loc[labels[au] == 1, "seed"]) for au in AU_NAMES}
    return {au: kept[kept["seed"].isin(seeds[au])].head(size) for au in AU_NAMES}


def list_gallery(picked: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return gallery, image, seed, reason, aggregate, place, kept of all images shown."""
    columns = ["image", "seed", "reason", "aggregate", "place", "kept"]
    parts = [rows[columns].assign(gallery=name) for name, rows in picked.items()]
    return pd.concat(parts, ignore_index=True)[["gallery", *columns]]


def draw_gallery(picked: dict[str, pd.DataFrame], shards: Shards, columns: int = 8) -> Figure:
    """Draw the images of every gallery under its name, with what the selection said of each."""
    step, title = TILE + 34, 46
    lines = {name: max(1, -(-len(rows) // columns)) for name, rows in picked.items()}
    height = sum(count * step + title for count in lines.values())
    sheet = np.full((height, columns * (TILE + 8), 3), 255, np.uint8)
    figure = style.bare_figure(sheet.shape[1] / 110, sheet.shape[0] / 110)
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set_axis_off()
    top = 0
    for name, rows in picked.items():
        axis.text(0, top + title - 10, name, weight="bold", fontsize=10)
        top += title
        if rows.empty:
            axis.text(0, top + TILE / 2, "none", color=style.MUTED)
        for number, row in enumerate(rows.itertuples()):
            x, y = number % columns * (TILE + 8), top + number // columns * step
            pixels = shards.read(row.image)
            if pixels is not None:
                sheet[y : y + TILE, x : x + TILE] = resize(pixels, TILE)
            reason = row.reason.removeprefix("filled:").replace("_", " ")
            words = f"{row.image.removesuffix('.jpg')}\n{reason}"
            words += "" if pixels is not None else " (not readable)"
            axis.text(x + TILE / 2, y + TILE + 3, words, fontsize=5.6, color=style.MUTED,
                      ha="center", va="top", linespacing=1.15)  # fmt: skip
        top += lines[name] * step
    axis.imshow(sheet, interpolation="none")
    return figure
