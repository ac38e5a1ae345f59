"""The labels of DISFA: the intensity of twelve AUs in every frame (Mavadati et al. 2013).

A label file holds lines `frame,intensity`, with frames from 1 and intensities 0 to 5. Files of one
subject may differ in length from each other and from the video, so frames are matched by their
number, never by the line.
"""

import re
from pathlib import Path

import pandas as pd

from facetds.aus import DISFA_AUS
from facetds.data.sources import find_entry
from facetds.errors import BadInput
from facetds.files import digest
from facetds.foreign import count_frames, read_lines
from facetds.progress import track
from facetds.rejects import Reject, name_ranges

LINE = re.compile(r"\s*([0-9]{1,9})\s*,\s*([+-]?[0-9]{1,9})\s*", re.ASCII)
HIGHEST = 5


def find_video(root: Path, subject: str, camera: str) -> Path:
    """Return the video of a subject from one camera ("right" or "left").

    The folder is Video_RightCamera or Videos_RightCamera. Raises `BadInput` if there is none.
    """
    folder = find_entry(root, f"Video_{camera}Camera", f"Videos_{camera}Camera")
    side = camera.capitalize()
    name = f"{side}Video{subject}_comp.avi"
    video = find_entry(folder, name) if folder else None
    if video is None:
        raise BadInput(f"there is no video Video_{side}Camera/{name}", "missing")
    return video


def find_labels(root: Path, subject: str) -> dict[int, Path]:
    """Return the label file of every AU; raises `BadInput` naming one that is missing."""
    labels = find_entry(root, "ActionUnit_Labels")
    folder = find_entry(labels, subject) if labels else None
    if folder is None:
        raise BadInput(f"there are no labels ActionUnit_Labels/{subject}", "missing")
    files = {au: find_entry(folder, f"{subject}_au{au}.txt") for au in DISFA_AUS}
    missing = [au for au, file in files.items() if file is None]
    if missing:
        raise BadInput(f"there are no labels of AU{', AU'.join(map(str, missing))}", "missing")
    return files


def read_intensities(path: Path) -> tuple[pd.Series, list[str]]:
    """Return the intensities (UInt8) of one AU by frame, and why lines of it were set aside.

    An intensity outside 0 to 5 and a second, different one of the same frame make the frame's
    value missing; lines that are not `frame,intensity` are left out.
    """
    values: dict[int, int] = {}
    garbled, outside, doubtful = [], set(), set()
    for number, line in enumerate(read_lines(path), start=1):
        match = LINE.fullmatch(line)
        if match is None:
            if line.strip():
                garbled.append(number)
            continue
        frame, value = int(match[1]), int(match[2])
        if not 0 <= value <= HIGHEST:
            outside.add(frame)
        elif values.setdefault(frame, value) != value:
            doubtful.add(frame)
    reasons = [
        f"{what} {name_ranges(numbers)} {why}"
        for what, numbers, why in (
            ("lines", garbled, "are not frame,intensity"),
            ("frames", outside, f"have an intensity outside 0 to {HIGHEST}"),
            ("frames", doubtful, "have two different intensities"),
        )
        if numbers
    ]
    values |= dict.fromkeys(outside | doubtful)
    return pd.Series(values, dtype="UInt8").sort_index(), reasons


def read_subject(
    root: Path, subject: str, camera: str
) -> tuple[dict[str, object], pd.DataFrame, list[Reject]]:
    """Return what there is of a subject, the labels of its usable frames, and what is set aside.

    The first is the row subject, video, labels (paths relative to `root`), n_video_frames,
    n_label_frames (frames with all twelve labels) and sha256 (of the video). The table has the
    columns subject, frame and AU1 to AU26; its frames have a picture and all labels.

    Raises `BadInput` for a subject without video or labels.
    """
    video, files = find_video(root, subject, camera), find_labels(root, subject)
    n_video = count_frames(video)
    columns: dict[str, pd.Series] = {}
    notes: dict[str, list[int]] = {}
    for au, file in files.items():
        columns[f"AU{au}"], reasons = read_intensities(file)
        frames = columns[f"AU{au}"].index
        beyond = frames[(frames < 1) | (frames > n_video)]
        lacking = pd.RangeIndex(1, n_video + 1).difference(frames)
        if len(beyond):
            reasons.append(f"frames {name_ranges(beyond)} have a label but no picture in the video")
        if len(lacking):
            reasons.append(f"frames {name_ranges(lacking)} of the video have no label")
        for reason in reasons:
            notes.setdefault(reason, []).append(au)
    complete = pd.concat(columns, axis=1).sort_index().dropna().astype("uint8")
    usable = complete[(complete.index >= 1) & (complete.index <= n_video)]
    usable = usable.rename_axis("frame").reset_index()
    usable.insert(0, "subject", subject)
    row = {
        "subject": subject,
        "video": video.relative_to(root).as_posix(),
        "labels": next(iter(files.values())).parent.relative_to(root).as_posix(),
        "n_video_frames": n_video,
        "n_label_frames": len(complete),
        "sha256": digest(video),
    }
    return row, usable, [_reject(root, subject, files, *note) for note in notes.items()]


def read_subjects(
    root: Path, subjects: list[str], camera: str
) -> tuple[pd.DataFrame, pd.DataFrame, list[Reject]]:
    """Return the rows and the tables of `read_subject` of all usable subjects, and the rejects.

    A subject without video or labels is one reject, whose item is the subject's name alone. Both
    tables are empty if no subject is usable.
    """
    rows, tables, rejects = [], [], []
    for subject in track(subjects, what="read labels", unit="subject"):
        try:
            row, table, problems = read_subject(root, subject, camera)
        except BadInput as error:
            reason = str(error).replace(f"{root}/", "")
            rejects.append(Reject("disfa", subject, "", reason, error.code))
            continue
        rows.append(row)
        tables.append(table)
        rejects += problems
    return pd.DataFrame(rows), pd.concat(tables) if tables else pd.DataFrame(), rejects


def _reject(
    root: Path, subject: str, files: dict[int, Path], reason: str, aus: list[int]
) -> Reject:
    """Return one row for a note on the label files of some AUs: of one, or of several at once."""
    file = files[aus[0]] if len(aus) == 1 else files[aus[0]].parent
    words = "all AUs" if len(aus) == len(files) else ", ".join(f"AU{au}" for au in aus)
    path = file.relative_to(root).as_posix()
    return Reject("disfa", f"{subject} {words}", path, reason, "bad_label")
