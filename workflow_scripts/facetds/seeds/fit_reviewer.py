"""Fit the estimators of the simulated reviewers on faces whose AUs are known."""

import json
from dataclasses import fields
from pathlib import Path

import numpy as np

from facetds import command
from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.estimators import Estimators, estimate, look
from facetds.files import replacing, write_json
from facetds.foreign import load_arrays
from facetds.images import resize
from facetds.progress import say, track
from facetds.seeds.fitting import fit_estimators

NOTE = "Simulated reviewers: linear models of landmarks and texture, no persons."


def fit_reviewer(
    crops: Path,
    originals: Path,
    network: Path,
    out: Path,
    report: Path,
    seed: int,
    predictor: Path | None = None,
) -> None:
    """Write the arrays of `Estimators` to `out` (.npz) and their quality to `report` (.json).

    `crops` has images, labels and subject, `originals` the images that the network learnt from;
    they are first reduced to the resolution of `network` (network.json), so that landmarks are as
    noisy as those of its images. The report has "rates": how often each estimator sees each AU in
    the originals, which `match_rates` needs.
    """
    arrays = load_arrays(crops)
    resolution = json.loads(network.read_text(encoding="utf-8"))["resolution"]
    features, usable = _look_at(arrays["images"], crops, resolution, predictor)
    labels, people = arrays["labels"][usable], arrays["subject"][usable]
    estimators, found = fit_estimators(features, labels, people, resolution, seed)
    with replacing(out) as temporary, temporary.open("wb") as handle:
        np.savez(handle, **{f.name: getattr(estimators, f.name) for f in fields(Estimators)})
    seen, _ = _look_at(load_arrays(originals)["images"], originals, resolution, predictor)
    means = np.mean([estimate(estimators, one) for one in seen], axis=0).round(4).tolist()
    rates = {
        name: dict(zip(AU_NAMES, row, strict=True))
        for name, row in zip(estimators.names, means, strict=True)
    }
    left_out = {"images_left_out": int((~usable).sum())}
    write_json(report, {"note": NOTE, **found, **left_out, "rates": rates})
    say(f"Fitted on {usable.sum():,} images of {found['people']} people. AUC on unknown people:")
    for name, areas in found["auc"].items():
        say(f"  {name:6}" + "".join(f"{au:>5} {areas[au]:.3f}" for au in AU_NAMES))


def _look_at(
    images: np.ndarray, path: Path, resolution: int, predictor: Path | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the features of the faces of `images` (M x D), and which of the N images show one."""
    bar = track(images, what=f"look at {path.stem}", unit="image")
    looks = [look(resize(image, resolution), predictor=predictor) for image in bar]
    usable = np.array([not seen.reason for seen in looks], bool)
    if not usable.any():
        raise FacetdsError(f"No face is found in {path} at {resolution} pixels; raise crop.size.")
    return np.array([seen.features for seen in looks if not seen.reason]), usable


if __name__ == "__main__":
    command.run(fit_reviewer)
