"""Does the selection find bad images? Known degradations are planted in a generated batch.

make && PYTHONPATH=workflow_scripts python benchmarks/selection.py --results results
"""

from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from scipy.stats import spearmanr

from facetds import command
from facetds.completeness import Gate, measure_shapes
from facetds.foreign import load_arrays
from facetds.iqa.degrade import DEGRADATIONS
from facetds.iqa.embedding import place_images
from facetds.iqa.extractors import EMBEDDING, make_extractor
from facetds.iqa.face_checks import check_entries
from facetds.iqa.regression import unpack
from facetds.iqa.scores import score_entries
from facetds.labels import read_labels
from facetds.progress import track
from facetds.randomness import generator
from facetds.select import choice
from facetds.select.quotas import combine_labels
from facetds.select.tables import calibrate_whole, join_originals
from facetds.shards import Entry, read_manifest, read_shard

ROOT = Path(__file__).parents[1]
SEVERITIES = (0.2, 0.4, 0.6, 0.8, 1.0)


def plant(entries: list[Entry], share: float, seed: int) -> tuple[list[Entry], pd.DataFrame]:
    """Return the batch with a share of its images degraded, and kind and severity of each image.

    Kinds and severities come equally often; kind is "" and severity 0 for an untouched image.
    """
    random = generator(seed, "benchmark.plant")
    rows = random.permutation(len(entries))[: round(share * len(entries))]
    truth = pd.DataFrame({"kind": "", "severity": 0.0}, index=range(len(entries)))
    planted = list(entries)
    cases = [(kind, severity) for kind in DEGRADATIONS for severity in SEVERITIES]
    for number, row in enumerate(rows):
        kind, severity = cases[number % len(cases)]
        pixels = DEGRADATIONS[kind](entries[row].pixels, severity, random)
        planted[row] = Entry(entries[row].image, pixels)
        truth.loc[row] = kind, severity
    return planted, truth


def measure(
    entries: list[Entry], seeds: np.ndarray, results: Path, size: int, whole: Gate
) -> pd.DataFrame:
    """Return the table that the selection reads, made as the rules of the stage iqa make it."""
    iqa = results / "iqa"
    arrays, models = load_arrays(iqa / "originals.npz"), load_arrays(iqa / "svr.npz")
    references = arrays["images"][arrays["reference"]]
    scores = score_entries(
        track(entries, what="score", unit="image"),
        references,
        {name: unpack(models, name) for name in ("sound", "thesis")},
    )
    faces, landmarks = check_entries(track(entries, what="look for faces", unit="image"), size)
    known = load_arrays(iqa / "features_originals.npz")
    space = make_extractor(EMBEDDING, known[f"basis_{EMBEDDING}"])
    features = space.extract(np.stack([entry.pixels for entry in entries]), landmarks)
    places = place_images(features, known[EMBEDDING], known["mirrored"], known["number"], 5)
    table = pd.concat([scores, faces, places, measure_shapes(landmarks, whole)], axis=1)
    table = table.loc[:, ~table.columns.duplicated()].assign(batch=0, seed=seeds)
    return table.assign(problem=table["problem"].replace("", None))


def report(chosen: dict[str, pd.Series], truth: pd.DataFrame) -> None:
    """Print which share of the planted images each choice keeps, by severity and by kind."""
    bad = truth["severity"] > 0
    groups = {"all planted": bad, "untouched": ~bad}
    groups |= {f"severity {s}": truth["severity"] == s for s in SEVERITIES}
    groups |= {kind: truth["kind"] == kind for kind in DEGRADATIONS}
    print(f"\n{'share kept':22s}{'images':>8s}" + "".join(f"{name:>10s}" for name in chosen))
    for name, rows in groups.items():
        shares = "".join(f"{kept[rows].mean():10.3f}" for kept in chosen.values())
        print(f"{name:22s}{rows.sum():8d}{shares}")
    print(
        f"{'planted among kept':30s}" + "".join(f"{bad[k].mean():10.3f}" for k in chosen.values())
    )


def correlate(table: pd.DataFrame, truth: pd.DataFrame) -> None:
    """Print Spearman's correlation of every score with the severity (1: worse is higher)."""
    names = ("brisque_svr", "thesis_brisque", "thesis_svr", *choice.THESIS_VOTES, "sharpness",
             "realism")  # fmt: skip
    bad = truth["severity"] > 0
    print(f"\n{'SROCC with severity':22s}{'planted':>10s}{'with untouched':>16s}")
    for name in names:
        values = table[name].to_numpy(float)
        known = np.isfinite(values)
        found = [
            spearmanr(values[rows & known], truth["severity"][rows & known]).statistic
            for rows in (bad.to_numpy(), np.ones(len(truth), bool))
        ]
        print(f"{name:22s}{found[0]:10.3f}{found[1]:16.3f}")


def main(
    results: Path = Path("results"), batch: int = 0, share: float = 0.25, detect_size: int = 256,
    seed: int = 1,
) -> None:  # fmt: skip
    """Plant degradations in a batch of a finished run, select by both modes, print what is kept.

    The rules of the selection are those of config.yaml.
    """
    manifest = results / f"generate/batch-{batch:05d}.csv"
    seeds = read_manifest(manifest)["seed"].to_numpy()
    entries, truth = plant(list(read_shard(manifest)), share, seed)
    combinations = combine_labels(seeds, read_labels(results / "seeds/seed_labels.csv"))
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["select"]
    whole = calibrate_whole(results / "iqa", config["gate_percentile"], config["gate_margin"])
    table = measure(entries, seeds, results, detect_size, whole)
    rules = choice.Rules(**{name: config[name] for name in choice.Rules._fields})
    thesis = choice.choose_by_thesis(table, rules)
    sound = choice.choose_soundly(
        table, join_originals(results / "iqa"), whole, combinations, rules
    )
    random = choice.draw_control(sound, np.ones(len(table), bool), combinations, seed)
    report(
        {"thesis": thesis["kept"] == 1, "sound": sound["kept"] == 1, "random": pd.Series(random)},
        truth,
    )
    correlate(table, truth)
    print("\nReasons of the sound mode, planted images:")
    counts = sound.loc[truth["severity"] > 0, "reason"].value_counts()
    print("\n".join(f"  {count:4d} {reason}" for reason, count in counts.items()))


if __name__ == "__main__":
    command.run(main)
