"""How scoring and selection grow with the number of images: time and memory, measured.

PYTHONPATH=workflow_scripts python benchmarks/iqa_scale.py --results results
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from facetds import command
from facetds.aus import AU_NAMES
from facetds.files import digest, write_arrays
from facetds.foreign import load_arrays
from facetds.images import write_image
from facetds.iqa.scores import SCORES
from facetds.progress import track
from facetds.select.tables import FACES

ROOT = Path(__file__).parents[1]
BATCH, POOL, MANY = 512, 113_733, 10_000_000
SELECT = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["select"]


def run(*words: object) -> tuple[float, float, float]:
    """Run a command of facetds; return CPU seconds, wall seconds and its largest memory in MiB."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "workflow_scripts"),
        "OMP_NUM_THREADS": "1",
    }
    start = time.monotonic()
    with open(os.devnull, "w") as nowhere:
        process = subprocess.Popen(
            [sys.executable, "-m", *map(str, words)], env=environment, stderr=nowhere
        )
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{words[0]} failed; run it by hand to see why.")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - start, usage.ru_maxrss / 1024


def make_batches(folder: Path, originals: np.ndarray, count: int) -> list[Path]:
    """Write `count` images, originals moved, flipped and relit, as batches with manifests."""
    random = np.random.default_rng(0)
    manifests = []
    for first in track(range(0, count, BATCH), what="make images", unit="batch"):
        manifest = folder / f"batch-{first // BATCH:05d}.csv"
        rows = []
        for number in range(first, min(first + BATCH, count)):
            image = originals[random.integers(len(originals))][:, :: random.choice([-1, 1])]
            image = np.roll(image, random.integers(-3, 4, 2), axis=(0, 1)) * random.uniform(0.8, 1)
            path = manifest.with_suffix("") / f"{number % 800}_{number:06d}.jpg"
            write_image(path, np.ascontiguousarray(image.astype(np.uint8)))
            rows.append((path.name, number % 800, digest(path)))
        pd.DataFrame(rows, columns=["image", "seed", "sha256"]).to_csv(manifest, index=False)
        manifests.append(manifest)
    return manifests


def score(manifests: list[Path], results: Path, out: Path) -> dict[str, tuple[float, float]]:
    """Score and describe all batches as the rules do; return CPU seconds and MiB by command."""
    iqa, used = results / "iqa", {}
    for manifest in track(manifests, what="score", unit="batch"):
        shapes = out / f"{manifest.stem}-landmarks.npz"
        rows = len(pd.read_csv(manifest))
        np.savez(shapes, landmarks=np.full((rows, 68, 2), np.nan, np.float32))
        jobs = {
            "score_batch": ("--manifest", manifest, "--originals", iqa / "originals.npz",
                            "--regression", iqa / "svr.npz", "--out", out / manifest.name),
            "extract_features": (
                "--manifest", manifest, "--shapes", shapes, "--originals", iqa / "originals.npz",
                "--described", iqa / "features_originals.npz", "--out", out / "features.npz",
                "--places", out / "places.csv", "--cache", out / "cache",
                "--extractors", "wavelet-64", "--neighbours", 5),
        }  # fmt: skip
        for name, words in jobs.items():
            cpu, _, memory = run(f"facetds.iqa.{name}", *words)
            before = used.get(name, (0.0, 0.0))
            used[name] = before[0] + cpu, max(before[1], memory)
    return used


def compare_sizes(results: Path, sizes: list[int]) -> None:
    """Print CPU and memory of scoring at two sizes, and what one more image and many more cost."""
    originals = load_arrays(results / "iqa/originals.npz")["images"]
    found = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            found[size] = score(make_batches(folder / "made", originals, size), results, folder)
    print(f"\n{'scoring':18s}" + "".join(f"{f'{s:,} images':>24s}" for s in sizes)
          + f"{'ms per image':>14s}{f'{POOL:,}':>12s}{f'{MANY:,}':>14s}")  # fmt: skip
    for name in found[sizes[0]]:
        cells = "".join(f"{found[s][name][0]:12.1f} s {found[s][name][1]:5.0f} MiB" for s in sizes)
        seconds = [found[s][name][0] for s in sizes]
        slope = (seconds[-1] - seconds[0]) / (sizes[-1] - sizes[0])
        print(f"{name:18s}{cells}{1000 * slope:14.2f}{slope * POOL / 60:8.0f} min"
              f"{slope * MANY / 3600:12.1f} h")  # fmt: skip
        ratio = seconds[-1] / seconds[0] / (sizes[-1] / sizes[0])
        print(f"{'':18s}CPU per image at {sizes[-1]:,} over that at {sizes[0]:,}: {ratio:.2f}")


