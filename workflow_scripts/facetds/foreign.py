"""The one place where bytes of others are opened: images, videos, tables, checkpoints.

A file that is not what it should be raises `BadInput` with the reason; nothing in it is ever run.
"""

import csv
import io
import lzma
import stat
import struct
import warnings
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from facetds.errors import BadInput, FacetdsError

MAX_PIXELS = 64_000_000
MAX_BYTES = 256_000_000
MAX_TEXT_BYTES = 16_000_000
MAX_FRAMES = 1_000_000
"""Of a video: 14 hours at 20 frames a second."""
IMAGE_FORMATS = ("JPEG", "PNG", "BMP")
ORIENTATION = 0x0112
"""EXIF tag of how an image is to be turned: 1 not at all, 2 to 8 turned or flipped."""
# What Pillow raises over bytes that are not what they say they are.
DECODING_ERRORS = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError,
    OverflowError, ZeroDivisionError, EOFError, struct.error, zlib.error,
)  # fmt: skip


def read_image(path: Path | str) -> np.ndarray:
    """Return an image file as uint8 H x W x 3 (RGB), upright.

    One decoder (Pillow, strict) serves the whole project. The EXIF orientation is applied, other
    modes are converted to RGB, alpha is dropped, 16-bit grey is scaled to 8 bits.

    Raises `BadInput` for what is not a regular file, is empty, too large, broken, animated or not a
    JPEG, PNG or BMP; its codes are missing, not_a_file, empty, too_large, broken, animated and
    not_an_image.
    """
    path = Path(path)
    _check_regular(path)
    return decode_image(path, str(path))[0]


def read_zipped_images(path: Path | str) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (name, uint8 H x W x 3 RGB) of every image in a zip, in the order of the names.

    Nothing is extracted to disk. Raises `FacetdsError` if the zip is missing, and `BadInput` for
    what is not a zip, for two members of one name or for one that `read_image` would refuse.
    """
    names: set[str] = set()
    try:
        with zipfile.ZipFile(path) as archive:
            for member in sorted(archive.infolist(), key=lambda member: member.filename):
                if Path(member.filename).suffix.lower() not in (".png", ".jpg", ".jpeg", ".bmp"):
                    continue
                name = f"{path}, {member.filename}"
                if name in names:
                    raise BadInput(f"{name} is in the zip twice", "twice")
                names.add(name)
                if member.file_size > MAX_BYTES:
                    raise BadInput(f"{name} has more than {MAX_BYTES:,} bytes", "too_large")
                yield member.filename, decode_image(io.BytesIO(archive.read(member)), name)[0]
    except FileNotFoundError:
        raise FacetdsError(f"{path} does not exist.") from None
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, RuntimeError) as e:
        raise BadInput(f"{path} is not a whole zip of images: {e}", "broken") from None


def decode_image(source: Path | io.BytesIO, name: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return an image as `read_image` does, and what was changed to make it so.

    Changes: grey, 16-bit, palette, alpha, CMYK, turned (by EXIF), or the name of another mode.
    name: what a refusal (`BadInput`) calls it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(source, formats=IMAGE_FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise BadInput(
                        f"{name} has {image.width} x {image.height} pixels; "
                        f"the limit is {MAX_PIXELS:,}",
                        "too_large",
                    )
                if getattr(image, "n_frames", 1) > 1:
                    raise BadInput(f"{name} is animated; a single picture is needed", "animated")
                image.load()
                notes = _list_changes(image)
                upright = ImageOps.exif_transpose(image)
                if "16-bit" in notes:
                    grey = np.asarray(upright, dtype=np.uint32) >> 8
                    return np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2), notes
                return np.array(upright.convert("RGB")), notes
    except BadInput:
        raise
    except UnidentifiedImageError:
        raise BadInput(f"{name} is not a JPEG, PNG or BMP image", "not_an_image") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadInput(f"{name} is too large: {error}", "too_large") from None
    except DECODING_ERRORS as error:
        raise BadInput(f"{name} cannot be decoded: {error}", "broken") from None


def _list_changes(image: Image.Image) -> tuple[str, ...]:
    mode, changes = image.mode, []
    if mode.startswith("I"):
        changes = ["16-bit"]
    elif mode in ("1", "L", "LA"):
        changes = ["grey"]
    elif mode in ("P", "PA"):
        changes = ["palette"]
    elif mode not in ("RGB", "RGBA"):
        changes = [mode]
    if mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        changes.append("alpha")
    if image.getexif().get(ORIENTATION, 1) in range(2, 9):
        changes.append("turned")
    return tuple(changes)


def count_frames(path: Path | str) -> int:
    """Return how many frames a video says it has; raises `BadInput` for what is no AVI or MP4."""
    import cv2

    capture = _open_video(path)
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    capture.release()
    return max(count, 0)


def frame_rate(path: Path | str) -> float:
    """Return the frames per second that a video says it has, on average; 0 if it does not."""
    import cv2

    capture = _open_video(path)
    rate = capture.get(cv2.CAP_PROP_FPS)
    capture.release()
    return rate if 0 < rate < 1e6 else 0.0


def read_video(
    path: Path | str, wanted: Collection[int] | None = None
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (number from 1, uint8 H x W x 3 RGB) of every frame, as `read_timed_video`."""
    for number, _, image in read_timed_video(path, wanted):
        yield number, image


