"""Filming the subjects of the DISFA stand-in, in the layout of DISFA (thesis 3.5, A.1).

`Video_RightCamera/RightVideoSN001_comp.avi` and `ActionUnit_Labels/SN001/SN001_au1.txt`, twelve
label files of lines "frame,intensity" with frames from 1 and intensities 0 to 5. The videos are
motion JPEG, every frame a key frame.
"""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from facetds.aus import DISFA_AUS
from facetds.demo import courses
from facetds.demo.face import Scene, render
from facetds.demo.identity import draw_identity
from facetds.demo.models import TONES
from facetds.demo.truth import ORIGIN, truth_columns
from facetds.errors import FacetdsError
from facetds.files import replacing, write_text
from facetds.progress import track
from facetds.randomness import generator, seed_for

ASPECT = 4 / 3
QUALITY = 95
RACES = {"W": 0.7, "A": 0.12, "L": 0.1, "B": 0.08}
"""Share of each race letter of `TONES` among the subjects."""

LONGER = ("SN002", 26)
"""Subject and AU whose label file has a line more than the video has frames, as in DISFA."""

GAP = ("SN003", 9)
"""Subject and AU whose label file lacks a line, if there are flaws."""


def video_path(root: Path, subject: str) -> Path:
    """Return where a subject's video lies."""
    return root / "Video_RightCamera" / f"RightVideo{subject}_comp.avi"


def label_paths(root: Path, subject: str) -> dict[int, Path]:
    """Return where a subject's label files lie, by AU."""
    folder = root / "ActionUnit_Labels" / subject
    return {au: folder / f"{subject}_au{au}.txt" for au in DISFA_AUS}


def subject_number(subject: str) -> int:
    """Return the number of a subject's name, 13 of SN013, that its random choices depend on."""
    if not (subject.startswith("SN") and subject[2:].isdecimal()):
        raise FacetdsError(f"data.subjects: {subject!r} is not named like SN001; correct it.")
    return int(subject[2:])


def draw_subject(
    root: Path, subject: str, seed: int, frames: int, height: int, flaws: bool
) -> pd.DataFrame:
    """Write a subject's video and labels; return the truth, a row per frame.

    Columns: subject, frame (from 1), identity, those of `truth_columns` and origin. The intensities
    are those drawn; the labels are a coder's, who sees the same events without the disturbance of
    `courses.disturb` and errs now and then.
    """
    number = subject_number(subject)
    random = generator(seed, "demo.disfa.course", number)
    course = courses.draw_course(frames, random)
    labels = courses.code(course, random)
    shown = courses.disturb(course, random)
    talk = courses.draw_speech(frames, random)
    shown[:, DISFA_AUS.index(25)] = np.maximum(shown[:, DISFA_AUS.index(25)], talk)
    scenes = film_scenes(frames, height, random)
    person = seed_for(seed, "demo.disfa.identity", number)
    identity = draw_identity(person, tone=draw_tone(random))
    rows, pictures = [], []
    for frame in track(range(frames), what=f"draw {subject}", unit="frame"):
        intensities = dict(zip(DISFA_AUS, shown[frame].tolist(), strict=True))
        picture = render(
            identity,
            intensities,
            scenes[frame],
            seed_for(seed, "demo.disfa.render", number, frame),
        )
        pictures.append(picture.pixels)
        truth = truth_columns(intensities, scenes[frame], picture.landmarks)
        rows.append(
            {"subject": subject, "frame": frame + 1, "identity": person, **truth, "origin": ORIGIN}
        )
    write_video(video_path(root, subject), pictures)
    for column, (au, path) in enumerate(label_paths(root, subject).items()):
        longer = (subject, au) == LONGER
        gap = frames // 2 if flaws and (subject, au) == GAP else None
        write_text(path, label_lines(labels[:, column], longer, gap))
    return pd.DataFrame(rows)


def draw_tone(random: np.random.Generator) -> float:
    """Return a skin tone, 0 to 1; most of DISFA's subjects are white (thesis A.1)."""
    race = random.choice(list(RACES), p=list(RACES.values()))
    mean, spread = TONES[str(race)]
    return float(np.clip(random.normal(mean, spread), 0, 1))


def film_scenes(frames: int, height: int, random: np.random.Generator) -> list[Scene]:
    """Return the scene of every frame: dark blue background, a moving head, blinks, a gaze.

    Light, distance and camera are the recording's; yaw, pitch and roll wander slowly with standard
    deviations of 8, 3 and 3 degrees over all subjects.
    """
    shared = {
        "height": height,
        "width": round(height * ASPECT),
        "iod": height * random.uniform(0.195, 0.22),
        "background": tuple((np.array([22, 34, 74]) + random.uniform(-6, 6, 3)).tolist()),
        "light": (random.uniform(-0.5, 0.5), random.uniform(-0.6, -0.2), 1.0),
        "ambient": random.uniform(0.42, 0.52),
        "gain": random.uniform(0.9, 1.08),
        "temperature": random.uniform(-0.5, 0.5),
        "noise": random.uniform(1, 2.5),
    }
    middle = random.normal(0, (5, 1.8, 2))
    turns = middle + courses.wander(frames, 3, 10, random) * (6.2, 2.4, 2.2)
    turns = np.clip(turns, (-20, -11, -10), (20, 11, 10))
    place = (0.5, 0.44) + courses.wander(frames, 2, 12, random) * (0.012, 0.008)
    gaze = np.clip(courses.wander(frames, 2, 5, random) * (0.25, 0.12), -0.7, 0.7)
    lids = courses.draw_blinks(frames, random)
    return [
        Scene(
            **shared,
            center=tuple(place[frame].tolist()),
            yaw=float(turns[frame, 0]),
            pitch=float(turns[frame, 1]),
            roll=float(turns[frame, 2]),
            blink=float(lids[frame]),
            gaze=tuple(gaze[frame].tolist()),
        )
        for frame in range(frames)
    ]


def label_lines(labels: np.ndarray, longer: bool = False, gap: int | None = None) -> str:
    """Return a label file's text for intensities (frames).

    `longer` appends a line for a frame after the last; `gap` is the frame, from 1, left out.
    """
    values = [*labels.tolist(), 0] if longer else labels.tolist()
    lines = [f"{frame},{value}\n" for frame, value in enumerate(values, 1) if frame != gap]
    return "".join(lines)


def write_video(path: Path, pictures: list[np.ndarray]) -> None:
    """Write frames (uint8 H x W x 3, RGB) as a motion JPEG AVI, the same bytes on every run.

    OpenCV's own writer, not FFmpeg's, which would note the time and its version in the file.
    """
    height, width = pictures[0].shape[:2]
    with replacing(path) as temporary:
        writer = cv2.VideoWriter(
            str(temporary),
            cv2.CAP_OPENCV_MJPEG,
            cv2.VideoWriter.fourcc(*"MJPG"),
            courses.FRAME_RATE,
            (width, height),
        )
        if not writer.isOpened():
            raise FacetdsError(f"{path} cannot be written as a video; is the folder writable?")
        writer.set(cv2.VIDEOWRITER_PROP_QUALITY, QUALITY)
        for picture in pictures:
            writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        writer.release()
