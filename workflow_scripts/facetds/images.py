"""Writing and arranging images (uint8, H x W x 3, RGB)."""

import io
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from facetds.files import replacing


def resize(image: np.ndarray, size: int) -> np.ndarray:
    """Return a square uint8 image as size x size; shrinks by area, enlarges by cubic filter."""
    if image.shape[:2] == (size, size):
        return image
    shrink = size < min(image.shape[:2])
    return cv2.resize(
        image, (size, size), interpolation=cv2.INTER_AREA if shrink else cv2.INTER_CUBIC
    )


def encode_jpeg(image: np.ndarray, quality: int = 95) -> bytes:
    """Return the bytes of a JPEG (4:4:4), the same on every run."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()


def encode_png(image: np.ndarray) -> bytes:
    """Return the bytes of a PNG, the same on every run."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def write_image(path: Path | str, image: np.ndarray) -> None:
    """Write a PNG or JPEG, by the suffix of `path`, in one step."""
    encode = encode_png if Path(path).suffix.lower() == ".png" else encode_jpeg
    with replacing(path) as temporary:
        temporary.write_bytes(encode(image))


def tile(images: Sequence[np.ndarray] | np.ndarray, columns: int, gap: int = 0) -> np.ndarray:
    """Return equally large images as one sheet, row by row, on white."""
    images = np.asarray(images)
    count, height, width, channels = images.shape
    rows = -(-count // columns)
    sheet = np.full(
        (rows * (height + gap) - gap, columns * (width + gap) - gap, channels), 255, np.uint8
    )
    for number, image in enumerate(images):
        top, left = number // columns * (height + gap), number % columns * (width + gap)
        sheet[top : top + height, left : left + width] = image
    return sheet
