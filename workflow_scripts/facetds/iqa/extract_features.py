"""Extract the features of generated batches, and place their images among the originals."""

import os
import shutil
from pathlib import Path

import numpy as np

from facetds import command
from facetds.files import replacing, write_arrays
from facetds.foreign import load_arrays
from facetds.iqa.embedding import place_images
from facetds.iqa.extractors import EMBEDDING, Extractor, make_extractor
from facetds.iqa.features import Known, extract_entries
from facetds.progress import say
from facetds.shards import read_manifest, read_shard
from facetds.tables import write_table


def extract_features(
    manifest: list[Path],
    shapes: list[Path],
    originals: Path,
    described: Path,
    out: list[Path],
    places: list[Path],
    cache: Path,
    extractors: list[str],
    neighbours: int,
    network: Path | None = None,
    inception_weights: Path | None = None,
) -> None:
    """Write the features of every space, N x D with rows as in the manifest, to `out`.

    An unusable image, or one of another size than the originals, has a row of NaN. `places` (.csv)
    gets image, seed, extractor and the place of each image. These and `manifest`, `shapes` have a
    file per batch. `cache` is a folder: what it knows of an image's bytes, for the same weights and
    preprocessing, is not computed again.
    """
    known = load_arrays(described)
    weights = {"discriminator": network, "inception": inception_weights}
    spaces = {
        name: make_extractor(name, known[f"basis_{name}"], weights.get(name))
        for name in dict.fromkeys([*extractors, EMBEDDING])
    }
    shape = load_arrays(originals)["images"].shape[1:]
    for files in zip(manifest, shapes, out, places, strict=True):
        _extract_batch(*files, cache, known, shape, spaces, neighbours)


def _extract_batch(
    manifest: Path,
    shapes: Path,
    out: Path,
    places: Path,
    cache: Path,
    known: dict[str, np.ndarray],
    shape: tuple[int, ...],
    spaces: dict[str, Extractor],
    neighbours: int,
) -> None:
    rows = read_manifest(manifest)
    kept = cache / f"{manifest.stem}.npz"
    cached = Known(load_arrays(kept)) if kept.is_file() else Known({})
    landmarks = load_arrays(shapes)["landmarks"]
    found = extract_entries(read_shard(manifest), rows["sha256"], landmarks, shape, spaces, cached)
    say(f"{cached.hits:,} of {len(rows) * len(spaces):,} feature rows were known already.")
    keys = {f"key_{name}": np.array(space.key) for name, space in spaces.items()}
    digests = np.array(rows["sha256"].to_list(), dtype="U64")
    write_arrays(out, sha256=digests, **found, **keys)
    placed = place_images(
        found[EMBEDDING], known[EMBEDDING], known["mirrored"], known["number"], neighbours
    )
    placed.insert(0, "image", rows["image"].to_numpy())
    placed.insert(1, "seed", rows["seed"].to_numpy())
    placed.insert(2, "extractor", spaces[EMBEDDING].label)
    _keep(out, kept)
    write_table(places, placed)


def _keep(features: Path, kept: Path) -> None:
    """Let the cache hold the file too, without taking space twice where links are possible."""
    with replacing(kept) as temporary:
        try:
            os.link(features, temporary)
        except OSError:
            shutil.copyfile(features, temporary)


if __name__ == "__main__":
    command.run(extract_features)
