"""Moving pictures: GIF, and MP4 with VP9, which browsers show and nobody charges for."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from facetds.errors import FacetdsError
from facetds.files import replacing


def write_film(path: Path, images: Sequence[np.ndarray], rate: int) -> None:
    """Write images (uint8 H x W x 3, H and W even) as a film of `rate` images per second.

    The suffix of `path` chooses: .gif repeats for ever, .mp4 does not. The same images give the
    same bytes. Raises `FacetdsError` for another suffix, or where OpenCV cannot write VP9.
    """
    write = {".gif": _write_gif, ".mp4": _write_mp4}.get(path.suffix)
    if write is None:
        raise FacetdsError(f"{path} is neither .gif nor .mp4; choose one of the two.")
    with replacing(path) as temporary:
        write(temporary, images, rate)


def _write_gif(path: Path, images: Sequence[np.ndarray], rate: int) -> None:
    # One palette for all, or the colours flicker.
    palette = Image.fromarray(np.concatenate(images[:: max(len(images) // 8, 1)])).quantize(255)
    frames = [Image.fromarray(image).quantize(palette=palette) for image in images]
    # GIF counts in hundredths of a second, and viewers slow down what is shorter than two.
    pause = max(round(100 / rate), 2) * 10
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=pause, loop=0)


def _write_mp4(path: Path, images: Sequence[np.ndarray], rate: int) -> None:
    height, width = images[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"vp09"), rate, (width, height))
    if not writer.isOpened():
        raise FacetdsError(f"{path}: this OpenCV cannot write VP9; ask for a .gif instead.")
    for image in images:
        writer.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    writer.release()
