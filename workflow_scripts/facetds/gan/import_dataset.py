"""Images of others as the GAN's training set: official data sets, or any zip or folder of images.

All images are looked at; those that cannot be used are set aside with the reason.
"""

import io
import json
import math
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from facetds.archives import read_members
from facetds.errors import BadInput, FacetdsError
from facetds.foreign import decode_image
from facetds.images import resize
from facetds.progress import track
from facetds.rejects import Reject

LABELS = "dataset.json"
Label = int | list[float]


class Imported(NamedTuple):
    """images: uint8 N x R x R x 3; labels: one per image, or None; rejects; changed: how often.

    changed: grey, palette, alpha, CMYK, 16-bit, turned (by EXIF), resized. note: what became of
    the labels.
    """

    images: np.ndarray
    labels: list[Label] | None
    rejects: list[Reject]
    changed: Counter
    note: str


def import_images(path: Path | str, resolution: int) -> Imported:
    """Return the images of a zip or folder, in the order of their names, at `resolution`.

    Images must be square and have at least `resolution` pixels. Labels (an official dataset.json:
    classes or vectors) are kept if every image that is used has one.

    Raises `FacetdsError` if no image is left, the zip is unsafe, or dataset.json is malformed.
    """
    images, names, rejects, changed = [], [], [], Counter()
    labels: dict[str, Label] | None = None
    for name, content in track(read_members(path), what="images", unit="image"):
        if name == LABELS:
            labels = parse_labels(_text(content, path), f"{path}, {LABELS}")
            continue
        try:
            if isinstance(content, BadInput):
                raise content
            image, changes = decode_image(io.BytesIO(content), name)
            _check_shape(image, name, resolution)
        except BadInput as error:
            rejects.append(Reject("gan.dataset", name, str(path), str(error), error.code))
            continue
        names.append(name)
        images.append(resize(image, resolution))
        changed.update(changes)
        changed.update(["resized"] if len(image) != resolution else [])
    if not images:
        reasons = "; ".join(reject.reason for reject in rejects[:3])
        raise FacetdsError(f"{path} holds no image that can be used. {reasons}")
    kept, note = _match(labels, names, {reject.item for reject in rejects})
    return Imported(np.stack(images), kept, rejects, changed, note)


def parse_labels(text: str, what: str) -> dict[str, Label] | None:
    """Return the labels of a dataset.json by image: classes (int) or vectors; None without any.

    what: names it in errors. Raises `FacetdsError` with the line or entry that is wrong.
    """
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise FacetdsError(
            f"{what} is not JSON: {error.msg} in line {error.lineno}, column {error.colno}; "
            "correct it there (a comma after the last entry is a usual cause)."
        ) from None
    except (RecursionError, ValueError):
        raise FacetdsError(f"{what} is not what a label file holds; write it anew.") from None
    entries = content.get("labels") if isinstance(content, dict) else content
    if entries is None:
        return None
    if not isinstance(content, dict) or not isinstance(entries, list):
        raise FacetdsError(f'{what} needs the form {{"labels": [["name.png", label], ...]}}.')
    labels: dict[str, Label] = {}
    sizes = set()
    for number, entry in enumerate(entries):
        where = f"{what}, entry {number} of labels"
        name, label = _check_entry(entry, where)
        if name in labels:
            raise FacetdsError(f"{where}: {name!r} comes twice; remove one.")
        labels[name] = label
        sizes.add(len(label) if isinstance(label, list) else None)
        if len(sizes) > 1:
            raise FacetdsError(f"{where}: {label} is of another kind or length than those before.")
    return labels


def _check_entry(entry: Any, where: str) -> tuple[str, Label]:
    if not isinstance(entry, list) or len(entry) != 2 or not isinstance(entry[0], str):
        raise FacetdsError(f'{where} is {str(entry)[:80]}; write ["name.png", label].')
    name, label = entry
    if type(label) is int and 0 <= label < 2**31:
        return name, label
    numbers = isinstance(label, list) and label and all(type(x) in (int, float) for x in label)
    if numbers and all(math.isfinite(x) for x in label):
        return name, [float(x) for x in label]
    raise FacetdsError(
        f"{where}: the label of {name[:80]!r} is {str(label)[:80]}; write a class (0, 1, ...) or a "
        "list of numbers."
    )


def _match(
    labels: dict[str, Label] | None, names: list[str], rejected: set[str]
) -> tuple[list[Label] | None, str]:
    """Return the labels in the order of the images, or None, and what was found."""
    if labels is None:
        return None, "no labels"
    found = [name for name in names if name in labels]
    unknown = len(labels.keys() - set(names) - rejected)
    note = f"labels of {len(found)} of {len(names)} images"
    if unknown:
        note += f", {unknown} labels of images that are not there"
    if len(found) < len(names):
        return None, f"{note}; left out, as every image needs one"
    return [labels[name] for name in names], note


def _check_shape(image: np.ndarray, name: str, resolution: int) -> None:
    height, width = image.shape[:2]
    if height != width:
        raise BadInput(f"{name} is {width} x {height} pixels, not square", "not_square")
    if height < resolution:
        raise BadInput(
            f"{name} has {height} pixels, less than gan.resolution, {resolution}", "too_small"
        )


def _text(content: bytes | BadInput, path: Path | str) -> str:
    if isinstance(content, BadInput):
        raise content
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FacetdsError(f"{path}, {LABELS} is not text in UTF-8; write it anew.") from None
