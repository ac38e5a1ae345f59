"""From images and videos to a table of their AUs, a batch in memory at a time."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from facetds.alignment import Crop
from facetds.aus import AU_NAMES
from facetds.crop.cropping import Settings, crop_face
from facetds.errors import BadInput, FacetdsError
from facetds.faces import PREDICTOR_SHA256
from facetds.fer.decisions import RULES, UNDECIDED, decide, mean_threshold
from facetds.fer.overlay import draw_overlay, find_outline, shrink
from facetds.fer.overlay_files import IMAGES, VIDEOS, is_video, makes_film, open_overlay
from facetds.fer.subject_baseline import score
from facetds.fer.training import predict
from facetds.files import digest, replacing
from facetds.foreign import count_frames, frame_rate, read_image, read_timed_video
from facetds.images import resize
from facetds.progress import say, track
from facetds.rejects import safe_cell

BATCH = 32
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


class Look(NamedTuple):
    """An item that was looked at, without its image, which may be large.

    row: columns of the table; crop: its face, or None; view: the image shrunk to be drawn on, None
    if that is not asked for or there is no image; outline: where the crop is in the view.
    """

    file: Path
    frame: int | None
    row: dict[str, Any]
    crop: Crop | None
    view: np.ndarray | None
    outline: np.ndarray | None


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

    def look(self, item: Item, drawn: bool) -> Look:
        """Return an item with the columns of its row but the AUs, and a view of it if `drawn`."""
        row = {
            "file": safe_cell(str(item.file)),
            "frame": "" if item.frame is None else item.frame,
            "time": "" if item.time is None else f"{item.time:.3f}",
        }
        view = outline = crop = None
        try:
            if isinstance(item.image, BadInput):
                raise item.image
            view, scale = shrink(item.image) if drawn else (None, 1.0)
            crop, measures = crop_face(item.image, self.settings, str(item.file))
            outline = find_outline(crop, scale)
            shown = {name: measures[name] for name in ("detector", "n_faces")}
            row |= shown | {"outcome": FOUND, "score": f"{measures['score']:.3f}"}
        except BadInput as error:
            row["outcome"] = error.code
        return Look(item.file, item.frame, row, crop, view, outline)

    def add_aus(self, looks: Sequence[Look]) -> None:
        """Add the AUs of faces to their rows."""
        if not looks:
            return
        images = np.stack([resize(look.crop.pixels, self.size) for look in looks])
        made = decide(self.score(images), self.thresholds, self.rule)
        limits = mean_threshold(self.thresholds)
        for k, au in enumerate(AU_NAMES):
            for look, chance, votes, label in zip(
                looks, made.chances[:, k], made.votes[:, k], made.labels[:, k], strict=True
            ):
                row = look.row
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

    inputs: images, folders of them, videos; every: take frames 1, 1 + every, ... of a video;
    overlay: where pictures or a film with the face's frame and the AUs go (`open_overlay`). Raises
    `FacetdsError` if there is nothing to look at, or a result would replace an input.
    """
    files = list_files(inputs, overlay)
    for result in (out, overlay):
        if result is not None and result.resolve() in {file.resolve() for file in files}:
            raise FacetdsError(f"{result} is one of the inputs; name another file for the result.")
    counts: Counter = Counter()
    opened = nullcontext() if overlay is None else open_overlay(overlay, files, every)
    with (
        opened as add,
        replacing(out) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as handle,
    ):
        writer = csv.DictWriter(handle, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        waiting: list[Look] = []

        def flush() -> None:
            predictor.add_aus([look for look in waiting if look.crop is not None])
            for look in waiting:
                writer.writerow(look.row)
                counts[look.row["outcome"]] += 1
                if look.view is not None:
                    picture = draw_overlay(look.view, look.outline, look.row, makes_film(overlay))
                    add(look.file, look.frame, picture)
            waiting.clear()

        items = read_items(files, every)
        total = sum(count_items(path, every) for path in files)
        for item in track(items, what="predict", unit="image", total=total):
            waiting.append(predictor.look(item, add is not None))
            if len(waiting) == BATCH:
                flush()
        flush()
    return counts


def list_files(inputs: Sequence[Path], overlay: Path | None = None) -> list[Path]:
    """Return the files to look at, once each; of folders the images and videos, in order.

    What lies in the folder `overlay`, such as the pictures of an earlier run, is left out.
    """
    files: list[Path] = []
    for path in inputs:
        if path.is_dir():
            found = (p for p in path.rglob("*") if p.suffix.lower() in (*IMAGES, *VIDEOS))
            files += sorted(p for p in found if overlay not in (p, *p.parents))
        elif path.exists():
            files.append(path)
        else:
            raise FacetdsError(f"{path} does not exist; name images, a folder or a video.")
    if not files:
        raise FacetdsError(
            f"{', '.join(map(str, inputs))} has no {', '.join((*IMAGES, *VIDEOS))} files; name a "
            "folder that has."
        )
    return list(dict.fromkeys(files))


def count_items(path: Path, every: int) -> int:
    """Return how many items `read_items` gives of a file."""
    if not is_video(path):
        return 1
    try:
        return len(range(0, count_frames(path), every))
    except BadInput:
        return 1


def read_items(files: Sequence[Path], every: int) -> Iterator[Item]:
    """Yield the images and frames of files, and what cannot be read with the reason."""
    for path in files:
        try:
            if is_video(path):
                yield from _read_frames(path, every)
            else:
                yield Item(path, read_image(path))
        except BadInput as error:
            yield Item(path, error)


def _read_frames(path: Path, every: int) -> Iterator[Item]:
    wanted, rate = range(1, count_frames(path) + 1, every), frame_rate(path)
    missing = iter(wanted)

    def lose(number: int) -> Item:
        lost = BadInput("the frame cannot be decoded", "broken")
        return Item(path, lost, number, (number - 1) / rate if rate else None)

    for number, seconds, image in read_timed_video(path, wanted):
        while (skipped := next(missing, number)) < number:
            yield lose(skipped)
        yield Item(path, image, number, seconds)
    yield from map(lose, missing)
