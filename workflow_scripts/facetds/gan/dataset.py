"""The data set that a GAN learns from: an uncompressed zip of PNGs, in the official layout."""

import json
import zipfile
from pathlib import Path

import numpy as np

from facetds.errors import FacetdsError
from facetds.files import replacing
from facetds.foreign import read_zipped_images
from facetds.gan.classes import encode_labels
from facetds.gan.import_dataset import LABELS, parse_labels
from facetds.images import encode_png, resize

# The oldest date a zip can hold: with it, the same images give the same bytes on every day.
DATE = (1980, 1, 1, 0, 0, 0)


def prepare_images(crops: np.ndarray, resolution: int) -> np.ndarray:
    """Return crops (uint8 N x S x S x 3) at the GAN's resolution, which must not exceed theirs."""
    if not len(crops):
        raise FacetdsError(
            "results/crop/cfd.npz holds no faces; results/crop/rejected.csv says why."
        )
    if crops.shape[1] < resolution:
        raise FacetdsError(
            f"gan.resolution is {resolution}, but the crops have {crops.shape[1]} pixels: "
            "lower it, or raise crop.size."
        )
    return np.stack([resize(crop, resolution) for crop in crops])


def write_dataset(
    path: Path | str, images: np.ndarray, labels: list[int] | list[list[float]] | None = None
) -> None:
    """Write images (uint8 N x R x R x 3) as a data set, with a class or vector for each or none.

    The layout is that of NVIDIA's dataset_tool: 00000/img00000000.png and so on, 1000 in a folder,
    stored uncompressed, and dataset.json. The same images give the same bytes.
    """
    names = [f"{n // 1000:05d}/img{n:08d}.png" for n in range(len(images))]
    listed = None if labels is None else list(zip(names, labels, strict=True))
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, image in zip(names, images, strict=True):
            archive.writestr(_member(name), encode_png(image))
        archive.writestr(_member(LABELS), json.dumps({"labels": listed}))


def read_dataset(path: Path | str) -> np.ndarray:
    """Return all images of a data set as uint8 N x R x R x 3, in the order of their names.

    Raises `FacetdsError` if there is none, or naming the first one of another size.
    """
    return np.stack(list(_read_images(path).values()))


def read_labelled(path: Path | str, labelled: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the images of `read_dataset` and their labels, float32 N x c_dim.

    Not `labelled`, c_dim is 0, whatever labels there are. Raises `FacetdsError` as `read_dataset`,
    and if an image has no label.
    """
    images = _read_images(path)
    if not labelled:
        return np.stack(list(images.values())), np.zeros((len(images), 0), np.float32)
    with zipfile.ZipFile(path) as archive:
        found = LABELS in archive.namelist()
        labels = parse_labels(archive.read(LABELS).decode(), f"{path}, {LABELS}") if found else None
    if labels is None or not labels.keys() >= images.keys():
        raise FacetdsError(
            f"{path} has no label for each of its {len(images)} images, as gan.cond needs; "
            f"complete {LABELS} in it, or set gan.cond to false."
        )
    return np.stack(list(images.values())), encode_labels([labels[name] for name in images])


def _read_images(path: Path | str) -> dict[str, np.ndarray]:
    images: dict[str, np.ndarray] = {}
    for name, image in read_zipped_images(path):
        first = next(iter(images.values())).shape if images else image.shape[:1] * 2 + (3,)
        if image.shape != first:
            raise FacetdsError(
                f"{path}, {name} is {image.shape[1]} x {image.shape[0]} pixels; all images of a "
                "data set must be square and of one size. Make the data set again."
            )
        images[name] = image
    if not images:
        raise FacetdsError(f"{path} holds no images; make the data set again.")
    return images


def _member(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, DATE)
