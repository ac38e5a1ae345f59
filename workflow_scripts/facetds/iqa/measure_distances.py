"""Measure how far the synthetic sets lie from the originals, and place them in one plane."""

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from facetds import command
from facetds.errors import FacetdsError
from facetds.foreign import load_arrays
from facetds.iqa.distances import CLASSES, NUMBERS, choose_rows, measure_sets, project_sets
from facetds.iqa.extractors import make_extractor
from facetds.labels import read_labels
from facetds.progress import track
from facetds.tables import read_table, write_table


def measure_distances(
    batches: Annotated[list[Path], typer.Argument(help="The features of all batches.")],
    choices: Path,
    described: Path,
    labels: Path,
    out: Path,
    frechet: Path,
    plane: Path,
    extractors: list[str],
    frechet_images: int,
    neighbours: int,
    plane_points: int,
    seed: int,
    network: Path | None = None,
    inception_weights: Path | None = None,
) -> None:
    """Write all measures of all sets, classes and spaces to `out`.

    Of the first space, `frechet` gets the Fréchet distances of the whole sets, and `plane` their
    points.
    """
    chosen = read_table(choices, ("batch", "seed", "kept", "random"))
    sizes = np.bincount(chosen["batch"], minlength=len(batches))
    marks = read_labels(labels)
    reference, weights = load_arrays(described), {"discriminator": network}
    weights["inception"] = inception_weights
    measured = []
    for name in track(extractors, what="measure", unit="space"):
        space = make_extractor(name, reference[f"basis_{name}"], weights.get(name))
        limit = min(frechet_images, NUMBERS // reference[name].shape[1])
        rows = choose_rows(chosen, marks, limit, seed)
        features = _gather(batches, name, sizes, rows)
        table = measure_sets(
            reference[name], features, space.distance, space.label, neighbours, seed
        )
        measured.append(table)
        if name == extractors[0]:
            whole = table.loc[table["class"] == CLASSES[0]]
            columns = ["set", "extractor", "n", "n_originals", "distance"]
            write_table(frechet, whole[columns], decimals=6)
            shown = {s: values for (s, part), values in features.items() if part == CLASSES[0]}
            write_table(plane, project_sets(reference[name], shown, plane_points, seed), decimals=6)
    write_table(out, pd.concat(measured), decimals=6)


def _gather(
    batches: list[Path], name: str, sizes: np.ndarray, rows: dict[tuple[str, str], np.ndarray]
) -> dict[tuple[str, str], np.ndarray]:
    """Return the features of each set's rows, with one batch in memory at a time."""
    starts = np.cumsum([0, *sizes])
    parts: dict[tuple[str, str], list[np.ndarray]] = {key: [] for key in rows}
    for number, path in enumerate(batches):
        features = load_arrays(path)[name]
        if len(batches) != len(sizes) or len(features) != sizes[number]:
            raise FacetdsError(
                f"{path} and the selections differ in their rows; make both again "
                "(results/iqa/features-*.npz, results/select/choices.csv)."
            )
        for key, wanted in rows.items():
            low, high = np.searchsorted(wanted, starts[number : number + 2])
            parts[key].append(features[wanted[low:high] - starts[number]])
    return {key: np.concatenate(found) for key, found in parts.items()}


if __name__ == "__main__":
    command.run(measure_distances)
