"""A made-up results folder with every table that the figures and the report read."""

import contextlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from matplotlib import pyplot as plt

from facetds.aus import AU_NAMES, DISFA_AUS
from facetds.files import digest, write_json
from facetds.images import tile, write_image
from facetds.tables import write_table

ROOT = Path(__file__).parents[2]
ARMS = ("original", "baseline", "enhanced", "control")
METRICS = (
    "rmse",
    "psnr",
    "ssim",
    "issm",
    "sam",
    "uiq",
    "brisque_svr",
    "thesis_brisque",
    "thesis_svr",
)


def face(number: int, size: int = 48) -> np.ndarray:
    """Return something round with eyes, different for every number (uint8 size x size x 3)."""
    random = np.random.default_rng(number)
    y, x = np.mgrid[0:size, 0:size] / size - 0.5
    skin = np.array([200, 160, 130]) * random.uniform(0.5, 1.15)
    image = np.full((size, size, 3), 225.0)
    image[(x / 0.34) ** 2 + (y / 0.44) ** 2 < 1] = skin
    for side in (-0.14, 0.14):
        image[(x - side) ** 2 + (y + 0.08) ** 2 < 0.002] = 40
    image[(abs(x) < 0.12) & (abs(y - 0.2 - random.uniform(-2, 2) * x**2) < 0.02)] = (150, 60, 60)
    return np.clip(image + random.normal(0, 5, image.shape), 0, 255).astype(np.uint8)


def write_results(root, frames: int = 30, size: int = 60) -> None:
    """Write the tables and images of a small run below `root`/results."""
    random = np.random.default_rng(1)
    results = root / "results"
    _write_data(results, random)
    seeds = _write_seeds(results, random)
    _write_batches(results, random, seeds, size)
    _write_scores(results, random)
    _write_classifier(results, random, frames)
    for stage, rule, seconds in (("gan", "train_segment", 123.4), ("iqa", "score_batch", 7.5)):
        path = results / "benchmarks" / stage / f"{rule}-00001.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"
            f"{seconds}\t0:00:07\t812.5\t1\t1\t1\t0\t0\t95.0\t{seconds * 0.9}\n"
        )