def read_timed_video(
    path: Path | str, wanted: Collection[int] | None = None
) -> Iterator[tuple[int, float, np.ndarray]]:
    """Yield (number from 1, seconds, uint8 H x W x 3 RGB) of every frame that can be decoded.

    Frames are decoded in order, one in memory at a time. Only those `wanted` are converted and
    given (None: all), and reading stops after the last. A frame that cannot be decoded is left
    out; the numbers of an AVI follow the timestamps, so later frames keep theirs. In an MP4 frames
    may be unevenly long, as phones record them, and are counted. Raises `BadInput` for what is
    neither an AVI nor an MP4.
    """
    import cv2

    capture = _open_video(path)
    even = _name_container(path) == "AVI"
    try:
        rate, number = capture.get(cv2.CAP_PROP_FPS), 0
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        last = count if wanted is None else max(wanted, default=0)
        for _ in range(count):
            if number >= last:
                break
            if not capture.grab():
                continue
            seconds = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            number = max(round(seconds * rate) + 1 if even else 0, number + 1)
            if wanted is None or number in wanted:
                read, frame = capture.retrieve()
                if read:
                    yield number, seconds, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
    finally:
        capture.release()


def _open_video(path: Path | str) -> Any:
    """Return the opened video."""
    import cv2

    container = _name_container(path)
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    if not capture.isOpened() or capture.get(cv2.CAP_PROP_FRAME_COUNT) < 1:
        raise BadInput(f"{path} is an {container} without frames that can be decoded", "broken")
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    if count > MAX_FRAMES:
        raise BadInput(f"{path} claims to have {count:,} frames", "too_large")
    return capture


def _name_container(path: Path | str) -> str:
    """Return AVI or MP4, by the first bytes; FFmpeg would follow a playlist to other places."""
    path = Path(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise BadInput(f"{path} is not a regular file", "not_a_file")
        with path.open("rb") as handle:
            head = handle.read(12)
    except OSError as error:
        raise BadInput(f"{path} cannot be opened: {error.strerror}", "missing") from None
    if head[:4] == b"RIFF" and head[8:] == b"AVI ":
        return "AVI"
    if head[4:8] == b"ftyp":
        return "MP4"
    raise BadInput(f"{path} is not an AVI or MP4 video", "not_a_video")


def read_lines(path: Path | str) -> list[str]:
    """Return the lines of a text file in UTF-8, with or without a byte order mark.

    Raises `BadInput` for what is not a regular file of at most 16 MB, or not text.
    """
    path = Path(path)
    _check_regular(path, MAX_TEXT_BYTES)
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise BadInput(f"{path} is not text in UTF-8", "not_text") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}", "missing") from None


