"""How long cropping CFD and DISFA takes at their own sizes, and in how much memory.

PYTHONPATH=workflow_scripts python benchmarks/crop.py

The faces are drawn, at 2444 x 1718 pixels as CFD's JPEGs and at 1024 x 768 as DISFA's videos; the
commands are those of the rules. CPU seconds (user and system) are divided among the cores.
"""

import multiprocessing
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from iqa_scale import ROOT, run
from PIL import Image

from facetds import command
from facetds.aus import AU_NAMES, DISFA_AUS
from facetds.demo.cfd import draw_studio
from facetds.demo.disfa import film_scenes, write_video
from facetds.demo.face import render
from facetds.demo.identity import draw_identity
from facetds.files import digest
from facetds.progress import track
from facetds.randomness import generator

CFD_PHOTOS, CFD_HEIGHT = 1441, 1718
SUBJECTS, FRAMES, CHOSEN, DISFA_HEIGHT = 26, 4845, 300, 768
"""DISFA's subjects in the study, frames of a video, and frames chosen of it (thesis 3.5)."""
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["crop"]
FRAMING = ("zoom", "center_shift", "detect_size", "upsample", "max_padded")


def settings_of(size: int) -> list[object]:
    """Return the options of the crop commands, as in config.yaml but for the size."""
    options = [word for key in FRAMING for word in (f"--{key.replace('_', '-')}", CONFIG[key])]
    return ["--size", size, *options]


def in_a_process(function: Callable, *arguments: object) -> None:
    """Call a function in a process of its own: a command's memory counts what its parent has."""
    process = multiprocessing.get_context("spawn").Process(target=function, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(process.exitcode)


def draw_photos(folder: Path, count: int) -> None:
    """Write `count` photos like CFD's, and their table."""
    rows = []
    for number in track(range(count), what="draw photos", unit="photo"):
        scene = draw_studio(CFD_HEIGHT, generator(number, "benchmark.crop"))
        picture = render(draw_identity(number), {12: 3.0 * (number % 2)}, scene, number)
        path = folder / f"{number:03d}.jpg"
        Image.fromarray(picture.pixels).save(path, quality=95)
        rows.append((number, path.name, digest(path)))
    pd.DataFrame(rows, columns=["number", "path", "sha256"]).to_csv(folder / "p.csv", index=False)


def time_photos(folder: Path, size: int) -> tuple[float, float, int]:
    """Return CPU seconds and MiB of cropping the photos, and how many faces there are."""
    used, _, memory = run(
        *("facetds.crop.crop_photos", "--photos", folder / "p.csv", "--root", folder),
        *("--source", "cfd", "--shard", 0, "--shards", 1, "--crops", folder / "p.npz"),
        *("--table", folder / "p-crops.csv", "--rejected", folder / "p-rejected.csv"),
        *settings_of(size),
    )
    return used, memory, len(pd.read_csv(folder / "p-crops.csv"))


def draw_video(folder: Path, frames: int, chosen: int) -> None:
    """Write a video like DISFA's, its table, and that of `chosen` of its frames."""
    drawn = []
    for number, scene in enumerate(film_scenes(16, DISFA_HEIGHT, generator(0, "benchmark.crop"))):
        drawn.append(render(draw_identity(7), {}, scene, number).pixels)
    write_video(folder / "v.avi", [drawn[number % 16] for number in range(frames)])
    columns = [f"AU{au}" for au in DISFA_AUS] + [f"P{name[2:]}" for name in AU_NAMES]
    numbers = np.linspace(1, frames, chosen).round().astype(int)
    table = pd.DataFrame(0, index=range(chosen), columns=columns)
    table.insert(0, "frame", numbers)
    table.insert(0, "subject", "SN001")
    table.to_csv(folder / "f.csv", index=False)
    pd.DataFrame({"subject": ["SN001"], "video": ["v.avi"]}).to_csv(folder / "s.csv", index=False)


def time_video(folder: Path, size: int) -> tuple[float, float, int]:
    """Return CPU seconds and MiB of cropping the chosen frames, and how many faces there are."""
    used, _, memory = run(
        *("facetds.crop.crop_subject", "--subject", "SN001", "--root", folder),
        *("--subjects", folder / "s.csv", "--frames", folder / "f.csv"),
        *("--crops", folder / "v.npz", "--table", folder / "v-crops.csv"),
        *("--rejected", folder / "v-rejected.csv", *settings_of(size)),
    )
    return used, memory, len(pd.read_csv(folder / "v-crops.csv"))


def main(photos: int = 24, frames: int = FRAMES, size: int = 256, cores: int = 2) -> None:
    """Print what was used, and what CFD and DISFA would take on so many cores."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        in_a_process(draw_photos, folder, photos)
        used, memory, faces = time_photos(folder, size)
        minutes = used / photos * CFD_PHOTOS / cores / 60
        print(f"CFD: {faces} of {photos} faces, {used / photos:.3f} CPU s each, {memory:.0f} MiB;")
        print(f"     {CFD_PHOTOS} photos on {cores} cores: {minutes:.1f} min")
        in_a_process(draw_video, folder, frames, CHOSEN)
        used, memory, faces = time_video(folder, size)
        minutes = used * SUBJECTS / cores / 60
        print(f"DISFA: {faces} of {CHOSEN} faces of a video of {frames} frames, {used:.1f} CPU s,")
        print(f"     {memory:.0f} MiB; {SUBJECTS} such videos on {cores} cores: {minutes:.1f} min")


if __name__ == "__main__":
    command.run(main)
