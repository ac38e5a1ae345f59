"""Crop the faces of the chosen frames of one DISFA video."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from facetds import command
from facetds.aus import AUS, DISFA_AUS
from facetds.crop.cropping import MEASURES, Settings, count_detectors, crop_all
from facetds.errors import BadInput
from facetds.files import write_arrays
from facetds.foreign import read_video
from facetds.progress import say, track
from facetds.rejects import Reject, write_rejected
from facetds.tables import read_table, write_table


def crop_subject(
    subject: str,
    root: Path,
    subjects: Path,
    frames: Path,
    crops: Path,
    table: Path,
    rejected: Path,
    size: int,
    zoom: float,
    center_shift: float,
    detect_size: int,
    upsample: int,
    max_padded: float,
    predictor: Path | None = None,
) -> None:
    """Write frames, their numbers, labels and landmarks; measures; and what was set aside.

    The archive also names the chosen frames that were left out, and why (left_out, reason).

    A subject that the data stage has set aside gets empty files: the folds follow from config.yaml
    alone, so that the jobs of a run are known before it starts; its fold goes without it.
    """
    settings = Settings(size, zoom, center_shift, detect_size, upsample, max_padded, predictor)
    intensities, positives = [f"AU{au}" for au in DISFA_AUS], [f"P{au}" for au in AUS]
    chosen = read_table(frames, ("subject", "frame", *intensities, *positives))
    chosen = chosen[chosen["subject"] == subject].set_index("frame")
    videos = read_table(subjects, ("subject", "video")).set_index("subject")["video"]
    video = videos.get(subject, "")
    read = _read(root / video, subject, set(chosen.index)) if len(chosen) else []
    items = track(read, what=f"crop {subject}", unit="frame", total=len(chosen))
    found = crop_all(items, len(chosen), settings)
    measured = pd.DataFrame(found.rows, columns=["subject", "frame", *MEASURES])
    labels = chosen.loc[measured["frame"].astype(chosen.index.dtype)]
    write_arrays(
        crops,
        frames=found.pixels,
        frame=measured["frame"].to_numpy(np.int32),
        intensities=labels[intensities].to_numpy(np.uint8),
        labels=labels[positives].to_numpy(np.uint8),
        landmarks=found.landmarks,
        left_out=np.array([names["frame"] for names, _ in found.refused], np.int32),
        reason=np.array([str(error) for _, error in found.refused], np.str_),
    )
    write_table(table, measured, decimals=6)
    rejects = [
        Reject("disfa", f"{subject} frame {names['frame']}", video, str(error), error.code)
        for names, error in found.refused
    ]
    write_rejected(rejected, rejects)
    say(
        f"{subject}: {len(measured)} of {len(chosen)} faces; {count_detectors(measured)}; "
        f"{len(rejects)} set aside."
    )


def _read(
    video: Path, subject: str, wanted: set[int]
) -> Iterator[tuple[dict[str, Any], np.ndarray | BadInput]]:
    """Yield subject and number of every wanted frame with its image, in the order of the video.

    The video is decoded once, up to the last wanted frame. Frames that it does not give come last.
    """
    missing = set(wanted)
    try:
        for number, image in read_video(video, wanted):
            missing.discard(number)
            yield {"subject": subject, "frame": number}, image
        reason = BadInput("the frame cannot be decoded", "broken")
    except BadInput as error:
        reason = BadInput(str(error).removeprefix(f"{video} "), error.code)
    for number in sorted(missing):
        yield {"subject": subject, "frame": number}, reason


if __name__ == "__main__":
    command.run(crop_subject)