def _write_data(results, random) -> None:
    pretrain = pd.DataFrame(np.eye(6, dtype=int).repeat(5, axis=0), columns=list(AU_NAMES))
    pretrain.loc[len(pretrain)] = 0
    pretrain.insert(0, "subject", np.arange(len(pretrain)) % 7)
    for number in range(len(pretrain)):
        write_image(results / f"demo/pretrain/{number}.jpg", face(number))
    pretrain.insert(
        0, "path", [(results / f"demo/pretrain/{n}.jpg").as_posix() for n in range(len(pretrain))]
    )
    write_table(results / "demo/pretrain.csv", pretrain)
    rows = [
        (s, r, x, e, int(random.integers(1, 9)))
        for s, races in (("CFD", "ABLW"), ("CFD-MR", "M"), ("CFD-INDIA", "I"))
        for r in races
        for x in "FM"
        for e in (("N", "A", "HC", "HO", "F") if s == "CFD" else ("N",))
    ]
    groups = pd.DataFrame(rows, columns=["set", "race", "sex", "expression", "count"])
    write_table(results / "data/cfd_groups.csv", groups)
    total = groups["count"].sum()
    write_table(
        results / "data/cfd.csv",
        groups.loc[groups.index.repeat(groups["count"])]
        .reset_index(drop=True)
        .assign(number=range(total), path="x.jpg", model=np.arange(total) // 3),
    )
    chosen = pd.DataFrame({"subject": np.repeat(["SN001", "SN002"], 30)})
    write_table(results / "data/disfa_selected.csv", chosen)
    for subject in ("SN001", "SN002"):
        write_table(results / f"crop/disfa/{subject}.csv", chosen.head(29))
        _write_crops(results / f"crop/disfa/{subject}.npz", random)
    for name in ("cfd", "pretrain"):
        np.savez(results / f"crop/{name}.npz", images=np.stack([face(n) for n in range(9)]))
    aus = pd.DataFrame([(au, n) for au in AU_NAMES for n in range(6)], columns=["au", "intensity"])
    write_table(results / "demo/intensities.csv", aus)
    write_image(results / "demo/intensities.png", tile([face(n) for n in range(len(aus))], 6))
    rates = [
        (f"AU{au}", i, int(1000 * s), s)
        for au in DISFA_AUS
        for i, s in enumerate((0.85, 0.05, 0.04, 0.03, 0.02, 0.01))
    ]
    write_table(
        results / "data/disfa_rates.csv",
        pd.DataFrame(rates, columns=["au", "intensity", "frames", "share"]),
    )
    rates = [(f"SN{n:03d}", au, n / 30) for n in range(1, 27) for au in AU_NAMES]
    write_table(
        results / "data/disfa_subject_rates.csv",
        pd.DataFrame(rates, columns=["subject", "au", "share"]),
    )
    ages = pd.DataFrame({"age_low": range(16, 56, 4), "age_high": range(20, 60, 4)})
    told = {"n": 58, "mean": 36.04, "median": 35.3, "range": 43, "sd": 10.2, "outliers": 1}
    told = pd.DataFrame(told.items(), columns=["statistic", "value"])
    write_table(results / "data/age_summary.csv", told)
    write_table(results / "data/age.csv", ages.assign(count=random.integers(1, 12, len(ages))))
    write_table(
        results / "data/rejected.csv",
        pd.DataFrame(
            {
                "source": ["cfd", "disfa"],
                "item": ["<script>alert(1)</script>", "SN003:17"],
                "file": ['a"b<i>.jpg', "SN003_au1.txt"],
                "reason": ['a"b<i>.jpg is <b>not</b> a JPEG', "SN003_au1.txt lacks frames 17, 18"],
                "code": ["not_an_image", "bad_label"],
            }
        ),
    )
    write_table(results / "crop/cfd.csv", pd.DataFrame({"number": range(total - 2)}))
    write_table(
        results / "crop/rejected.csv",
        pd.DataFrame(
            {
                "source": "cfd",
                "item": [1, 2],
                "file": "y.jpg",
                "reason": "no face found",
                "code": "no_face",
            }
        ),
    )


def _write_crops(path, random, frames: int = 20) -> None:
    intensities = random.integers(0, 6, (frames, len(DISFA_AUS))).astype(np.uint8)
    intensities[3] = 0
    np.savez(
        path,
        frames=np.stack([face(n) for n in range(frames)]),
        frame=np.arange(frames, dtype=np.int32) + 1,
        intensities=intensities,
        landmarks=random.uniform(5, 43, (frames, 68, 2)).astype(np.float32),
    )


def _write_seeds(results, random) -> np.ndarray:
    count = 40
    directory = results / "seeds/previews/shard-000"
    for seed in range(count):
        write_image(directory / f"{seed:06d}.jpg", face(seed))
    write_table(
        results / "seeds/shard-000.csv",
        pd.DataFrame(
            {
                "seed": range(count),
                "image": [f"{seed:06d}.jpg" for seed in range(count)],
                "sha256": [digest(directory / f"{seed:06d}.jpg") for seed in range(count)],
            }
        ),
    )
    kept = np.sort(random.choice(count, 15, replace=False))
    labels = pd.DataFrame(random.integers(0, 2, (len(kept), 6)), columns=list(AU_NAMES))
    labels.iloc[0] = 0
    labels.insert(0, "seed", kept)
    labels = labels.assign(neutral=(labels[list(AU_NAMES)].sum(axis=1) == 0).astype(int))
    labels = labels.assign(reviewers=2, source="simulated", network="0" * 64)
    write_table(results / "seeds/seed_labels.csv", labels)
    kappas = pd.DataFrame({"au": AU_NAMES, "n": 40, "kappa": [0.7, 0.61, np.nan, 0.8, 0.9, 0.55]})
    kappas = kappas.assign(kappa_low=kappas["kappa"] - 0.1, kappa_high=kappas["kappa"] + 0.07)
    kappas = kappas.assign(agreement=0.9, reviewers="simulated_a simulated_b")
    write_table(results / "seeds/agreement.csv", kappas)
    runs = [
        pd.DataFrame(random.normal(size=(count, 2)) * 20, columns=["x", "y"]).assign(
            seed=range(count), run=run, perplexity=30.0, iterations=iterations
        )
        for run, iterations in enumerate((250, 500, 1000), start=1)
    ]
    write_table(results / "latent/tsne.csv", pd.concat(runs))
    pairs = [
        (a, b, 100.0 * (a != b), 1 - 1.2 * (a != b), 0.2 * (a != b))
        for a in (1, 2, 3)
        for b in (1, 2, 3)
    ]
    write_table(
        results / "latent/tsne_mse.csv",
        pd.DataFrame(pairs, columns=["run_a", "run_b", "mse", "correlation", "aligned_mse"]),
    )
    for name in ("grid", "interpolation"):
        sheet = tile([face(n) for n in range(24)], 8, gap=3)
        write_image(results / f"latent/{name}.png", sheet)
        write_table(results / f"latent/{name}.csv", pd.DataFrame({"seed": [1], "degree": [0.5]}))
    rows = [
        (3, i, d, d * 0.9, abs(d), 51 * (d + 4), 51 * i, 48) for i in range(3) for d in range(-4, 4)
    ]
    names = ["seed", "index", "degree", "degree_sd", "grey_change", "left", "top", "side"]
    write_table(results / "latent/grid.csv", pd.DataFrame(rows, columns=names))
    for name in ("reals", "fakes-000000", "fakes-000003"):
        write_image(results / f"gan/{name}.png", tile([face(len(name) + n) for n in range(60)], 10))
    write_table(
        results / "gan/training.csv",
        pd.DataFrame(
            {
                "kimg": range(5),
                "loss_g": [0.9, 0.8, 0.9, 0.7, 0.8],
                "loss_d": [1.2, 1.1, 1.0, 1.0, 1.1],
                "r_t": [0.1, 0.3, 0.5, 0.6, 0.6],
                "p": [0, 0.01, 0.02, 0.03, 0.05],
                "fid": [30, 20, 18, 15, 16.0],
            }
        ),
    )
    write_json(
        results / "gan/network.json",
        {"kimg": 3, "fid": 15.0, "sha256": "0" * 64, "resolution": 48, "from": "start.pkl"},
    )
    return kept


def _write_batches(results, random, seeds, size) -> None:
    choices, sets = [], {"kept": [], "random": []}
    for batch in range(2):
        names = [f"{seeds[i % len(seeds)]}_{batch * size + i:06d}.jpg" for i in range(size)]
        numbers = np.array([int(name.split("_")[0]) for name in names])
        directory = results / f"generate/batch-{batch:05d}"
        for i, name in enumerate(names):
            write_image(directory / name, face(1000 * batch + i))
        manifest = pd.DataFrame({"image": names, "seed": numbers, "order": range(size)})
        manifest["sha256"] = [digest(directory / name) for name in names]
        write_table(results / f"generate/batch-{batch:05d}.csv", manifest)
        aggregate = random.normal(size=size)
        place = (-aggregate).argsort().argsort() + 1
        kept = (place <= size * 0.35).astype(int)
        reason = np.where(kept == 1, "kept", "ranked_below").astype(object)
        reason[(kept == 0) & (random.random(size) < 0.2)] = "no_face"
        reason[(kept == 0) & (random.random(size) < 0.1)] = "seed_cap"
        drawn = np.zeros(size, int)
        drawn[random.permutation(size)[: kept.sum()]] = 1
        table = pd.DataFrame({"batch": batch, "image": names, "seed": numbers, "reason": reason})
        table = table.assign(
            vote_brisque_svr=aggregate, aggregate=aggregate, place=place, kept=kept, random=drawn
        )
        choices.append(table)
        for name, parts in sets.items():
            parts.append(table.loc[table[name] == 1, ["batch", "image", "seed"]])
    write_table(results / "select/choices.csv", pd.concat(choices))
    labels = pd.read_csv(results / "seeds/seed_labels.csv").set_index("seed")[list(AU_NAMES)]
    audit = []
    for name, column in (("selected", "kept"), ("random", "random")):
        table = pd.concat(sets[column], ignore_index=True)
        write_table(results / f"select/{name}.csv", table)
        array = labels.loc[table["seed"]].to_numpy(np.uint8)
        annotated = table.assign(path="results/generate/x.jpg")
        annotated[list(AU_NAMES)] = array
        write_table(results / f"annotate/{name}.csv", annotated)
        audit += [
            (name, au, int(array[:, i].sum()), 7, 5.25, 30, 0.8 if au != "AU15" else np.nan, 0.25)
            for i, au in enumerate(AU_NAMES)
        ]
    names = ["set", "au", "images", "seeds", "effective_seeds", "checked", "agreement", "elsewhere"]
    table = pd.DataFrame(audit, columns=names)
    for name in ("agreement", "elsewhere"):
        table = table.assign(
            **{f"{name}_low": table[name] - 0.1, f"{name}_high": table[name] + 0.1}
        )
    write_table(results / "annotate/audit.csv", table)
    edits = [
        (index, degree, 1 - abs(degree) / 10, *[abs(degree) / 10] * len(AU_NAMES))
        for index in (0, 3)
        for degree in (-2, 0, 2)
    ]
    drift = pd.DataFrame(
        edits, columns=["index", "degree", "agreement", *(f"drift_{au}" for au in AU_NAMES)]
    )
    write_table(results / "annotate/drift.csv", drift)
    kept = (drift["degree"] != 2).astype(int)
    variants = drift[["index", "degree"]].assign(drift=1 - drift["agreement"], kept=kept)
    write_table(results / "generate/variants.csv", variants)
    saving = pd.DataFrame({"plan": ["blind", "kept"], "agreement": [0.84, 0.88]})
    saving = saving.assign(changed=[1960, 1470], saved=[0, 490], agreement_gain=[np.nan, 0.04])
    write_table(results / "annotate/saving.csv", saving)


def _write_scores(results, random) -> None:
    rows, bins = [], []
    for number, metric in enumerate(METRICS):
        row = {"metric": metric, "unit": "", "better": "low" if number % 2 else "high"}
        row["original_itself"] = np.inf if metric == "psnr" else 1.0
        for name in ("original", "synthetic", "selected", "random"):
            row[name] = random.uniform(0, 30)
            shares = random.dirichlet(np.ones(12))
            bins += [(name, metric, low, low + 1, share) for low, share in enumerate(shares)]
        rows.append(row)
    write_table(results / "iqa/summary.csv", pd.DataFrame(rows))
    names = ["set", "metric", "low", "high", "share"]
    write_table(results / "iqa/distributions.csv", pd.DataFrame(bins, columns=names))
    for batch in range(2):
        images = pd.read_csv(results / f"generate/batch-{batch:05d}.csv")[["image", "seed"]]
        images[list(METRICS)] = random.uniform(-1, 13, (len(images), len(METRICS)))
        images.loc[0, "ssim"] = np.nan
        write_table(results / f"iqa/batch-{batch:05d}.csv", images)
    originals = pd.DataFrame(random.uniform(-1, 13, (90, len(METRICS))), columns=list(METRICS))
    write_table(results / "iqa/originals.csv", originals)
    sets = ("originals in halves", "all synthetic", "selected", "random", "batch-00000")
    distances = pd.DataFrame({"set": sets, "extractor": "grey-32", "n": 42, "n_originals": 90})
    write_table(
        results / "iqa/frechet.csv", distances.assign(distance=[1.5, 9.25, 7.125, 9.5, 10.0])
    )
    measured = [
        (name, part, space, 42, 90, 1.5, 0.031, 0.75, 0.5, 1.25, 0.625)
        for space in ("grey-32", "landmarks")
        for part in ("all", "AU12", "neutral")
        for name in sets[:4]
        if part == "all" or name in ("selected", "random")
    ]
    write_table(results / "iqa/distances.csv", pd.DataFrame(measured, columns=[
        "set", "class", "extractor", "n", "n_originals", "distance", "kid", "precision", "recall",
        "density", "coverage",
    ]))  # fmt: skip
    write_json(results / "iqa/references.json", {"text": "8 originals drawn at random from 90"})
    plane = [
        pd.DataFrame(random.normal(size=(50, 2)) + i, columns=["x", "y"]).assign(set=name)
        for i, name in enumerate(("originals", "all synthetic", "selected", "random"))
    ]
    write_table(results / "iqa/plane.csv", pd.concat(plane))
    write_json(
        results / "iqa/svr.json",
        {"sound": {"srocc": 0.912, "mae": 0.08}, "thesis": {"mse": 0.11, "dummy": True}},
    )


def _write_classifier(results, random, frames) -> None:
    subjects = [f"SN{n:03d}" for n in range(1, 9)]
    roc, folds, summary, tested = [], [], [], {}
    for number, arm in enumerate(ARMS):
        parts = []
        for fold in range(4):
            part = pd.DataFrame({"subject": np.repeat(subjects[2 * fold : 2 * fold + 2], frames)})
            part["frame"] = np.tile(range(1, frames + 1), 2)
            labels = random.integers(0, 2, (len(part), 6))
            scores = 1 / (
                1 + np.exp(-(labels * (1 + 0.4 * number) + random.normal(size=labels.shape)))
            )
            part[list(AU_NAMES)] = labels
            part[[f"P_{au}" for au in AU_NAMES]] = scores
            part.insert(0, "fold", fold + 1)
            parts.append(part)
            folds += [(arm, fold + 1, au, random.uniform(0.6, 0.95)) for au in AU_NAMES]
        tested[arm] = pd.concat(parts, ignore_index=True)
        write_table(results / f"fer/{arm}/predictions.csv", tested[arm])
        for au in AU_NAMES:
            curve = np.linspace(0, 1, 50)
            roc += [(arm, au, f, f ** (1 / (2.5 + number))) for f in curve]
            auc = 0.7 + 0.05 * number + random.uniform(-0.02, 0.02)
            summary.append((arm, au, auc, auc - 0.005, 0.04, auc - 0.06, auc + 0.05))
        summary.append((arm, "mean", 0.7 + 0.05 * number, 0.7, 0.04, 0.65, 0.8))
    names = ["arm", "au", "auc_pooled", "auc_mean", "auc_sd", "ci_low", "ci_high"]
    write_table(results / "fer/summary.csv", pd.DataFrame(summary, columns=names))
    write_table(results / "fer/auc.csv", pd.DataFrame(folds, columns=["arm", "fold", "au", "auc"]))
    write_table(results / "fer/roc.csv", pd.DataFrame(roc, columns=["arm", "au", "fpr", "tpr"]))
    contrasts = ("enhanced - baseline", "baseline - original", "enhanced - original")
    rows = []
    for contrast in contrasts:
        for number, au in enumerate((*AU_NAMES, "mean")):
            middle = 0.03 * (number - 2) / 2
            adjusted = contrast == contrasts[0] and au != "mean"
            p = 0.03 if number in (0, 5) else 0.2
            limits = (middle - 0.02, middle + 0.02)
            rows.append((contrast, au, middle, *limits, p, p if adjusted else np.nan))
    names = ["contrast", "au", "difference", "ci_low", "ci_high", "p", "p_holm"]
    write_table(results / "fer/differences.csv", pd.DataFrame(rows, columns=names))
    _write_measures(results, random, tested)
    told = {"early_stopping": "sound", "train_and_validation_disjoint": True}
    arms = {arm: told | {"synthetic_images": 42 * (arm != "original")} for arm in ARMS}
    write_json(results / "fer/checks.json", {"passed": True, "arms": arms})
    write_json(
        results / "fer/backbone.json",
        {
            "backbone": "efficientnet-b0",
            "weights": "drawn",
            "sha256": "a" * 64,
            "source": {"file": "results/crop/pretrain.npz", "sha256": "b" * 64},
        },
    )


def _write_measures(results, random, tested) -> None:
    """Write the tables of what the AUC does not tell, measured on the made-up predictions."""
    from facetds.fer import measures
    from facetds.fer.delong import list_frame_level

    counts = random.multinomial(8, np.full(8, 1 / 8), size=50)
    parts = {"measures": [], "reliability": [], "precision_recall": []}
    for arm, predictions in tested.items():
        limits = measures.list_thresholds(predictions)
        tables = (
            measures.list_measures(predictions, limits, counts),
            measures.list_reliability(predictions, counts),
            measures.list_precision_recall(predictions),
        )
        for name, table in zip(parts, tables, strict=True):
            parts[name].append(table.assign(arm=arm))
    for name, tables in parts.items():
        write_table(results / f"fer/{name}.csv", pd.concat(tables))
    write_table(results / "fer/frame_level.csv", list_frame_level(tested, ("enhanced", "baseline")))


@pytest.fixture(autouse=True)
def closed():
    """Close the figures of a test after it."""
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    root = tmp_path_factory.mktemp("run")
    write_results(root)
    return root / "results"


@pytest.fixture(scope="session")
def drawn(results):
    """The folder of all figures of the sample results, drawn by the commands of their families."""
    from facetds.figures.draw_backgrounds import draw_backgrounds
    from facetds.figures.draw_classifier import draw_classifier
    from facetds.figures.draw_data import draw_data
    from facetds.figures.draw_examples import draw_examples
    from facetds.figures.draw_frames import draw_frames
    from facetds.figures.draw_intensities import draw_intensities
    from facetds.figures.draw_labels import draw_labels
    from facetds.figures.draw_latent import draw_latent
    from facetds.figures.draw_pipeline import draw_pipeline
    from facetds.figures.draw_quality import draw_quality
    from facetds.figures.draw_rejected import draw_rejected
    from facetds.figures.draw_rules import draw_rules
    from facetds.figures.draw_selection import draw_selection
    from facetds.figures.draw_training import draw_training

    def outs(*names):
        return [results / f"figures/{name}.png" for name in names]

    look = {"dpi": 50, "note": "Drawn faces stand in for CFD."}
    draw_data(
        outs(
            "fig-3.1-cfd-race",
            "fig-3.2-cfd-sex-by-set",
            "fig-3.3-cfd-sex",
            "fig-3.4-cfd-people",
            "fig-3.5-cfd-age",
            "fig-3.7-cfd-groups",
            "disfa-rates",
            "disfa-subjects",
            "table-3.1-databases",
            "table-3.2-expressions",
            "table-A.1-aus",
        ),
        results / "data/cfd_groups.csv",
        results / "data/age.csv",
        results / "data/age_summary.csv",
        results / "data/disfa_rates.csv",
        results / "data/disfa_subject_rates.csv",
        results / "data/cfd.csv",
        results / "data/disfa_selected.csv",
        stand_in=["CFD"],
        **look,
    )
    rejected = [results / "data/rejected.csv", results / "crop/rejected.csv"]
    draw_rejected(outs("fig-3.8-rejected"), rejected, **look)
    draw_examples(outs("fig-2.1-aus"), results / "demo/pretrain.csv", **look)
    crops = sorted(results.glob("crop/disfa/*.npz"))
    draw_frames(outs("fig-1.1-disfa-frames"), crops, **look)
    draw_intensities(
        outs("fig-1.2-au-intensities"),
        results / "demo/intensities.png",
        results / "demo/intensities.csv",
        dpi=50,
    )
    draw_backgrounds(
        outs("fig-3.6-backgrounds"),
        results / "crop/cfd.npz",
        results / "seeds/shard-000.csv",
        crops,
        results / "crop/pretrain.npz",
        **look,
    )
    draw_training(
        outs("training-course", "training-fakes"),
        results / "gan/training.csv",
        results / "gan/network.json",
        sorted(results.glob("gan/fakes-*.png")),
        reals=results / "gan/reals.png",
        **look,
    )
    draw_latent(
        outs("fig-2.2-tsne", "fig-2.3-tsne-mse", "fig-2.4-grid", "fig-2.4-interpolation"),
        results / "latent/tsne.csv",
        results / "latent/tsne_mse.csv",
        results / "seeds/seed_labels.csv",
        results / "latent/grid.png",
        results / "latent/interpolation.png",
        **look,
    )
    draw_quality(
        outs("fig-4.3-feature-space", "score-distributions", "table-4.1-scores"),
        results / "iqa/summary.csv",
        results / "iqa/distributions.csv",
        results / "iqa/plane.csv",
        results / "iqa/frechet.csv",
        **look,
    )
    manifests = sorted(results.glob("generate/batch-*.csv"))
    choices = results / "select/choices.csv"
    draw_selection(
        outs("gallery-selection", "gallery-aus", "fig-3.9-annotation"),
        manifests,
        choices,
        results / "seeds/seed_labels.csv",
        results / "annotate/selected.csv",
        gallery=8,
        **look,
    )
    draw_labels(
        outs("label-counts", "label-audit", "label-drift", "label-agreement"),
        results / "annotate/audit.csv",
        results / "annotate/drift.csv",
        results / "generate/variants.csv",
        results / "annotate/saving.csv",
        agreement=results / "seeds/agreement.csv",
        **look,
    )
    tables = [results / "data/cfd.csv", results / "data/disfa_selected.csv"]
    tables += [results / "crop/cfd.csv", *results.glob("crop/disfa/*.csv"), *manifests, choices]
    tables += [results / "seeds/shard-000.csv", results / "annotate/selected.csv"]
    draw_pipeline(outs("fig-2.5-pipeline"), tables, **look)
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    stages = [name for name, section in config.items() if isinstance(section, dict)]
    with contextlib.chdir(results.parent):  # Snakemake keeps notes where it runs
        draw_rules(outs("fig-A.1-rules"), ROOT / "Snakefile", json.dumps(config), stages, dpi=50)
    draw_classifier(
        outs(
            "fig-4.5-auc-summary",
            "roc-arms",
            "pr-arms",
            "reliability-arms",
            "fig-3.10-folds",
            "table-auc",
            "fig-4.1-roc-baseline",
            "fig-4.4-roc-enhanced",
            "fig-4.2-auc-baseline",
        ),
        [results / f"fer/{arm}/predictions.csv" for arm in ARMS],
        list(ARMS),
        results / "fer/summary.csv",
        results / "fer/auc.csv",
        results / "fer/roc.csv",
        results / "select/selected.csv",
        results / "fer/measures.csv",
        results / "fer/precision_recall.csv",
        results / "fer/reliability.csv",
        bootstrap=100,
        seed=1,
        **look,
    )
    return results / "figures"


@pytest.fixture(scope="session")
def build():
    """build(results, out, files=None, config=None) -> the text of the page of the files, or all."""
    from facetds.figures.build_report import build_report

    default = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    template = ROOT / "workflow_scripts/facetds/figures/report.html.j2"

    def make(results, out, files=None, config=None) -> str:
        if files is None:
            kinds = (".csv", ".json", ".png", ".rst")
            files = [path for path in sorted(results.rglob("*")) if path.suffix in kinds]
            files += sorted((ROOT / "report").glob("*.rst"))
        settings = json.dumps(config or default)
        build_report(files, template, settings, results / "benchmarks", ROOT, out)
        return out.read_text(encoding="utf-8")

    return make
