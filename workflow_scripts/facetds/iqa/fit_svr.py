"""Fit the quality regressions on the originals: the sound one, and the thesis's."""

from pathlib import Path

import numpy as np

from facetds import command
from facetds.files import replacing, write_json
from facetds.foreign import load_arrays
from facetds.iqa.regression import fit_sound, fit_thesis, pack
from facetds.progress import say
from facetds.randomness import generator


def fit_svr(
    originals: Path, out: Path, report: Path, svr_originals: int, validation_share: float, seed: int
) -> None:
    """Write both models as arrays to `out` (.npz), and how they validate to `report` (.json)."""
    images = load_arrays(originals)["images"]
    drawn = generator(seed, "iqa.svr").permutation(len(images))[:svr_originals]
    images = images[np.sort(drawn)]
    models, reports = {}, {}
    for name, fit in {"sound": fit_sound, "thesis": fit_thesis}.items():
        models[name], reports[name] = fit(images, validation_share, seed)
        say(f"{name}: {reports[name]}")
    with replacing(out) as temporary, temporary.open("wb") as handle:
        np.savez(handle, **pack(models))
    write_json(report, reports)


if __name__ == "__main__":
    command.run(fit_svr)
