"""What the limits of photos would set aside among synthetic images, beside what selection does.

PYTHONPATH=workflow_scripts python benchmarks/face_gates.py --results results

Of a finished run, at the size of its images: the share rejected of originals with a part of the
face painted out, of whole originals, and of generated images; by the selection's gates on faces,
and by `facetds.completeness`, calibrated on the originals, with margins from crop.gate_margin on.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from completeness import PARTS, paint_out

from facetds import command, faces
from facetds.completeness import (
    PIXEL_MEASURES,
    Gate,
    calibrate,
    judge,
    measure_completeness,
    measure_shapes,
)
from facetds.foreign import load_arrays
from facetds.iqa.face_checks import check_entries
from facetds.progress import track
from facetds.select.gates import face_ranges, gate
from facetds.shards import Entry, read_shard
from facetds.tables import read_table


def measure_all(images: Iterable[np.ndarray], landmarks: np.ndarray) -> pd.DataFrame:
    """Return what the limits of photos look at but for shapes, a row per image; NaN for no face."""
    rows = []
    for image, points in zip(images, landmarks, strict=True):
        row = dict.fromkeys((*PIXEL_MEASURES, "roll", "iod"), np.nan)
        if np.isfinite(points).all():
            row = measure_completeness(image, points)
            row |= {"roll": faces.roll(points), "iod": faces.inter_ocular_distance(points)}
        rows.append(row)
    return pd.DataFrame(rows)


def share_rejected(measures: pd.DataFrame, landmarks: np.ndarray, limits: Gate) -> float:
    """Return the share of images without a whole face."""
    found = np.isfinite(landmarks).all(axis=(1, 2))
    shapes = measure_shapes(np.where(found[:, None, None], landmarks, 0), limits)
    shapes[~found] = np.nan
    return np.mean([reason != "" for reason in judge(measures.join(shapes), limits)])


def main(results: Path, every: int = 3, percentile: float = 5, gate_width: float = 3) -> None:
    """Print the shares; `every` thins out the images, to save time."""
    originals = load_arrays(results / "iqa/originals.npz")["images"]
    landmarks = load_arrays(results / "iqa/landmarks_originals.npz")["landmarks"]
    found = np.isfinite(landmarks).all(axis=(1, 2))
    originals, landmarks = originals[found], landmarks[found]
    ranges = face_ranges(read_table(results / "iqa/faces_originals.csv"), gate_width)
    known = measure_all(originals, landmarks)
    margins = (0.8, 2, 4)
    limits = {margin: calibrate(known, landmarks, percentile, margin) for margin in margins}
    print("images        selection  completeness with margin " + ", ".join(map(str, margins)))

    def show(name: str, images: list[np.ndarray]) -> None:
        entries = (Entry(str(n), image) for n, image in enumerate(track(images, what=name)))
        table, points = check_entries(entries, 240)
        measures = measure_all(images, points)
        # Faces alone are judged here: neither realism nor copies, nor unreadable files.
        table = table.assign(problem=np.nan, realism=1.0, nearest_distance=1.0)
        now = np.mean(gate(table, "sound", ranges, []) != "")
        shares = [share_rejected(measures, points, limits[margin]) for margin in margins]
        print(f"{name:13s} {now:9.1%}  " + "  ".join(f"{share:6.1%}" for share in shares))

    some = range(0, len(originals), every)
    show("originals", [originals[n] for n in some])
    for name, parts in PARTS.items():
        show(name, [paint_out(originals[n], landmarks[n], parts) for n in some])
    shard = read_shard(results / "generate/batch-00000.csv")
    show("generated", [entry.pixels for entry in shard if entry.pixels is not None][::every])


if __name__ == "__main__":
    command.run(main)
