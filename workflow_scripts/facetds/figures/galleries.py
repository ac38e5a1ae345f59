"""Which images are shown, and their thumbnails."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from facetds.aus import AU_NAMES
from facetds.shards import read_entry, read_manifest


class Shards:
    """The images of several shards, found by name."""

    def __init__(self, manifests: Iterable[Path]) -> None:
        self.digests = {}
        for manifest in manifests:
            table = read_manifest(manifest)
            for image, sha256 in zip(table["image"], table["sha256"], strict=True):
                self.digests[image] = (manifest, sha256)

    def read(self, image: str) -> np.ndarray | None:
        """Return an image (uint8 H x W x 3), None if it is missing or not the promised one."""
        if image not in self.digests:
            return None
        manifest, sha256 = self.digests[image]
        return read_entry(manifest, image, sha256).pixels


def pick_gallery(choices: pd.DataFrame, size: int) -> dict[str, pd.DataFrame]:
    """Return the rows of the best, borderline, worst and rejected images, at most `size` of each.

    `choices` has image, reason, aggregate (larger is better), place (1 the best of its batch) and
    kept. Rejected images were held back by a gate; they are spread over the reasons.
    """
    ranked = choices[choices["reason"].isin(["kept", "ranked_below"])]
    ranked = ranked.sort_values(["aggregate", "image"], ascending=[False, True])
    kept, below = ranked[ranked["kept"] == 1], ranked[ranked["kept"] == 0]
    half = size // 2
    held_back = choices[~choices["reason"].isin(["kept", "ranked_below"])].sort_values("image")
    turn = held_back.groupby("reason").cumcount()
    held_back = held_back.assign(turn=turn).sort_values(["turn", "reason"]).head(size)
    return {
        "best": kept.head(size),
        "borderline": pd.concat([kept.tail(half), below.head(size - half)]),
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
