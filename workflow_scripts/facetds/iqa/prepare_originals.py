"""Bring the cropped originals to the generated size, and choose the references among them."""

import json
from pathlib import Path

import numpy as np

from facetds import command
from facetds.errors import FacetdsError
from facetds.files import write_arrays, write_json
from facetds.foreign import load_arrays
from facetds.images import resize
from facetds.iqa.originals import choose_references, describe_references
from facetds.tables import read_table


def prepare_originals(
    crops: Path,
    table: Path,
    network: Path,
    out: Path,
    references_out: Path,
    reference_policy: str,
    references: int,
    seed: int,
    reference_space: str = "landmarks",
    reference_list: list[str] | None = None,
) -> None:
    """Write images, number and reference (truth values) of all originals to `out` (.npz).

    What the images are compared with is recorded in `references_out` (.json): policy, count, of,
    space, text, and the file names of those that were drawn or listed.
    """
    arrays = load_arrays(crops)
    size = json.loads(network.read_text(encoding="utf-8")).get("resolution")
    if not isinstance(size, int):
        raise FacetdsError(f"{network} does not say the resolution; make it again.")
    paths = read_table(table, ("number", "image_path")).set_index("number")["image_path"]
    if not set(arrays["number"]) <= set(paths.index):
        raise FacetdsError(f"{table} lacks some of {crops}; make results/crop again.")
    names = [Path(paths[number]).name for number in arrays["number"]]
    chosen = choose_references(names, reference_policy, references, reference_list or [], seed)
    nearest = reference_policy == "nearest"
    count = min(references, len(names)) if nearest else int(chosen.sum())
    images = np.stack([resize(crop, size) for crop in arrays["images"]])
    write_arrays(out, number=arrays["number"], images=images, reference=chosen)
    few = reference_policy in ("drawn", "listed")
    write_json(
        references_out,
        {
            "policy": reference_policy,
            "count": count,
            "of": len(names),
            "space": reference_space if nearest else None,
            "text": describe_references(reference_policy, count, len(names), reference_space),
            "images": [name for name, one in zip(names, chosen, strict=True) if one and few],
        },
    )


if __name__ == "__main__":
    command.run(prepare_originals)
