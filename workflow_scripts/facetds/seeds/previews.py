"""Previews of seeds: the numbered images that a reviewer looks at (thesis 3.10)."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from facetds.files import replacing_directory
from facetds.images import encode_jpeg, resize
from facetds.latents import render, ws_of_seed

if TYPE_CHECKING:
    import torch

THUMBNAIL = 128
"""Largest side in pixels of a face on a sprite sheet."""

COLUMNS, NUMBER = 20, 14


def seeds_of_shard(shard: int, shard_size: int, previews: int) -> range:
    """Return the seeds of a shard: `shard_size` of 0 .. previews - 1, in the last one the rest."""
    return range(shard * shard_size, min((shard + 1) * shard_size, previews))


def write_previews(
    directory: Path, seeds: Iterable[int], generator: "torch.nn.Module", psi: float
) -> tuple[pd.DataFrame, list[np.ndarray]]:
    """Render seeds into `directory` as 000042.jpg, in one step.

    Returns the manifest (seed, image, sha256) and the thumbnails (uint8 T x T x 3, T at most
    `THUMBNAIL`).
    """
    manifest, thumbnails = [], []
    with replacing_directory(directory) as folder:
        for seed in seeds:
            image = render(generator, ws_of_seed(generator, seed, psi))
            data = encode_jpeg(image)
            name = f"{seed:06d}.jpg"
            (folder / name).write_bytes(data)
            row = {"seed": seed, "image": name, "sha256": hashlib.sha256(data).hexdigest()}
            manifest.append(row)
            thumbnails.append(resize(image, min(THUMBNAIL, len(image))))
    return pd.DataFrame(manifest), thumbnails


def draw_sprites(thumbnails: Sequence[np.ndarray], seeds: Sequence[int]) -> np.ndarray:
    """Return thumbnails (uint8 T x T x 3) in rows of `COLUMNS`, each above its seed's number.

    uint8 H x W x 3; a face takes T x (T + `NUMBER`) pixels, without gaps.
    """
    side = len(thumbnails[0])
    rows = -(-len(thumbnails) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * side, rows * (side + NUMBER)), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(NUMBER - 3)
    for place, (picture, seed) in enumerate(zip(thumbnails, seeds, strict=True)):
        left, top = place % COLUMNS * side, place // COLUMNS * (side + NUMBER)
        sheet.paste(Image.fromarray(picture), (left, top))
        draw.text((left + side / 2, top + side), str(seed), (34, 34, 34), font, anchor="ma")
    return np.asarray(sheet)
