"""Does the selection leave out faces without an eye, a nose or a mouth, and keep whole ones?

make && PYTHONPATH=workflow_scripts python benchmarks/face_gates.py --results results

Of a finished run, at the size of its images: the share of originals and of generated images, whole
and with a part painted out, that the gates on faces hold back; without asking whether the face is
whole, and with that (`facetds.completeness`), by several margins. The limits come from the same
originals; benchmarks/completeness.py judges other people.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from completeness import PARTS, paint_out

from facetds import command
from facetds.completeness import Gate, measure_shapes
from facetds.foreign import load_arrays
from facetds.iqa.face_checks import check_entries
from facetds.progress import track
from facetds.select.gates import face_ranges, gate
from facetds.select.tables import calibrate_whole
from facetds.shards import Entry, read_shard
from facetds.tables import read_table

CONFIG = yaml.safe_load((Path(__file__).parents[1] / "config.yaml").read_text(encoding="utf-8"))
MARGINS = (0.8, 1.0, 1.25, 1.5, 2.0)


def measure(images: Iterable[np.ndarray], whole: Gate) -> pd.DataFrame:
    """Return what the gates look at, a row per image, as if all were readable and realistic."""
    entries = (Entry("", image) for image in images)
    table, landmarks = check_entries(entries, CONFIG["iqa"]["detect_size"])
    table = table.assign(problem=np.nan, realism=1.0, nearest_distance=1.0)
    return table.join(measure_shapes(landmarks, whole))


def paint_sets(name: str, images: np.ndarray, landmarks: np.ndarray, every: int):
    """Yield names and images: those with a face, and of some of them each with a part missing."""
    found = np.flatnonzero(np.isfinite(landmarks).all(axis=(1, 2)))
    yield name, images[found]
    for part, slices in PARTS.items():
        yield (
            f"{name}: {part}",
            [paint_out(images[n], landmarks[n], slices) for n in found[::every]],
        )


def main(results: Path = Path("results"), every: int = 3, batch: int = 0) -> None:
    """Print the shares, and the reasons by config.yaml; `every` thins out the painted images."""
    iqa, chosen = results / "iqa", CONFIG["select"]
    ranges = face_ranges(read_table(iqa / "faces_originals.csv"), chosen["gate_width"])
    margins = sorted({*MARGINS, chosen["gate_margin"]})
    limits = [calibrate_whole(iqa, chosen["gate_percentile"], margin) for margin in margins]
    none = np.full(len(limits[0].names), np.inf)
    limits.insert(0, replace(limits[0], low=-none, high=none))
    shard = read_shard(results / f"generate/batch-{batch:05d}.csv")
    sources = {
        "originals": (load_arrays(iqa / "originals.npz")["images"], "landmarks_originals.npz"),
        "generated": (np.stack([entry.pixels for entry in shard]), f"landmarks-{batch:05d}.npz"),
    }
    print(f"{'held back of':22s}{'images':>7s}{'no':>8s}" + "".join(f"{m:8g}" for m in margins))
    for source, (images, file) in sources.items():
        landmarks = load_arrays(iqa / file)["landmarks"]
        for name, painted in paint_sets(source, images, landmarks, every):
            table = measure(track(painted, what=name, unit="image"), limits[0])
            reasons = [gate(table, "sound", whole, ranges, []) for whole in limits]
            shares = "".join(f"{np.mean(found != ''):8.1%}" for found in reasons)
            print(f"{name:22s}{len(table):7d}{shares}")
            counts = pd.Series(reasons[1 + margins.index(chosen["gate_margin"])]).value_counts()
            print("    " + ", ".join(f"{n} {reason or 'pass'}" for reason, n in counts.items()))


if __name__ == "__main__":
    command.run(main)
