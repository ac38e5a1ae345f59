"""The previews that are reviewed: which there are, their sheets of thumbnails, and suggestions."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.foreign import read_sheets
from facetds.shards import Entry, preview_directory, read_entry

THUMBNAIL = 128
SHEET_COLUMNS = 10


@dataclass(frozen=True)
class Previews:
    """All previews of one network: files maps a seed to its manifest, image name and SHA-256."""

    network: str
    psi: float
    files: dict[int, tuple[Path, str, str]]

    def seeds(self) -> list[int]:
        """Return all seeds, rising."""
        return list(self.files)

    def read(self, seed: int) -> Entry:
        """Return the image of a seed, checked against its manifest."""
        manifest, image, sha256 = self.files[seed]
        return read_entry(manifest, image, sha256, preview_directory(manifest))


def find_previews(folder: Path, network: str) -> Previews:
    """Return the previews that the shards shard-*.csv in `folder` describe, sorted by seed.

    Raises `FacetdsError` if there are none, or some of another network or of two truncations.
    """
    files, truncations = {}, set()
    for path in sorted(folder.glob("shard-*.csv")):
        table = read_columns(path, ("seed", "image", "sha256", "network", "psi"))
        if set(table["network"]) != {network}:
            raise FacetdsError(
                f"{path} is of another network than {network[:12]}...: its seeds show other faces. "
                "Render the previews again (make review), or name the right --network."
            )
        truncations |= set(table["psi"])
        for seed, image, sha256 in zip(table["seed"], table["image"], table["sha256"], strict=True):
            # The name that previews have; no other is ever opened.
            if not seed.isdigit() or image != f"{int(seed):06d}.jpg":
                raise FacetdsError(f"{path} names {image!r} for seed {seed}; render it again.")
            files[int(seed)] = (path, image, sha256)
    if not files:
        raise FacetdsError(f"{folder} has no previews; run make review, which renders them first.")
    if len(truncations) != 1:
        raise FacetdsError(f"{folder} mixes previews of several psi; render them again.")
    return Previews(network, float(truncations.pop()), dict(sorted(files.items())))


def read_columns(path: Path, needed: Sequence[str]) -> dict[str, list[str]]:
    """Return the columns of a CSV table as text; without pandas, which would double the server.

    Raises `FacetdsError` if the table is not one, or lacks a column.
    """
    rows = next(iter(read_sheets(path).values()))
    head = rows[0] if rows else []
    missing = [name for name in needed if name not in head]
    if missing or any(len(row) != len(head) for row in rows):
        raise FacetdsError(
            f"{path} lacks {', '.join(missing) or 'cells in some rows'}; make it again."
        )
    return {name: [row[column] for row in rows[1:]] for column, name in enumerate(head)}


def draw_sheet(previews: Previews, seeds: Sequence[int]) -> bytes:
    """Return the thumbnails of seeds as one JPEG, in rows of `SHEET_COLUMNS`."""
    rows = -(-len(seeds) // SHEET_COLUMNS)
    sheet = Image.new("RGB", (SHEET_COLUMNS * THUMBNAIL, rows * THUMBNAIL))
    for number, seed in enumerate(seeds):
        row, column = divmod(number, SHEET_COLUMNS)
        picture = to_picture(previews.read(seed)).resize((THUMBNAIL, THUMBNAIL), Image.BICUBIC)
        sheet.paste(picture, (column * THUMBNAIL, row * THUMBNAIL))
    return encode(sheet, 85)


def to_picture(entry: Entry) -> Image.Image:
    """Return the picture of an entry, or a grey one that says it is broken."""
    if entry.pixels is not None:
        return Image.fromarray(entry.pixels)
    picture = Image.new("RGB", (THUMBNAIL, THUMBNAIL), (70, 70, 70))
    ImageDraw.Draw(picture).text((THUMBNAIL / 2, THUMBNAIL / 2), "broken", "white", anchor="mm")
    return picture


def encode(picture: Image.Image, quality: int = 95) -> bytes:
    """Return the bytes of a JPEG."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def read_suggestions(paths: Sequence[Path], seeds: Sequence[int]) -> np.ndarray:
    """Return the suggested probabilities of the AUs (float32 N x 6, NaN where there is none).

    The tables have seed and either AU1 to AU15 (a classifier's probabilities) or such columns with
    a prefix for each estimator, as a_AU1 and b_AU1, whose means are taken.
    """
    chances = np.full((len(seeds), len(AU_NAMES)), np.nan, np.float32)
    rows = {seed: row for row, seed in enumerate(seeds)}
    for path in paths:
        table = read_columns(path, ("seed",))
        known = [(n, int(seed)) for n, seed in enumerate(table["seed"]) if seed.isdigit()]
        found = [(place, rows[seed]) for place, seed in known if seed in rows]
        for column, au in enumerate(AU_NAMES):
            names = [n for n in table if n == au or n.endswith(f"_{au}")]
            if not names:
                raise FacetdsError(f"{path} has no column {au} or a_{au}; leave it out.")
            try:
                values = np.array([[float(cell or "nan") for cell in table[n]] for n in names])
            except ValueError as error:
                raise FacetdsError(f"{path}, {names[0]}: {error}; correct it.") from None
            for place, row in found:
                chances[row, column] = values[:, place].mean()
    if ((chances < 0) | (chances > 1)).any():
        raise FacetdsError("The suggestions are no probabilities: some lie outside 0 to 1.")
    return chances
