"""How well the demo's drawn faces do: detection, landmarks, AUs' geometry, time.

PYTHONPATH=workflow_scripts python benchmarks/demo_faces.py --faces 200
"""

import time
from dataclasses import replace

import numpy as np

from facetds import command, faces
from facetds.aus import DISFA_AUS
from facetds.demo.face import Rendering, Scene, render
from facetds.demo.identity import Identity, draw_identity
from facetds.progress import track
from facetds.randomness import generator

PARTS = {"brows": (17, 27), "nose": (27, 36), "eyes": (36, 48), "mouth": (48, 68)}


def random_scene(seed: int, scene: Scene) -> tuple[dict[int, float], Scene]:
    """Return AUs that come and go together, and the scene in a random pose and light."""
    r = generator(seed, "demo", 100)
    intensities = {au: float(r.uniform(0.5, 5)) for au in DISFA_AUS if r.uniform() < 0.22}
    yaw, pitch, roll = r.normal(0, [6, 3.5, 4])
    scene = replace(
        scene,
        yaw=float(np.clip(yaw, -18, 18)),
        pitch=float(np.clip(pitch, -10, 10)),
        roll=float(roll),
        ambient=float(r.uniform(0.35, 0.6)),
        light=(float(r.normal(0, 0.3)), float(r.uniform(-0.7, -0.2)), 0.9),
        gain=float(r.uniform(0.75, 1.1)),
        background=tuple(map(float, r.uniform(20, 240, 3))),
        blink=float(r.uniform(0.8, 1) if r.uniform() < 0.03 else r.uniform(0, 0.2)),
        gaze=tuple(map(float, r.normal(0, 0.25, 2))),
        noise=float(r.uniform(0, 4)),
    )
    return intensities, scene


def inner_error(drawn: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Return the distances of the 68 points in inter-ocular distances."""
    return np.hypot(*(drawn - found).T) / faces.inter_ocular_distance(drawn)


def detected(picture: Rendering) -> np.ndarray | None:
    """Return dlib's landmarks of a picture, or None where dlib finds no face."""
    face = faces.find_face(picture.pixels, upsample=0).face
    if face is None or face.detector != "dlib":
        return None
    return faces.landmarks(picture.pixels, face.box)


def measures(points: np.ndarray) -> dict[int, float]:
    """Return how far each AU's landmarks have gone its way, in inter-ocular distances.

    Heights are taken over the line of the eye corners, which no AU moves.
    """
    points = points.astype(float)
    corners = points[[36, 39, 42, 45]]
    across = points[[42, 45]].mean(axis=0) - points[[36, 39]].mean(axis=0)
    down = np.array([-across[1], across[0]]) / np.dot(across, across)
    height = (points - corners.mean(axis=0)) @ down
    opening = (height[[40, 41, 46, 47]] - height[[37, 38, 43, 44]]).mean()
    lip = height[[51, 57, 62, 66]].mean()
    return {
        1: -height[[20, 21, 22, 23]].mean(),
        4: height[[19, 20, 21, 22, 23, 24]].mean(),
        5: opening,
        6: -opening,
        12: lip - height[[48, 54]].mean(),
        15: height[[48, 54]].mean() - lip,
    }


def trend(people: list[Identity], au: int, scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Return an AU's mean measure at the intensities 0..5: drawn, and detected by dlib."""
    drawn, found = np.zeros((2, 6, len(people)))
    for level in range(6):
        for n, person in enumerate(people):
            picture = render(person, {au: level}, scene, n)
            points = detected(picture)
            drawn[level, n] = measures(picture.landmarks)[au]
            found[level, n] = np.nan if points is None else measures(points)[au]
    whole = ~np.isnan(found).any(axis=0)
    return drawn.mean(axis=1), found[:, whole].mean(axis=1)


def main(
    faces: int = 200, people: int = 6, height: int = 320, width: int = 240, iod: float = 50.0
) -> None:
    """Print detection rate, landmark error, the AUs' trends and the CPU time of N faces."""
    base = Scene(height=height, width=width, iod=iod, center=(0.5, 0.45))
    errors, seconds = [], []
    for seed in track(range(faces), what="draw and detect", unit="face"):
        person = draw_identity(10_000 + seed)
        intensities, scene = random_scene(seed, base)
        start = time.process_time()
        picture = render(person, intensities, scene, seed)
        seconds.append(time.process_time() - start)
        points = detected(picture)
        if points is not None:
            errors.append(inner_error(picture.landmarks, points))
    table = np.array(errors)
    inner = table[:, 17:].mean(axis=1)
    print(f"detected by dlib         {len(errors) / faces:7.3f}   ({len(errors)} of {faces})")
    print(f"error of 51 points, IOD  {inner.mean():7.4f}   95 %: {np.quantile(inner, 0.95):.4f}")
    for name, (first, last) in PARTS.items():
        print(f"  {name:22s} {table[:, first:last].mean():7.4f}")
    print(f"  {'jaw':22s} {table[:, :17].mean():7.4f}")
    print(f"CPU per new person, s    {np.mean(seconds):7.4f}   ({height} x {width}, iod {iod:g})")
    person = draw_identity(10_000)
    render(person, {}, base, 0)
    start = time.process_time()
    for n in range(20):
        render(person, {1: n / 4, 12: 2}, base, n)
    print(f"CPU per further frame, s {(time.process_time() - start) / 20:7.4f}")
    crowd = [draw_identity(20_000 + n) for n in range(people)]
    for au in (1, 4, 5, 6, 12, 15):
        drawn, found = trend(crowd, au, base)
        rows = (" ".join(f"{v:6.3f}" for v in row - row[0]) for row in (drawn, found))
        print(f"AU {au:2d} by intensity 0..5   drawn {next(rows)}   detected {next(rows)}")


if __name__ == "__main__":
    command.run(main)
