"""Features of the images of a shard, computed once per image."""

from collections.abc import Iterable

import numpy as np

from facetds.iqa.extractors import Extractor
from facetds.progress import track
from facetds.shards import Entry

CHUNK = 32


class Known:
    """Features of an earlier run, by the images' content, the weights and the preprocessing.

    `arrays` are those of a features file: `sha256` (N), and of each space `<name>` (N x D) and
    `key_<name>`. `hits` counts the rows that were found.
    """

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self.arrays, self.hits = arrays, 0
        self.rows = {digest: row for row, digest in enumerate(arrays.get("sha256", []))}

    def find(self, name: str, key: str, sha256: str) -> np.ndarray | None:
        """Return an image's row of features, None if it is not known or undefined."""
        row = self.rows.get(sha256)
        if row is None or str(self.arrays.get(f"key_{name}", "")) != key:
            return None
        features = self.arrays[name][row]
        if not np.isfinite(features).all():
            return None
        self.hits += 1
        return features


def extract_entries(
    entries: Iterable[Entry],
    digests: Iterable[str],
    landmarks: np.ndarray,
    shape: tuple[int, ...],
    spaces: dict[str, Extractor],
    known: Known,
) -> dict[str, np.ndarray]:
    """Return the features of each space (N x D), a row per entry.

    Rows are NaN for entries without pixels or of another shape than `shape`. `landmarks`
    (N x 68 x 2) go with the entries. Images are held in memory `CHUNK` at a time.
    """
    blank = {
        name: np.full_like(space.extract(np.zeros((1, *shape), np.uint8), _NOWHERE)[0], np.nan)
        for name, space in spaces.items()
    }
    rows: dict[str, list[np.ndarray]] = {name: [] for name in spaces}
    waiting: list[tuple[Entry, str, np.ndarray]] = []
    total = len(landmarks)
    for item in zip(track(entries, what="extract", unit="image", total=total), digests, landmarks,
                    strict=True):  # fmt: skip
        waiting.append(item)
        if len(waiting) == CHUNK:
            _extract_chunk(waiting, shape, spaces, known, blank, rows)
            waiting = []
    if waiting:
        _extract_chunk(waiting, shape, spaces, known, blank, rows)
    return {
        name: np.array(rows[name], empty.dtype).reshape(total, len(empty))
        for name, empty in blank.items()
    }


_NOWHERE = np.full((1, 68, 2), np.nan, np.float32)


def _extract_chunk(chunk, shape, spaces, known, blank, rows) -> None:
    """Append the features of some entries to `rows`."""
    usable = [
        entry.pixels is not None and entry.pixels.shape == tuple(shape) for entry, _, _ in chunk
    ]
    for name, space in spaces.items():
        found = [
            known.find(name, space.key, digest) if fit else blank[name]
            for (_, digest, _), fit in zip(chunk, usable, strict=True)
        ]
        missing = [place for place, row in enumerate(found) if row is None]
        if missing:
            images = np.stack([chunk[place][0].pixels for place in missing])
            points = np.stack([chunk[place][2] for place in missing])
            for place, row in zip(missing, space.extract(images, points), strict=True):
                found[place] = row
        rows[name] += found
