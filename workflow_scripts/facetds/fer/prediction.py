"""From images and videos to a table of their AUs, a batch in memory at a time."""

import csv
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from facetds.alignment import Crop
from facetds.aus import AU_NAMES
from facetds.crop.cropping import Settings, crop_face
from facetds.errors import BadInput, FacetdsError
from facetds.faces import PREDICTOR_SHA256
from facetds.fer.decisions import RULES, UNDECIDED, decide, mean_threshold
from facetds.fer.overlay import draw_overlay
from facetds.fer.subject_baseline import score
from facetds.fer.training import predict
from facetds.files import digest, replacing
from facetds.foreign import count_frames, frame_rate, read_image, read_video
from facetds.images import resize, write_image
from facetds.progress import say, track
from facetds.rejects import safe_cell

BATCH = 32
IMAGES = (".jpg", ".jpeg", ".png", ".bmp")
VIDEO = ".avi"
MAX_STEM = 200
"""Bytes of a file's name that the names of its pictures begin with."""
FOUND = "face"
"""Outcome of an image with a face; others have a code of docs/data.md, such as no_face."""

COLUMNS = (
    *("file", "frame", "time", "outcome", "detector", "score", "n_faces"),
    *(f"{prefix}{au}" for au in AU_NAMES for prefix in ("", "P_", "threshold_", "votes_")),
)


@dataclass(frozen=True)
class Item:
    """An image (uint8 H x W x 3) or why there is none, its file; of a video frame and seconds.

    Frames are numbered from 1; the first is at 0 seconds.
    """

    file: Path
    image: np.ndarray | BadInput
    frame: int | None = None
    time: float | None = None


class Predictor:
    """An ensemble with its way of cropping and deciding."""

    def __init__(
        self,
        model: keras.Model,
        about: dict[str, Any],
        rule: str,
        predictor: Path | None,
        references: Sequence[Path] = (),
    ) -> None:
        """Take what `model_files.read_model` returned, a rule of `RULES`, a 68-point model.

        references: pictures of the person's neutral face, for a model with a subject baseline.

        Raises `FacetdsError` for another rule, settings that are not those of a crop, references
        that are missing, without a face or not asked for.
        """
        if rule not in RULES:
            raise FacetdsError(f"--decide {rule} is neither of {', '.join(RULES)}; choose one.")
        settings = dict(about["crop"])
        trained_by = settings.pop("predictor_sha256", None)
        if trained_by != (digest(predictor) if predictor else PREDICTOR_SHA256):
            say("The model was trained on crops by another 68-point model; give it as --predictor.")
        try:
            self.settings = Settings(**settings, predictor=predictor)
        except TypeError as error:
            raise FacetdsError(
                f"The model's settings of the crop cannot be used ({error}); make it again."
            ) from None
        self.model, self.rule, self.size = model, rule, about["size"]
        self.thresholds = np.array(about["thresholds"], np.float64)
        self.baseline, self.usual = about.get("subject_baseline", "none"), about.get("usual")
        if (self.baseline == "none") == bool(references):
            raise FacetdsError(
                "The model looks at no neutral faces; leave out --reference."
                if references
                else "The model compares faces with the neutral one of their person "
                f"(fer.subject_baseline {self.baseline}); give pictures of it as --reference."
            )
        self.references = [self.read_reference(path) for path in references]

    def read_reference(self, path: Path) -> np.ndarray:
        """Return the neutral face in a picture (uint8 S x S x 3); `FacetdsError` without one."""
        try:
            crop, _ = crop_face(read_image(path), self.settings, str(path))
        except BadInput as error:
            raise FacetdsError(f"--reference {path}: {error}; give another picture.") from None
        return resize(crop.pixels, self.size)

    def score(self, images: np.ndarray) -> np.ndarray:
        """Return the members' probabilities (float32 B x members x 6) of uint8 B x S x S x 3."""
        count = len(self.references)
        inputs = np.stack([*self.references, *images])
        return score(
            self.baseline,
            partial(predict, self.model, batch=BATCH),
            inputs,
            np.arange(count, len(inputs)),
            np.broadcast_to(np.arange(count), (len(inputs), count)),
            self.usual,
        )

    def find(self, item: Item) -> tuple[dict[str, Any], Crop | None]:
        """Return the columns of an item but the AUs, and its crop if it has a face."""
        row = {
            "file": safe_cell(str(item.file)),
            "frame": "" if item.frame is None else item.frame,
            "time": "" if item.time is None else f"{item.time:.3f}",
        }
        try:
            if isinstance(item.image, BadInput):
                raise item.image
            crop, measures = crop_face(item.image, self.settings, str(item.file))
        except BadInput as error:
            return row | {"outcome": error.code}, None
        shown = {name: measures[name] for name in ("detector", "n_faces")}
        return row | shown | {"outcome": FOUND, "score": f"{measures['score']:.3f}"}, crop

    def add_aus(self, rows: Sequence[dict[str, Any]], crops: Sequence[Crop]) -> None:
        """Add the AUs of crops to their rows."""
        if not crops:
            return
        images = np.stack([resize(crop.pixels, self.size) for crop in crops])
        made = decide(self.score(images), self.thresholds, self.rule)
        limits = mean_threshold(self.thresholds)
        for k, au in enumerate(AU_NAMES):
            for row, chance, votes, label in zip(
                rows, made.chances[:, k], made.votes[:, k], made.labels[:, k], strict=True
            ):
                row[au] = "" if label == UNDECIDED else label
                row[f"P_{au}"] = f"{chance:.6f}"
                row[f"threshold_{au}"] = "" if np.isnan(limits[k]) else f"{limits[k]:.6f}"
                row[f"votes_{au}"] = votes


