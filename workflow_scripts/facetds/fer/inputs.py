"""What the classifier learns from: features or images with labels, checked when they are read."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.foreign import load_arrays
from facetds.images import resize
from facetds.progress import track
from facetds.rejects import Reject
from facetds.shards import read_entry, read_manifest
from facetds.tables import read_table


@dataclass(frozen=True)
class Part:
    """Some rows of one set.

    inputs: features float32 N x D, or images uint8 N x S x S x 3; mirrored: the features of the
    mirrored images, None for images; labels: uint8 N x 6; rows: int64, those that take part.
    """

    inputs: np.ndarray
    mirrored: np.ndarray | None
    labels: np.ndarray
    rows: np.ndarray


class Examples:
    """The training set of one fold: parts of several sets, one after the other, not copied."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts
        counts = [len(part.rows) for part in parts]
        self.owners = np.repeat(np.arange(len(parts)), counts)
        self.rows = np.concatenate([part.rows for part in parts])

    def __len__(self) -> int:
        """Return how many examples there are."""
        return len(self.rows)

    def take(self, places: np.ndarray, flips: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs and labels of B examples, mirrored left to right where `flips` is true."""
        first = self.parts[0]
        inputs = np.empty((len(places), *first.inputs.shape[1:]), first.inputs.dtype)
        labels = np.empty((len(places), first.labels.shape[1]), first.labels.dtype)
        for owner, part in enumerate(self.parts):
            mine = self.owners[places] == owner
            rows = self.rows[places[mine]]
            inputs[mine] = part.inputs[rows]
            labels[mine] = part.labels[rows]
            turned = mine & flips
            rows = self.rows[places[turned]]
            inputs[turned] = (
                part.inputs[rows][:, :, ::-1] if part.mirrored is None else part.mirrored[rows]
            )
        return inputs, labels

    def labels(self) -> np.ndarray:
        """Return the labels of all examples, a copy."""
        return np.concatenate([part.labels[part.rows] for part in self.parts])

    def gather(self) -> np.ndarray:
        """Return the inputs of all examples, a copy."""
        return np.concatenate([part.inputs[part.rows] for part in self.parts])


def check_labels(labels: np.ndarray, images: np.ndarray, path: Path) -> None:
    """Raise `FacetdsError` unless `labels` is N x 6 of 0 and 1 for N images, and N is not 0."""
    if not len(images):
        raise FacetdsError(
            f"{path} holds no images; results/crop/rejected.csv says why. Add the subject to "
            "data.dropped_subjects or mend its data."
        )
    if labels.shape != (len(images), len(AU_NAMES)):
        raise FacetdsError(
            f"{path}: the labels are {labels.shape}, not {len(images)} x {len(AU_NAMES)} "
            f"({' '.join(AU_NAMES)}); make the file again."
        )
    if not np.isin(labels, (0, 1)).all():
        row, column = np.argwhere(~np.isin(labels, (0, 1)))[0]
        raise FacetdsError(
            f"{path}, row {row}: {AU_NAMES[column]} is {labels[row, column]}, but a label is 0 or "
            "1; make the file again."
        )


def read_crops(path: Path, images: str, size: int, *more: str) -> dict[str, np.ndarray]:
    """Return the arrays of a crop file, its array `images` resized to uint8 N x size x size x 3.

    Raises `FacetdsError` for a file that is missing, empty, without proper labels or `more` arrays.
    """
    arrays = load_arrays(path)
    if missing := {images, "labels", *more} - arrays.keys():
        raise FacetdsError(f"{path} lacks {', '.join(sorted(missing))}; crop the faces again.")
    check_labels(arrays["labels"], arrays[images], path)
    return {**arrays, images: np.stack([resize(image, size) for image in arrays[images]])}


def read_set(array: Path, table: Path, size: int) -> tuple[np.ndarray, pd.DataFrame, pd.DataFrame]:
    """Return images (uint8 N x size x size x 3), table (path, seed, AUs) and what is set aside.

    The labels of `array` (.npy) must be those of `table` row by row, column by name. An image that
    is broken or not the one of its manifest is listed with the columns of `Reject`.

    Raises `FacetdsError` if the two differ or no image is usable.
    """
    listed = read_table(table, ("batch", "image", "seed", "path", *AU_NAMES))
    labels = np.load(array, allow_pickle=False)
    named = listed[list(AU_NAMES)].to_numpy()
    if labels.shape != named.shape or (labels != named).any():
        raise FacetdsError(f"{array} and {table} differ in their labels; annotate the set again.")
    images, rows, rejected = [], [], []
    digests: dict[Path, pd.Series] = {}
    for number, row in enumerate(track(listed.itertuples(), what="read", total=len(listed))):
        manifest = Path(row.path).parent.with_suffix(".csv")
        if manifest not in digests:
            digests[manifest] = read_manifest(manifest).set_index("image")["sha256"]
        entry = read_entry(manifest, row.image, digests[manifest].get(row.image, ""))
        if entry.pixels is None:
            rejected.append(Reject(table.stem, row.image, row.path, entry.problem, "unreadable"))
        else:
            images.append(resize(entry.pixels, size))
            rows.append(number)
    if not images:
        raise FacetdsError(
            f"{table} has no usable image, so an arm would train on an empty set; "
            "see what results/select kept."
        )
    check_labels(labels[rows], images, array)
    return (
        np.stack(images),
        listed.iloc[rows].reset_index(drop=True),
        pd.DataFrame(rejected, columns=list(Reject._fields)),
    )


def read_inputs(path: Path, frozen: bool | None = None) -> dict[str, np.ndarray]:
    """Return the arrays of results/fer/features/*.npz.

    Raises `FacetdsError` for an empty set, labels that are not 0 or 1, features that are not
    finite, and images where a frozen backbone needs features, or the other way round.
    """
    arrays = load_arrays(path)
    if "seed" in arrays and not len(arrays["inputs"]):
        raise FacetdsError(
            f"{path} holds no images, so an arm would train on an empty set; see what "
            f"results/select kept, and {path.stem}_rejected.csv beside it."
        )
    check_labels(arrays["labels"], arrays["inputs"], path)
    if frozen is not None and frozen != ("mirrored" in arrays):
        raise FacetdsError(
            f"{path} was made for fer.freeze_backbone: {str(not frozen).lower()}; make it again."
        )
    for name in {"inputs", "mirrored"} & arrays.keys():
        finite = np.isfinite(arrays[name]).reshape(len(arrays["inputs"]), -1).all(axis=1)
        if not finite.all():
            raise FacetdsError(
                f"{path}, row {np.argmin(finite)}: a feature is not finite; the backbone did not "
                "train well. Lower learning_rate in fer.stages and make "
                "results/fer/backbone.weights.h5 again."
            )
    return arrays


def choose_images(
    arrays: dict[str, np.ndarray],
    images: int | None,
    share: float,
    random: np.random.Generator,
    path: Path,
) -> dict[str, np.ndarray]:
    """Return so many `images` of a synthetic set (None: all), or that `share` of these, drawn.

    Those of a smaller number are among those of a larger one if `random` is the same.

    Raises `FacetdsError`, which names `path`, if the set has fewer images, or none would be left.
    """
    known = len(arrays["labels"])
    images = known if images is None else images
    count = round(share * images)
    if not 0 < count <= images <= known:
        raise FacetdsError(
            f"{path} holds {known:,} images, but {count:,} of {images:,} are asked for; change "
            "images of the arm in fer.arms, or fer.curve, or let the selection keep more "
            "(select.keep)."
        )
    rows = np.sort(random.permutation(known)[:count])
    return {name: part[rows] if part.ndim else part for name, part in arrays.items()}


def select_rows(arrays: dict[str, np.ndarray], subjects: Sequence[str]) -> np.ndarray:
    """Return the rows of DISFA inputs that belong to `subjects`, in order (int64)."""
    return np.flatnonzero(np.isin(arrays["subject"], subjects))


def part_of(arrays: dict[str, np.ndarray], rows: np.ndarray) -> Part:
    """Return some rows of a set as a part of a training set."""
    return Part(arrays["inputs"], arrays.get("mirrored"), arrays["labels"], rows)
