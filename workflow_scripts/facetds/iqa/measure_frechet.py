"""Measure how far the synthetic sets lie from the originals, and place them in one plane."""

from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.foreign import load_arrays
from facetds.frechet import extract_features
from facetds.iqa.distances import gather_sets, measure_sets, project_sets
from facetds.tables import read_table, write_table

MAIN_SETS = ("all synthetic", "selected", "random")


def measure_frechet(
    files: Annotated[list[Path], typer.Argument(help="Features (.npz), selections (.csv).")],
    originals: Path,
    out: Path,
    plane: Path,
    extractor: str,
    frechet_images: int,
    plane_points: int,
    seed: int,
) -> None:
    """Write the distances to `out` and every set's points in the plane to `plane`."""
    features = {
        path.stem.replace("features", "batch"): load_arrays(path)["features"]
        for path in files
        if path.suffix == ".npz"
    }
    choices = {
        path.stem: read_table(path, ("kept", "random")) for path in files if path.suffix == ".csv"
    }
    sets = gather_sets(features, choices)
    reference = extract_features(load_arrays(originals)["images"], extractor)
    distances = measure_sets(reference, sets, extractor, frechet_images, seed)
    write_table(out, distances, decimals=6)
    shown = {name: sets[name] for name in MAIN_SETS}
    write_table(plane, project_sets(reference, shown, plane_points, seed), decimals=6)


if __name__ == "__main__":
    command.run(measure_frechet)
