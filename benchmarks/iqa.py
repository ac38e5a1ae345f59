"""The six metrics beside image-similarity-measures 0.3.6, on the same images, in CPU seconds.

export OMP_NUM_THREADS=1
PYTHONPATH=workflow_scripts python benchmarks/iqa.py [--peer FOLDER]

The peer is installed from PyPI into a virtual environment of its own (kept in FOLDER if given). If
that fails, the benchmark says so and gives no ratios. CPU seconds are user and system time of the
measured calls, one thread, without imports and compilation. Both sides read the JPEG files.
"""

import json
import os
import subprocess
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path

import numpy as np
from skimage import data

from facetds import command
from facetds.foreign import read_image
from facetds.images import write_image
from facetds.iqa.definitions import SETS, score_variants
from facetds.iqa.metrics import METRICS, prepare, score_prepared
from facetds.iqa.naturalness import cooccurrence_score, natural_features
from facetds.iqa.scores import measure_entries
from facetds.progress import say
from facetds.shards import Entry

PEER = "image-similarity-measures==0.3.6"
SIZE, IMAGES, REFERENCES = 256, 512, 32

# What runs in the peer's environment: reading two files, and its six functions on them as they are.
PEER_SCRIPT = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import cv2
import image_similarity_measures.quality_metrics as peer
cv2.setNumThreads(1)

def read(path):
    return cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)

def spend(function, *arguments):
    start = time.process_time()
    value = function(*arguments)
    return value, time.process_time() - start

paths, metrics = json.loads(sys.argv[1]), json.loads(sys.argv[2])
spent, values = [], []
for x_path, y_path in zip(paths, paths[1:]):
    (x, decoding), (y, more) = spend(read, x_path), spend(read, y_path)
    found = {name: spend(getattr(peer, name), x, y) for name in metrics}
    spent.append({"decoding": more, **{name: seconds for name, (_, seconds) in found.items()}})
    values.append({name: float(value) for name, (value, _) in found.items()})
print(json.dumps([spent, values]))
"""


def draw_images(folder: Path, count: int) -> list[Path]:
    """Write `count` JPEG files (quality 95): crops of scikit-image's photographs, some mirrored."""
    random = np.random.default_rng(0)
    pictures = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]
    paths = [folder / f"{number:04d}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        picture = pictures[number % len(pictures)]
        top, left = (random.integers(0, side - SIZE + 1) for side in picture.shape[:2])
        crop = picture[top : top + SIZE, left : left + SIZE, :: random.choice([-1, 1])]
        write_image(path, np.ascontiguousarray(crop))
    return paths


def install_peer(folder: Path) -> Path | None:
    """Return a Python that has the peer, or None, having said why."""
    python = folder / "bin" / "python"
    if not python.is_file():
        venv.create(folder, with_pip=True)
    words = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PEER]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        say(f"{PEER} cannot be installed, so there is nothing to compare with:\n{done.stderr}")
        return None
    return python


def time_peer(python: Path, paths: list[Path]) -> tuple[dict[str, float], list[dict[str, float]]]:
    """Return the peer's median CPU seconds of each step, and its values for neighbouring files."""
    names = json.dumps([str(path) for path in paths])
    words = [python, "-c", PEER_SCRIPT, names, json.dumps(METRICS)]
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(words, capture_output=True, text=True, env=env, check=True)
    spent, values = json.loads(done.stdout)
    return {step: float(np.median([s[step] for s in spent])) for step in spent[0]}, values


def compare_values(images: list[np.ndarray], values: list[dict[str, float]]) -> float:
    """Return the largest difference of the peer's values from ours, relative to those above 1."""
    ours = [score_variants(SETS["ism-0.3.6"], *images[n : n + 2]) for n in range(len(values))]
    return max(
        abs(mine[metric] - theirs[metric]) / max(1, abs(theirs[metric]))
        for mine, theirs in zip(ours, values, strict=True)
        for metric in METRICS
    )


def time_call(function: Callable[[], object], rounds: int, calls: int = 1) -> float:
    """Return the median CPU seconds of a call, after one to warm up."""
    function()
    spent = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(calls):
            function()
        spent.append((time.process_time() - start) / calls)
    return float(np.median(spent))


def time_ours(paths: list[Path], rounds: int) -> dict[str, float]:
    """Return our CPU seconds: per image, per pair, and end to end per image."""
    references = np.stack([read_image(path) for path in paths[-REFERENCES:]])
    x, spare = references[0], prepare(references[1])
    ready = prepare(references[2])

    def batch(count: int) -> int:
        entries = (Entry(path.name, read_image(path)) for path in paths[:IMAGES])
        return sum(1 for _ in measure_entries(entries, references[:count]))

    return {
        "decoding": time_call(lambda: read_image(paths[0]), 9, 20),
        "preparation": time_call(lambda: prepare(x, spare), 9, 20),
        "pair": time_call(lambda: score_prepared(ready, spare), 9, 50),
        "BRISQUE's 36 features": time_call(lambda: natural_features(x), 5, 5),
        "grey-level score": time_call(lambda: cooccurrence_score(x), 5, 5),
        "batch, 1 reference": time_call(lambda: batch(1), rounds),
        f"batch, {REFERENCES} references": time_call(lambda: batch(REFERENCES), rounds),
    }


def main(peer: Path | None = None, pairs: int = 4, rounds: int = 3) -> None:
    """Print our times, the peer's, and their ratios; `pairs` are what the peer is timed on."""
    with tempfile.TemporaryDirectory() as folder:
        paths = draw_images(Path(folder), IMAGES + REFERENCES)
        ours = time_ours(paths, rounds)
        say(f"facetds, {SIZE} x {SIZE} pixels, CPU milliseconds:")
        for step, seconds in ours.items():
            say(f"  {step:26s}{1000 * seconds:10.3f}")
        python = install_peer(peer or Path(folder) / "peer")
        if python is None:
            return
        theirs, values = time_peer(python, paths[: pairs + 1])
        difference = compare_values([read_image(path) for path in paths[: pairs + 1]], values)
    say(f"{PEER}, median of {pairs} pairs, CPU milliseconds:")
    for step, seconds in theirs.items():
        say(f"  {step:26s}{1000 * seconds:10.3f}")
    say(f"  its values and those of iqa.definitions: ism-0.3.6 differ by {difference:.1e} at most")
    pair = sum(theirs[metric] for metric in METRICS)
    for step, count in (("batch, 1 reference", 1), (f"batch, {REFERENCES} references", REFERENCES)):
        expected = IMAGES * (theirs["decoding"] + count * pair)
        say(
            f"{step}: {IMAGES} images, facetds {ours[step]:.2f} s, the peer {expected:,.0f} s "
            f"(from its times per pair): {expected / ours[step]:,.0f} times faster"
        )
    say(f"one pair: {pair / ours['pair']:,.0f} times faster")


if __name__ == "__main__":
    command.run(main)
