"""Are painted-over faces found? Shares rejected of whole faces and of faces without a part.

PYTHONPATH=workflow_scripts python benchmarks/completeness.py --faces 200
"""

from functools import cache

import cv2
import numpy as np
import pandas as pd

from facetds import command, faces
from facetds.completeness import Gate, calibrate, judge, measure_completeness, measure_shapes
from facetds.demo.face import Scene, render
from facetds.demo.identity import draw_identity
from facetds.progress import track
from facetds.randomness import generator

SCENE = Scene(height=256, width=256, iod=62, center=(0.5, 0.45))
PARTS = {
    "an eye": [faces.LEFT_EYE],
    "both eyes": [faces.LEFT_EYE, faces.RIGHT_EYE],
    "the nose": [slice(29, 36)],
    "the mouth": [slice(48, 68)],
}


@cache
def draw_face(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a studio photo of a person with some AUs, and its drawn landmarks."""
    random = generator(seed, "benchmark.completeness")
    aus = {au: float(random.uniform(1, 4)) for au in (1, 4, 5, 6, 12, 15) if random.random() < 0.2}
    picture = render(draw_identity(seed), aus, SCENE, seed)
    return picture.pixels, picture.landmarks


def paint_out(image: np.ndarray, landmarks: np.ndarray, parts: list[slice]) -> np.ndarray:
    """Return the image with parts of the face filled from their surroundings."""
    mask = np.zeros(image.shape[:2], np.uint8)
    for part in parts:
        hull = cv2.convexHull(landmarks[part].round().astype(np.int32))
        cv2.fillConvexPoly(mask, hull, 255)
    reach = round(0.25 * faces.inter_ocular_distance(landmarks))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    return cv2.inpaint(image, cv2.dilate(mask, disc), 3, cv2.INPAINT_TELEA)


def measure(image: np.ndarray) -> tuple[dict[str, float], np.ndarray] | None:
    """Return the measures and landmarks of the face that is found, or None."""
    face = faces.find_face(image, upsample=0).face
    if face is None:
        return None
    points = faces.landmarks(image, face.box)
    row = measure_completeness(image, points)
    row |= {"roll": faces.roll(points), "iod": faces.inter_ocular_distance(points)}
    return row, points


def share_rejected(images: list[np.ndarray], gate: Gate) -> float:
    """Return the share of images in which no whole face is found."""
    found = [seen for seen in map(measure, images) if seen is not None]
    rows = pd.DataFrame([row for row, _ in found])
    rows = rows.join(measure_shapes(np.array([points for _, points in found]), gate))
    whole = np.count_nonzero(judge(rows, gate) == "") if found else 0
    return 1 - whole / len(images)


def measure_gate(n_faces: int, percentile: float, margin: float) -> dict[str, float]:
    """Return the share rejected of whole faces ("nothing") and of each kind of painted one.

    The limits come from `n_faces` other people.
    """
    known = [seen for seed in track(range(n_faces), what="calibrate", unit="face")
             if (seen := measure(draw_face(seed)[0])) is not None]  # fmt: skip
    gate = calibrate(
        pd.DataFrame([row for row, _ in known]),
        np.array([points for _, points in known]),
        percentile,
        margin,
    )
    drawn = [draw_face(10_000 + seed) for seed in range(n_faces)]
    shares = {"nothing": share_rejected([image for image, _ in drawn], gate)}
    for name, parts in PARTS.items():
        shares[name] = share_rejected([paint_out(*face, parts) for face in drawn], gate)
    return shares


def main(faces: int = 200, gate_percentile: float = 5, gate_margin: float = 1.5) -> None:
    """Print the shares, with the limits of config.yaml's crop section."""
    for name, share in measure_gate(faces, gate_percentile, gate_margin).items():
        print(f"painted out: {name:10s} rejected: {share:6.1%}")


if __name__ == "__main__":
    command.run(main)
