"""What an annotation must be (thesis 3.10.2, A.3): its size, its values, its order, its seeds."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from facetds.annotate.annotation import annotate
from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.naming import parse_image_name


def find_faults(
    array: np.ndarray, images: Sequence[str] | None = None, labels: pd.DataFrame | None = None
) -> list[str]:
    """Return what is wrong with an annotation, in words; an empty list if nothing is.

    array: should be an integer N x 6 of 0 and 1; images: names of its rows, SEED_ORDER.jpg with
    rising orders; labels: of the seeds (seed, AU1 to AU15), whose rows the array should have, zeros
    for a neutral seed. What is None is not checked.
    """
    if array.ndim != 2 or array.shape[1] != len(AU_NAMES):
        size = " x ".join(map(str, array.shape)) or "one number"
        return [f"the array is {size}, not images x {len(AU_NAMES)} ({', '.join(AU_NAMES)})"]
    faults = []
    if array.dtype.kind not in "iub":
        faults.append(f"the values are {array.dtype}, not whole numbers such as uint8")
    if (wrong := ~np.isin(array, (0, 1))).any():
        row, column = np.argwhere(wrong)[0]
        faults.append(
            f"row {row}, {AU_NAMES[column]} is {array[row, column]}, not 0 or 1 "
            f"({wrong.sum():,} such values)"
        )
    if images is not None:
        faults += _find_faults_of_names(array, images)
    if not faults and images is not None and labels is not None:
        faults += _find_faults_of_labels(array, images, labels)
    return faults


def _find_faults_of_names(array: np.ndarray, images: Sequence[str]) -> list[str]:
    if len(array) != len(images):
        return [f"the array has {len(array):,} rows, but there are {len(images):,} images"]
    try:
        orders = np.array([parse_image_name(name)[1] for name in images])
    except FacetdsError as error:
        return [str(error)]
    if (back := np.flatnonzero(np.diff(orders) <= 0)).size:
        return [
            f"row {back[0] + 1}, {images[back[0] + 1]} does not come after {images[back[0]]}: the "
            "rows are not in the order of the images"
        ]
    return []


def _find_faults_of_labels(
    array: np.ndarray, images: Sequence[str], labels: pd.DataFrame
) -> list[str]:
    try:
        expected = annotate(images, labels)
    except FacetdsError as error:
        return [str(error)]
    if (wrong := (array != expected).any(axis=1)).any():
        row = int(wrong.argmax())
        kind = "is neutral" if not expected[row].any() else f"has {expected[row].tolist()}"
        return [
            f"row {row}, {images[row]} is {array[row].tolist()}, but its seed {kind} "
            f"({wrong.sum():,} such rows)"
        ]
    return []
