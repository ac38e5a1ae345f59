"""Where overlays go: a folder of pictures, one picture, or a film of one video."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import cv2
import numpy as np

from facetds.errors import BadInput, FacetdsError
from facetds.files import replacing
from facetds.foreign import count_frames, frame_rate
from facetds.images import write_image

IMAGES = (".jpg", ".jpeg", ".png", ".bmp")
VIDEOS = (".avi", ".mp4", ".m4v", ".mov")

FILMS = {".mp4": "mp4v", ".avi": "MJPG"}
"""Codes of what is written: MPEG-4 and Motion JPEG. VP9, which browsers show, takes 70 times as
long: longer than finding the AUs."""

PICTURES = (".jpg", ".jpeg", ".png")

MAX_STEM = 200
"""Bytes of a file's name that the names of its pictures begin with."""

RATE = 20.0
"""Frames per second of the film of a video that does not tell its own."""

Add = Callable[[Path, int | None, np.ndarray], None]
"""Takes a file, the number of its frame if it is a video, and the overlay (uint8 H x W x 3)."""


def is_video(path: Path) -> bool:
    """Return whether a file is to be read as a video, by its suffix."""
    return path.suffix.lower() in VIDEOS


def makes_film(target: Path | None) -> bool:
    """Return whether overlays are to become a film, by the suffix of their target."""
    return target is not None and target.suffix.lower() in FILMS and not target.is_dir()


@contextmanager
def open_overlay(target: Path, files: Sequence[Path], every: int) -> Iterator[Add]:
    """Yield a function that takes the overlays of `files`, in order; `target` chooses where to.

    .mp4 or .avi: a film of the one video; .jpg or .png: the picture of the one image; otherwise a
    folder with a JPEG per image and frame. A file is there when all is done, or not at all. every:
    each so many-th frame of the video is given.

    Raises `FacetdsError` for a film of something else than one video, a picture of something else
    than one image, and a folder that is a file.
    """
    one = files[0] if len(files) == 1 else None
    if makes_film(target):
        if one is None or not is_video(one):
            raise FacetdsError(
                f"--overlay {target} is a film, which needs one video; name a folder for pictures."
            )
        with _open_film(target, (_rate_of(one) or RATE) / every) as add:
            yield add
    elif target.suffix.lower() in PICTURES and not target.is_dir():
        if one is None or is_video(one):
            raise FacetdsError(
                f"--overlay {target} is one picture, which needs one image; name a folder for more."
            )
        yield lambda file, frame, picture: write_image(target, picture)
    elif target.exists() and not target.is_dir():
        raise FacetdsError(f"--overlay {target} is a file; name a folder, or a file with .mp4.")
    else:
        numbers = {file: number for number, file in enumerate(files)}
        yield lambda file, frame, picture: write_image(
            target / _name_picture(numbers[file], file, frame), picture
        )


def _name_picture(number: int, file: Path, frame: int | None) -> str:
    """Return a name of its own for the picture of a file or frame."""
    suffix = "" if frame is None else f"-{frame:06d}"
    # A name takes 255 bytes, those that make it unlike others included.
    stem = os.fsdecode(os.fsencode(file.stem)[:MAX_STEM])
    return f"{number:06d}-{stem}{suffix}.jpg"


def _rate_of(video: Path) -> float:
    try:
        return frame_rate(video)
    except BadInput:
        return 0.0


@contextmanager
def _open_film(path: Path, rate: float) -> Iterator[Add]:
    """Yield a function that adds a frame, of the first one's size; without any, no film is made."""
    with ExitStack() as stack:
        film: cv2.VideoWriter | None = None
        size, count, temporary = (0, 0), 0, path

        def add(file: Path, frame: int | None, picture: np.ndarray) -> None:
            nonlocal film, size, count, temporary
            if film is None:
                temporary = stack.enter_context(replacing(path))
                size = picture.shape[1::-1]
                code = cv2.VideoWriter.fourcc(*FILMS[path.suffix.lower()])
                film = cv2.VideoWriter(str(temporary), cv2.CAP_FFMPEG, code, rate, size)
                if not film.isOpened():
                    raise FacetdsError(f"{path} cannot be written; name a folder for pictures.")
            if picture.shape[1::-1] != size:
                picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
            film.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
            count += 1

        yield add
        if film is not None:
            film.release()
            # The writer does not say so if the disk is full.
            if count_frames(temporary) != count:
                raise FacetdsError(
                    f"{path} could not be written whole; see whether the disk is full."
                )
