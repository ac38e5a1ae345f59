"""The one place where bytes of others are opened: images, arrays and checkpoints.

A file that is not what it should be raises `BadInput` with the reason; nothing in it is ever run.
"""

import stat
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from facetds.errors import BadInput, FacetdsError

MAX_PIXELS = 64_000_000
MAX_BYTES = 256_000_000
IMAGE_FORMATS = ("JPEG", "PNG", "BMP")


def read_image(path: Path | str) -> np.ndarray:
    """Return an image file as uint8 H x W x 3 (RGB), upright.

    One decoder (Pillow, strict) serves the whole project. The EXIF orientation is applied, other
    modes are converted to RGB, alpha is dropped, 16-bit grey is scaled to 8 bits.

    Raises `BadInput` for what is not a regular file, is empty, too large, truncated, animated or
    not a JPEG, PNG or BMP.
    """
    path = Path(path)
    _check_regular(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=IMAGE_FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise BadInput(
                        f"{path} has {image.width} x {image.height} pixels; "
                        f"the limit is {MAX_PIXELS:,}"
                    )
                if getattr(image, "n_frames", 1) > 1:
                    raise BadInput(f"{path} is animated; a single picture is needed")
                image.load()
                if image.mode.startswith("I;16") or image.mode == "I":
                    grey = np.asarray(image, dtype=np.uint32) >> 8
                    return np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)
                return np.array(ImageOps.exif_transpose(image).convert("RGB"))
    except BadInput:
        raise
    except UnidentifiedImageError:
        raise BadInput(f"{path} is not a JPEG, PNG or BMP image") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Warning) as error:
        raise BadInput(f"{path} cannot be decoded: {error}") from None


def load_arrays(path: Path | str) -> dict[str, np.ndarray]:
    """Return the arrays of an `.npz`, never unpickling objects."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise FacetdsError(f"{path} does not exist.") from None
    except (OSError, ValueError, EOFError) as error:
        raise BadInput(f"{path} is not an .npz of plain arrays: {error}") from None


def load_checkpoint(path: Path | str) -> Any:
    """Return what `torch.save` wrote: tensors and plain values only (`weights_only=True`)."""
    import pickle
    import zipfile

    import torch

    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise FacetdsError(f"{path} does not exist.") from None
    except (pickle.UnpicklingError, RuntimeError, EOFError, zipfile.BadZipFile, OSError) as error:
        raise BadInput(
            f"{path} is not a checkpoint of facetds (torch.save with tensors and plain values): "
            f"{str(error).splitlines()[0]}"
        ) from None


def _check_regular(path: Path) -> None:
    try:
        status = path.stat()
    except OSError as error:
        raise BadInput(f"{path} cannot be opened: {error.strerror}") from None
    if not stat.S_ISREG(status.st_mode):
        raise BadInput(f"{path} is not a regular file")
    if status.st_size == 0:
        raise BadInput(f"{path} is empty")
    if status.st_size > MAX_BYTES:
        raise BadInput(f"{path} has {status.st_size:,} bytes; the limit is {MAX_BYTES:,}")
