"""Describe the originals in every feature space, and how they lie among each other."""

from pathlib import Path

import numpy as np

from facetds import command
from facetds.errors import FacetdsError
from facetds.files import write_arrays
from facetds.foreign import load_arrays
from facetds.iqa.embedding import place_originals
from facetds.iqa.extractors import EMBEDDING, fit_basis, make_extractor
from facetds.iqa.geometry import mirror_landmarks
from facetds.progress import track
from facetds.tables import read_table, write_table


def describe_originals(
    originals: Path,
    shapes: Path,
    people: Path,
    out: Path,
    places: Path,
    extractors: list[str],
    neighbours: int,
    network: Path | None = None,
    inception_weights: Path | None = None,
) -> None:
    """Write features of the originals and the bases of the spaces to `out` (.npz).

    It holds number, and of each space its features `<name>` and `basis_<name>`; of the embedding
    also those of the mirrored originals. `places` (.csv) gets number and the place of each.
    """
    arrays, landmarks = load_arrays(originals), load_arrays(shapes)["landmarks"]
    images, numbers = arrays["images"], arrays["number"]
    table = read_table(people, ("number", "model")).set_index("number")
    if not set(numbers) <= set(table.index):
        raise FacetdsError(f"{people} lacks some of the originals; make results/crop again.")
    weights = {"discriminator": network, "inception": inception_weights}
    found = {"number": numbers}
    for name in track(list(dict.fromkeys([*extractors, EMBEDDING])), what="describe", unit="space"):
        basis = fit_basis(name, images, landmarks)
        extractor = make_extractor(name, basis, weights.get(name))
        found |= {name: extractor.extract(images, landmarks), f"basis_{name}": basis}
        if name == EMBEDDING:
            mirrored = mirror_landmarks(landmarks, images.shape[2])
            flipped = np.ascontiguousarray(images[:, :, ::-1])
            found["mirrored"] = extractor.extract(flipped, mirrored)
    names = table["model"][numbers].to_numpy(str)
    placed = place_originals(found[EMBEDDING], found["mirrored"], numbers, names, neighbours)
    placed.insert(0, "number", numbers)
    write_arrays(out, **found)
    write_table(places, placed)


if __name__ == "__main__":
    command.run(describe_originals)
