"""Extract the features of one generated batch, once, for the distances between sets."""

from pathlib import Path

import numpy as np

from facetds import command
from facetds.files import replacing
from facetds.foreign import load_arrays
from facetds.frechet import extract_features
from facetds.progress import track
from facetds.shards import read_manifest, read_shard


def extract(manifest: Path, originals: Path, out: Path, extractor: str) -> None:
    """Write `features`, float32 N x D, to `out` (.npz): rows as in the manifest.

    An unusable image, or one of another size than the originals, has a row of NaN.
    """
    shape = load_arrays(originals)["images"].shape[1:]
    blank = np.full_like(extract_features(np.zeros((1, *shape), np.uint8), extractor)[0], np.nan)
    rows = [
        extract_features(entry.pixels[None], extractor)[0]
        if entry.pixels is not None and entry.pixels.shape == shape
        else blank
        for entry in track(
            read_shard(manifest), what="extract", unit="image", total=len(read_manifest(manifest))
        )
    ]
    with replacing(out) as temporary, temporary.open("wb") as handle:
        np.savez(handle, features=np.array(rows, np.float32).reshape(len(rows), len(blank)))


if __name__ == "__main__":
    command.run(extract)
