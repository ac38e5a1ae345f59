"""From ten thousand images to ten million: planning, files, memory, and what the workflow costs.

make && PYTHONPATH=workflow_scripts .venv/bin/python benchmarks/scale.py

The graph of each size is planned with empty data sets of the true layout. The tables that grow with
the images are made at two sizes and extrapolated. The cost of a job is what a finished run (in the
folder `run`, with its `sizes`) takes more if the same images are split into more of them.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from facetds import command
from facetds.foreign import load_arrays
from facetds.images import encode_jpeg

ROOT = Path(__file__).parents[1]
DISFA_AUS = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
PAPER = ROOT / "profiles/thesis/paper.yaml"
# Images, images of a batch, batches of a job. The last is the recipe of docs/cluster.md.
PLANS = (
    (10_000, 512, 1),
    (100_352, 512, 1),
    (100_352, 512, 10),
    (113_733, 512, 10),
    (1_000_000, 512, 1),
    (1_000_000, 512, 10),
    (10_000_000, 5000, 1),
    (10_000_000, 5000, 10),
)
BLOCK_RULES = ("generate_batch", "check_faces", "extract_features", "score_batch")
# Files of a batch beside its images: five tables, the kept manifest, two arrays, the cache's link
# (a name without an inode of its own), and the directory of the images.
BATCH_INODES = 8


def run(*words: object, cwd: Path | None = None) -> tuple[float, float, float, str]:
    """Run a program; return CPU and wall seconds of all its processes, largest MiB, and output."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow_scripts"),
                                "OMP_NUM_THREADS": "1"}  # fmt: skip
    start = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            list(map(str, words)), stdout=said, stderr=said, cwd=cwd, env=environment
        )
        _, status, usage = os.wait4(process.pid, 0)
        said.seek(0)
        text = said.read()
    if status:
        raise SystemExit(f"{' '.join(map(str, words))} failed:\n{text[-3000:]}")
    cpu = usage.ru_utime + usage.ru_stime
    return cpu, time.monotonic() - start, usage.ru_maxrss / 1024, text


def snakemake(folder: Path, *words: object) -> tuple[float, float, float, str]:
    """Run the workflow in `folder`."""
    program = Path(sys.executable).parent / "snakemake"
    return run(program, "--snakefile", ROOT / "Snakefile", "--cores", 1, *words, cwd=folder)


def make_data_sets(folder: Path) -> Path:
    """Write empty copies of CFD 3.0 and DISFA; return a config file that names them."""
    cfd, disfa = folder / "CFD Version 3.0", folder / "DISFA"
    for name in ("CFD/WM-012/CFD-WM-012-034-N", "CFD-MR/MF-329/CFD-MF-329-001-N",
                 "CFD-INDIA/IM-647/CFD-IM-647-548-N"):  # fmt: skip
        photo = cfd / "Images" / f"{name}.jpg"
        photo.parent.mkdir(parents=True)
        photo.touch()
    (disfa / "Video_RightCamera").mkdir(parents=True)
    for number in [*range(1, 14), 16, 17, 18, 21, *range(23, 33)]:
        subject = f"SN{number:03d}"
        (disfa / f"Video_RightCamera/RightVideo{subject}_comp.avi").touch()
        labels = disfa / "ActionUnit_Labels" / subject
        labels.mkdir(parents=True)
        for au in DISFA_AUS:
            (labels / f"{subject}_au{au}.txt").touch()
    overlay = folder / "paths.yaml"
    overlay.write_text(f"data: {{cfd: {cfd!s}, disfa: {disfa!s}}}\n")
    return overlay


def plan(folder: Path, images: int, size: int, per_job: int) -> dict[str, float]:
    """Plan the thesis with so many images: CPU, wall seconds, MiB, jobs, block jobs, outputs."""
    sizes = {"n_images": images, "batch_size": size, "batches_per_job": per_job}
    (folder / "sizes.yaml").write_text(yaml.safe_dump({"generate": sizes}))
    files = (PAPER, folder / "paths.yaml", folder / "sizes.yaml")
    cpu, wall, memory, said = snakemake(folder, "--dry-run", "--configfile", *files)
    counts = dict(re.findall(r"^(\w+) +(\d+)$", said, re.M))
    missing = re.findall(r"^Reason: Missing output files: ([^;\n]*)", said, re.M)
    return {
        "cpu": cpu,
        "wall": wall,
        "mib": memory,
        "jobs": int(counts["total"]),
        "blocks": sum(int(counts[rule]) for rule in BLOCK_RULES),
        "outputs": sum(names.count(",") + 1 for names in missing),
    }