def write_predictions(
    inputs: Sequence[Path],
    predictor: Predictor,
    out: Path,
    every: int = 1,
    overlay: Path | None = None,
) -> Counter:
    """Write a row of `COLUMNS` per image or frame to `out`; return how often each outcome was.

    inputs: images, folders of them, AVI videos; every: take frames 1, 1 + every, ... of a video;
    overlay: folder for pictures with the face's frame and the AUs. Raises `FacetdsError` if there
    is nothing to look at.
    """
    files = list_files(inputs)
    counts: Counter = Counter()
    with replacing(out) as temporary, temporary.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        waiting: list[tuple[Item, dict[str, Any], Crop | None]] = []

        def flush() -> None:
            found = [(row, crop) for _, row, crop in waiting if crop is not None]
            predictor.add_aus([row for row, _ in found], [crop for _, crop in found])
            for item, row, crop in waiting:
                writer.writerow(row)
                counts[row["outcome"]] += 1
                if overlay is not None and crop is not None:
                    picture = draw_overlay(item.image, crop.matrix, len(crop.pixels), row)
                    write_image(overlay / _picture_name(files, item), picture)
            waiting.clear()

        for item in track(read_items(files, every), what="predict", unit="image"):
            row, crop = predictor.find(item)
            waiting.append((item, row, crop))
            if len(waiting) == BATCH:
                flush()
        flush()
    return counts


def list_files(inputs: Sequence[Path]) -> list[Path]:
    """Return the files to look at, once each; of folders the images and videos, in order."""
    files: list[Path] = []
    for path in inputs:
        if path.is_dir():
            known = (*IMAGES, VIDEO)
            files += sorted(p for p in path.rglob("*") if p.suffix.lower() in known)
        elif path.exists():
            files.append(path)
        else:
            raise FacetdsError(f"{path} does not exist; name images, a folder or an AVI video.")
    if not files:
        raise FacetdsError(
            f"{', '.join(map(str, inputs))} has no {', '.join(IMAGES)} or {VIDEO} files; name a "
            "folder that has."
        )
    return list(dict.fromkeys(files))


def read_items(files: Sequence[Path], every: int) -> Iterator[Item]:
    """Yield the images and frames of files, and what cannot be read with the reason."""
    for path in files:
        try:
            if path.suffix.lower() != VIDEO:
                yield Item(path, read_image(path))
                continue
            wanted, rate = range(1, count_frames(path) + 1, every), frame_rate(path)
            lost = BadInput("the frame cannot be decoded", "broken")
            missing = iter(wanted)
            for number, image in read_video(path, wanted):
                while (skipped := next(missing, number)) < number:
                    yield _frame(path, lost, skipped, rate)
                yield _frame(path, image, number, rate)
            for skipped in missing:
                yield _frame(path, lost, skipped, rate)
        except BadInput as error:
            yield Item(path, error)


def _frame(path: Path, image: np.ndarray | BadInput, number: int, rate: float) -> Item:
    return Item(path, image, number, (number - 1) / rate if rate else None)


def _picture_name(files: Sequence[Path], item: Item) -> str:
    """Return a name of its own for the picture of an item."""
    frame = "" if item.frame is None else f"-{item.frame:06d}"
    # A name takes 255 bytes, those that make it unlike others included.
    stem = os.fsdecode(os.fsencode(item.file.stem)[:MAX_STEM])
    return f"{files.index(item.file):06d}-{stem}{frame}.jpg"