def read_sheets(path: Path | str) -> dict[str, list[list[Any]]]:
    """Return the cells of a table file by sheet and row: an `.xlsx` workbook, or a `.csv`.

    Cells of a workbook are text, numbers, dates or None, formulas their last value; those of a CSV
    are text, and its one sheet is named after the file. Raises `BadInput` for anything else.
    """
    path = Path(path)
    if path.suffix.lower() == ".csv":
        try:
            return {path.stem: list(csv.reader(read_lines(path)))}
        except csv.Error as error:
            raise BadInput(f"{path} is not a CSV table: {error}", "not_a_table") from None
    import openpyxl

    _check_regular(path)
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MAX_BYTES:
            raise BadInput(
                f"{path} unpacks to {size:,} bytes; the limit is {MAX_BYTES:,}", "too_large"
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            sheets = {s.title: [list(r) for r in s.iter_rows(values_only=True)] for s in book}
        book.close()
        return sheets
    except BadInput:
        raise
    except Exception as error:
        # openpyxl raises whatever the broken XML makes it stumble over.
        raise BadInput(f"{path} is not an .xlsx workbook: {error}", "not_a_table") from None


def load_array(path: Path | str) -> np.ndarray:
    """Return the array of an `.npy`, never unpickling objects; nothing may follow it."""
    path = Path(path)
    _check_regular(path, MAX_TEXT_BYTES)
    try:
        with path.open("rb") as handle:
            array = np.lib.format.read_array(handle, allow_pickle=False)
            if handle.read(1):
                raise ValueError("there are bytes after its end")
            return array
    except Exception as error:
        # A damaged header is parsed as Python source, and raises whatever that raises.
        raise BadInput(f"{path} is not an .npy of a plain array: {error}", "not_a_table") from None


def load_arrays(path: Path | str) -> dict[str, np.ndarray]:
    """Return the arrays of an `.npz`, never unpickling objects."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        for name, array in arrays.items():
            if not isinstance(array, np.ndarray):
                raise ValueError(f"{name} is no array")
        return arrays
    except FileNotFoundError:
        raise FacetdsError(f"{path} does not exist.") from None
    except Exception as error:
        # As above, and what a damaged zip raises.
        raise BadInput(f"{path} is not an .npz of plain arrays: {error}") from None


def load_checkpoint(path: Path | str) -> Any:
    """Return what `torch.save` wrote: tensors and plain values only (`weights_only=True`)."""
    import torch

    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise FacetdsError(f"{path} does not exist.") from None
    except Exception:
        # Damaged bytes raise whatever the reader stumbles over. Its words are left out, as they
        # advise to load the file without protection.
        raise BadInput(
            f"{path} is not a checkpoint of facetds (torch.save with tensors and plain values)"
        ) from None


def load_tensors(path: Path | str, limit: int) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the tensors of a `.safetensors` of at most `limit` bytes by name, and its metadata."""
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    _check_regular(path, limit)
    try:
        with safe_open(path, framework="pt") as file:
            names = list(file.keys())
            return {name: file.get_tensor(name) for name in names}, file.metadata() or {}
    except (SafetensorError, OSError, ValueError) as error:
        raise BadInput(f"{path} is not a whole safetensors file: {error}") from None


def read_bytes(path: Path | str, limit: int, count: int = -1) -> bytes:
    """Return the first `count` bytes of a regular file of at most `limit` bytes, or all of them."""
    path = Path(path)
    _check_regular(path, limit)
    with path.open("rb") as handle:
        return handle.read(count)


def _check_regular(path: Path, limit: int = MAX_BYTES) -> None:
    try:
        status = path.stat()
    except OSError as error:
        raise BadInput(f"{path} cannot be opened: {error.strerror}", "missing") from None
    if not stat.S_ISREG(status.st_mode):
        raise BadInput(f"{path} is not a regular file", "not_a_file")
    if status.st_size == 0:
        raise BadInput(f"{path} is empty", "empty")
    if status.st_size > limit:
        raise BadInput(f"{path} has {status.st_size:,} bytes; the limit is {limit:,}", "too_large")