def show_plans() -> dict[tuple[int, int, int], dict[str, float]]:
    """Print what planning costs and how many files there will be; return it by size."""
    found = {}
    names = ("of a batch", "batches/job", "CPU s", "wall s", "MiB", "jobs", "outputs", "inodes")
    print(f"{'images':>12s}" + "".join(f"{name:>12s}" for name in (*names, "not images")))
    with tempfile.TemporaryDirectory() as name:
        make_data_sets(Path(name))
        for images, size, per_job in PLANS:
            p = plan(Path(name), images, size, per_job)
            found[images, size, per_job] = p
            # Snakemake keeps a record of every output; every job has a log and a benchmark.
            planned = -(-images // size) * BATCH_INODES + 2 * p["jobs"] + p["outputs"]
            print(
                f"{images:12,}{size:12,}{per_job:12}{p['cpu']:12.1f}{p['wall']:12.1f}"
                f"{p['mib']:12.0f}{p['jobs']:12,}{p['outputs']:12,}{images + planned:12,}"
                f"{planned:12,}"
            )
    return found


def make_tables(folder: Path, images: int, size: int) -> None:
    """Repeat the tables of the stage iqa in `folder` until they are those of so many images."""
    for kind in ("batch", "faces", "places"):
        table = pd.read_csv(folder / f"{kind}-00000.csv", low_memory=False)
        table = table.iloc[np.resize(np.arange(len(table)), size)]
        for batch in range(images // size):
            # No two images alike, or the selection would take them for duplicates.
            numbers = np.arange(batch * size, (batch + 1) * size)
            moved = {c: table[c] + numbers % 977 for c in table if re.fullmatch(r"e\d+", c)}
            names = [f"{seed}_{n:06d}.jpg" for seed, n in zip(table["seed"], numbers, strict=True)]
            table.assign(image=names, **moved).to_csv(
                folder / f"{kind}-{batch:05d}.csv", index=False
            )


def show_memory(results: Path, counts: tuple[int, int]) -> None:
    """Print CPU and memory of the commands that hold a table of all images, and extrapolate."""
    used: dict[str, list] = {}
    options = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    for images in counts:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            shutil.copytree(results / "iqa", folder / "iqa", ignore=shutil.ignore_patterns("*.npz"))
            make_tables(folder / "iqa", images, 5000)
            for mode in ("sound", "thesis"):
                words = {k: v for k, v in options["select"].items() if k != "thresholds"}
                words |= {"mode": mode, "votes": options["select"]["votes"][0], "seed": 1}
                used.setdefault(f"choose_images, {mode}", []).append(run(
                    sys.executable, "-m", "facetds.select.choose_images",
                    "--scores", folder / "iqa", "--out", folder / "choices.csv",
                    "--batches", images // 5000, "--labels", results / "seeds/seed_labels.csv",
                    "--selected", folder / "selected.csv", "--random", folder / "random.csv",
                    "--balance-out", folder / "balance.csv", "--copies", folder / "copies.csv",
                    *(w for k, v in words.items() for w in (f"--{k.replace('_', '-')}", v)),
                )[:3])  # fmt: skip
            rows = pd.read_csv(results / "generate/plan.csv")
            rows = rows.iloc[np.resize(np.arange(len(rows)), images)]
            rows.assign(order=np.arange(images)).to_csv(folder / "plan.csv", index=False)
            read = "import sys; from facetds.tables import read_table; read_table(sys.argv[1])"
            for label, file in (
                ("reading the plan", "plan.csv"),
                ("reading choices", "choices.csv"),
            ):
                words = (sys.executable, "-c", read, folder / file)
                used.setdefault(label, []).append(run(*words)[:3])
    print(f"\n{'':24s}" + "".join(f"{f'{n:,} images':>24s}" for n in counts)
          + f"{'KiB per image':>15s}{'10,000,000 images':>24s}")  # fmt: skip
    for label, figures in used.items():
        cells = "".join(f"{cpu:12.1f} s {mib:6.0f} MiB" for cpu, _, mib in figures)
        low, high = np.array(figures)
        slope = (high - low) / (counts[1] - counts[0])
        most = high + slope * (10_000_000 - counts[1])
        print(f"{label:24s}{cells}{1024 * slope[2]:15.2f}{most[0]:12.0f} s {most[2]:6.0f} MiB")


def show_storage(results: Path) -> None:
    """Print the bytes of an image and of its rows in tables and arrays, in a finished run."""
    manifests = sorted((results / "generate").glob("batch-*.csv"))
    count = sum(len(pd.read_csv(path)) for path in manifests)
    crops = load_arrays(results / "crop/cfd.npz")["images"][:20]
    jpeg = np.mean([len(encode_jpeg(_enlarge(crop, 256))) for crop in crops])
    parts = {"image of 256 pixels (JPEG)": jpeg}
    for label, pattern in (
        ("manifest", "generate/batch-*.csv"), ("scores", "iqa/batch-*.csv"),
        ("faces and landmarks", "iqa/[fl]a*-*.*"),
        ("places", "iqa/places-*.csv"), ("choices", "select/choices.csv"),
    ):  # fmt: skip
        sizes = [path.stat().st_size for path in results.glob(pattern)]
        parts[label] = sum(sizes) / count
    arrays = load_arrays(results / "iqa/features-00000.npz")
    for name, values in arrays.items():
        if values.ndim == 2:
            parts[f"features, {name}"] = values.nbytes / len(values)
    print(f"\n{'':28s}{'bytes per image':>16s}{'10,000,000 images':>20s}")
    for label, size in {**parts, "together": sum(parts.values())}.items():
        print(f"{label:28s}{size:16,.0f}{size / 100:17,.1f} GB")


def _enlarge(image: np.ndarray, size: int) -> np.ndarray:
    import cv2

    return cv2.resize(image, (size, size), interpolation=cv2.INTER_CUBIC)


def show_overhead(run_folder: Path, sizes: Path, planned: dict, images: int = 192) -> None:
    """Print the CPU of a job beyond its images, and its share at the thesis's size.

    The same images go through the block rules in two and in sixteen batches, a job each.
    """
    used = {batches: _run_blocks(run_folder, sizes, images, batches) for batches in (16, 2)}
    jobs = {batches: batches * len(BLOCK_RULES) for batches in used}
    of_job = (used[16] - used[2]) / (jobs[16] - jobs[2])
    of_image = (used[2] - jobs[2] * of_job) / images
    print(
        f"\n{images} images in {jobs[2]} jobs: {used[2]:.1f} s CPU, in {jobs[16]} jobs: "
        f"{used[16]:.1f} s; so {of_job:.2f} s per job, {1000 * of_image:.0f} ms per image"
    )
    for (count, size, per_job), p in planned.items():
        work, lost = of_image * count, of_job * p["blocks"] + p["cpu"]
        print(
            f"{count:11,} images, {per_job:3} batches of {size:5,} a job: overhead {lost:7,.0f} s"
            f" of {work + lost:11,.0f} s CPU, {lost / (work + lost):.2%}"
        )


def _run_blocks(run_folder: Path, sizes: Path, images: int, batches: int) -> float:
    """Return the CPU seconds of making and measuring the images in so many batches."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("results", ".snakemake"):
            shutil.copytree(run_folder / part, folder / part, symlinks=True,
                            ignore=shutil.ignore_patterns("batch-*", "previews", "conda", "log",
                                                          "faces-0*", "features-0*", "cache",
                                                          "locks"))  # fmt: skip
        change = {"n_images": images, "batch_size": images // batches, "batches_per_job": 1}
        (folder / "change.yaml").write_text(yaml.safe_dump({"generate": change}))
        numbers = [f"{n:05d}" for n in range(batches)]
        targets = [f"results/iqa/{kind}-{n}.csv" for kind in ("batch", "places") for n in numbers]
        words = ("--configfile", sizes.resolve(), folder / "change.yaml", "--rerun-triggers",
                 "mtime", "--quiet", "all")  # fmt: skip
        (folder / "results/generate/plan.csv").unlink()
        snakemake(folder, "results/generate/plan.csv", *words)
        return snakemake(folder, *targets, *words)[0]


def main(
    run: Path = Path(), sizes: Path = ROOT / "config.yaml",
    tables: tuple[int, int] = (100_000, 400_000), overhead: bool = True,
) -> None:  # fmt: skip
    """Print all measurements; `run` is the folder of a finished run with the sizes `sizes`."""
    planned = show_plans()
    show_storage(run / "results")
    show_memory(run / "results", tables)
    if overhead:
        show_overhead(run, sizes, planned)


if __name__ == "__main__":
    command.run(main)
