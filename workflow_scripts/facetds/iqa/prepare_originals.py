"""Bring the cropped originals to the generated size, and draw the references among them."""

import json
from pathlib import Path

import numpy as np

from facetds import command
from facetds.errors import FacetdsError
from facetds.files import replacing
from facetds.foreign import load_arrays
from facetds.iqa.originals import resize_originals


def prepare_originals(crops: Path, network: Path, out: Path, references: int, seed: int) -> None:
    """Write images, number and reference (truth values) of all originals to `out` (.npz)."""
    arrays = load_arrays(crops)
    size = json.loads(network.read_text(encoding="utf-8")).get("resolution")
    if not isinstance(size, int):
        raise FacetdsError(f"{network} does not say the resolution; make it again.")
    prepared = resize_originals(arrays["images"], size, references, seed)
    with replacing(out) as temporary, temporary.open("wb") as handle:
        np.savez(handle, number=arrays["number"], **prepared)


if __name__ == "__main__":
    command.run(prepare_originals)
