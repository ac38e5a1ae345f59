"""The crops that pre-train the feature extractor: on disk, and resized where they are used."""

from pathlib import Path

import numpy as np

from facetds.errors import FacetdsError
from facetds.fer.inputs import check_labels
from facetds.images import resize
from facetds.mapped import map_arrays


class Images:
    """Images (uint8 N x S x S x 3, such as a mapped array) that are resized when they are taken.

    rows: int64, those that take part (None: all). Indexed by a slice or by int64 B, it gives uint8
    B x size x size x 3.
    """

    def __init__(self, images: np.ndarray, size: int, rows: np.ndarray | None = None) -> None:
        self.images = images
        self.rows = np.arange(len(images)) if rows is None else rows
        self.shape = (len(self.rows), size, size, images.shape[3])
        self.dtype = images.dtype

    def __len__(self) -> int:
        """Return how many images take part."""
        return len(self.rows)

    def __getitem__(self, places: slice | np.ndarray) -> np.ndarray:
        """Return some of the images."""
        rows = self.rows[places]
        taken = np.empty((len(rows), *self.shape[1:]), self.dtype)
        for place, row in enumerate(rows):
            taken[place] = resize(self.images[row], self.shape[1])
        return taken

    def part(self, rows: np.ndarray) -> "Images":
        """Return those at `rows` (int64)."""
        return Images(self.images, self.shape[1], self.rows[rows])


def read_pretraining(path: Path, size: int) -> tuple[Images, dict[str, np.ndarray]]:
    """Return the images, to be resized to `size`, and their labels, subject and expression.

    labels: uint8 N x 6; subject: int64 N; expression: str N ("" where the source labels AUs).

    Raises `FacetdsError` for a file that is missing, empty or without proper labels.
    """
    arrays = map_arrays(path)
    if missing := {"images", "labels", "subject"} - arrays.keys():
        raise FacetdsError(f"{path} lacks {', '.join(sorted(missing))}; crop the faces again.")
    check_labels(arrays["labels"], arrays["images"], path)
    images = Images(arrays.pop("images"), size)
    arrays.setdefault("expression", np.full(len(images), ""))
    return images, {k: np.array(arrays[k]) for k in ("labels", "subject", "expression")}


def split_subjects(subjects: np.ndarray, share: float, random: np.random.Generator) -> np.ndarray:
    """Return which rows (bool N) are held out: those of about `share` of the subjects, drawn.

    Raises `FacetdsError` for fewer than 2 subjects.
    """
    names = np.unique(subjects)
    if len(names) < 2:
        raise FacetdsError(
            f"Pre-training needs several identities, and the crops show {len(names)}; add more."
        )
    count = min(len(names) - 1, max(1, round(share * len(names))))
    return np.isin(subjects, random.permutation(names)[:count])


def describe_split(subjects: np.ndarray, held: np.ndarray) -> dict[str, object]:
    """Return what a report says of a split (bool N): its counts, and the subjects held out.

    Where every image counts as a person of its own, as in sets that do not name their people, the
    split is by image, and people may be on both sides of it.
    """
    by_image = len(np.unique(subjects)) == len(subjects)
    names = [] if by_image else sorted({int(subject) for subject in subjects[held]})
    return {
        "split": "image" if by_image else "subject",
        "training_images": int((~held).sum()),
        "held_out_images": int(held.sum()),
        "held_out_subjects": names,
    }