def make_tables(folder: Path, count: int, seeds: int = 802) -> None:
    """Write the tables of the stage iqa for `count` images in batches, with random numbers."""
    random = np.random.default_rng(0)

    def write(names: tuple[str, ...], base: dict, rows: int) -> None:
        places = random.normal(0, 1, (rows, 32)).round(5)
        tables = (
            {**base, **{s: random.uniform(0, 1, rows) for s in SCORES}, "problem": ""},
            {**base, "n_faces": 1, **{g: random.normal(1, 0.02, rows) for g in FACES[2:]}},
            {**base, "realism": random.normal(1, 0.05, rows), "nearest_distance": 1.5}
            | {f"e{n:02d}": places[:, n] for n in range(32)},
        )
        # As random as the measures, beside every table of faces.
        landmarks = random.normal(0, 1, (rows, 68, 2)).astype(np.float32) + np.arange(68)[:, None]
        write_arrays(folder / f"{names[1].replace('faces', 'landmarks')}.npz", landmarks=landmarks)
        for name, table in zip(names, tables, strict=True):
            pd.DataFrame(table, index=range(rows)).to_csv(folder / f"{name}.csv", index=False)

    for batch, first in enumerate(range(0, count, BATCH)):
        numbers = np.arange(first, min(first + BATCH, count))
        own = random.integers(0, seeds, len(numbers))
        names = [f"{s}_{n:06d}.jpg" for s, n in zip(own, numbers, strict=True)]
        stems = tuple(f"{kind}-{batch:05d}" for kind in ("batch", "faces", "places"))
        write(stems, {"image": names, "seed": own}, len(numbers))
    write(("originals", "faces_originals", "places_originals"), {"number": range(1127)}, 1127)
    marks = (random.uniform(size=(seeds, 6)) < [0.5, 0.4, 0.3, 0.1, 0.15, 0.2]).astype(int)
    labels = pd.DataFrame(marks, columns=list(AU_NAMES)).assign(seed=range(seeds), network="none")
    labels["neutral"] = (marks.sum(axis=1) == 0).astype(int)
    labels.to_csv(folder / "labels.csv", index=False)


def select(counts: list[int]) -> None:
    """Print CPU, wall time and memory of the selection, by mode and number of images."""
    print(f"\n{'selection':10s}{'images':>12s}{'batches':>9s}{'CPU s':>8s}{'wall s':>8s}{'MiB':>7s}"
          f"{'kept':>9s}")  # fmt: skip
    for count in counts:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            make_tables(folder, count)
            batches = -(-count // BATCH)
            for mode in ("thesis", "sound"):
                cpu, wall, memory = run(
                    "facetds.select.choose_images", "--scores", folder, "--out", folder / "select",
                    "--batches", batches, "--labels", folder / "labels.csv",
                    "--selected", folder / "selected.csv", "--random", folder / "random.csv",
                    "--balance-out", folder / "balance.csv", "--copies", folder / "copies.csv",
                    "--mode", mode, "--seed", 1,
                    *_options("keep", "gate_percentile", "gate_margin", "gate_width", "good_enough",
                              "duplicate", "candidates", "balance", "seed_spread"),
                    "--votes", SELECT["votes"][0],
                )  # fmt: skip
                kept = len(pd.read_csv(folder / "selected.csv"))
                print(
                    f"{mode:10s}{count:12,}{batches:9,}{cpu:8.1f}{wall:8.1f}{memory:7.0f}{kept:9,}"
                )


def _options(*names: str) -> list[object]:
    return [word for n in names for word in (f"--{n.replace('_', '-')}", SELECT[n])]


def plan(batches: int) -> None:
    """Print how long Snakemake takes to plan the selection from so many batches."""
    with tempfile.TemporaryDirectory() as name:
        sizes = Path(name) / "sizes.yaml"
        sizes.write_text(yaml.safe_dump({"generate": {"n_images": POOL}}))
        words = ("snakemake", "-s", ROOT / "Snakefile", "--directory", name, "--cores", 1, "-nq")
        words += ("--configfile", sizes, "--", "results/select/selected.csv")
        cpu, wall, memory = run(*words)
    print(f"\nplanning {batches} batches: {cpu:.1f} s CPU, {wall:.1f} s wall, {memory:.0f} MiB")


def main(
    results: Path = Path("results"),
    sizes: tuple[int, int] = (2000, 20_000),
    selections: tuple[int, int] = (20_000, POOL),
) -> None:
    """Measure scoring at two sizes (0 leaves it out), selection at two, and planning."""
    plan(-(-POOL // BATCH))
    select(list(selections))
    if sizes[0]:
        compare_sizes(results, list(sizes))


if __name__ == "__main__":
    command.run(main)
