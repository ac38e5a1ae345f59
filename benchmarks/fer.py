"""Training and prediction of the classifier beside plain Keras, on the same arrays.

PYTHONPATH=workflow_scripts .venv/bin/python benchmarks/fer.py [--results FOLDER]

Plain Keras is `model.fit` and `model.predict` of the same network, compiled alike. CPU seconds are
user and system time of one thread, without imports; every model is traced before it is timed, and
the fastest of several repeats counts. With the results of a finished run it also prints what its
arms took, from Snakemake's benchmark files, and the AUC they reached.
"""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from facetds import command
from facetds.aus import AU_NAMES
from facetds.fer.inputs import Examples, Part
from facetds.fer.runtime import start_keras
from facetds.tables import read_table

IMAGES, SIZE, BATCH = 256, 64, 32


def spend(function: Callable[[], object], repeats: int) -> float:
    """Return the CPU seconds of the fastest of several calls."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        seconds.append(time.process_time() - start)
    return min(seconds)


def report(what: str, images: int, ours: float, plain: float) -> None:
    """Print images per CPU second of both, and their ratio."""
    print(
        f"{what}: facetds {images / ours:,.0f} images/s ({ours:.2f} CPU s), "
        f"plain Keras {images / plain:,.0f} ({plain:.2f}), {plain / ours:.2f} times as fast"
    )


def compare(repeats: int) -> None:
    """Measure training of all weights, and prediction."""
    from facetds.fer import backbones, networks, training

    random = np.random.default_rng(0)
    images = random.integers(0, 256, (IMAGES, SIZE, SIZE, 3), np.uint8)
    labels = random.integers(0, 2, (IMAGES, len(AU_NAMES)), np.uint8)
    backbone = backbones.build_backbone("efficientnet-b0", SIZE)
    head = networks.build_head(backbone.output_shape[-1])
    model = networks.build_classifier(backbone, head, False)
    networks.compile_model(model, 1e-5)
    examples = Examples([Part(images, None, labels, np.arange(IMAGES))])
    order = np.random.default_rng(0)

    def train() -> None:
        training.train_epoch(model, examples, BATCH, order)

    def fit() -> None:
        model.fit(images, labels, batch_size=BATCH, verbose=0)

    train(), fit()
    report("all weights, an epoch", IMAGES, spend(train, repeats), spend(fit, repeats))
    predict = {
        "ours": lambda: training.predict(model, images, BATCH),
        "plain": lambda: model.predict(images, batch_size=BATCH, verbose=0),
    }
    for each in predict.values():
        each()
    seconds = [spend(each, repeats) for each in predict.values()]
    report("prediction", IMAGES, *seconds)


def print_run(results: Path) -> None:
    """Print what the arms of a finished run took, and the AUC of AU12."""
    paths = sorted((results / "benchmarks/fer").glob("train_arm-*.tsv"))
    total = 0.0
    for path in paths:
        names, values = (line.split("\t") for line in path.read_text("utf-8").splitlines()[:2])
        told = dict(zip(names, values, strict=True))
        total += float(told["s"])
        arm = path.stem.removeprefix("train_arm-")
        print(f"{arm}: all folds in {float(told['s']):.0f} s ({told['cpu_time']} CPU s)")
    print(f"{len(paths)} arms: {total:.0f} s one after the other; the aim is 300 s on two cores")
    summary = read_table(results / "fer/summary.csv", ("arm", "au", "auc_pooled"))
    for row in summary[summary["au"] == "AU12"].itertuples():
        print(f"{row.arm}: AUC of AU12 {row.auc_pooled:.3f}; the aim is 0.9")


def run(results: Path | None = None, repeats: int = 3) -> None:
    """Compare with plain Keras; `results` is the folder results/ of a finished run."""
    if results is not None:
        print_run(results)
    start_keras("tensorflow", 1, 0)
    compare(repeats)


if __name__ == "__main__":
    command.run(run)
