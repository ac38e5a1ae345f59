"""Where a run came from and what it cost: versions, commit, benchmarks, ways chosen."""

import json
import platform
import subprocess
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path

import pandas as pd

from facetds.files import digest

PACKAGES = (
    "snakemake", "numpy", "scipy", "pandas", "pillow", "opencv-python-headless", "dlib-bin",
    "scikit-learn", "scikit-image", "torch", "tensorflow-cpu", "keras", "matplotlib",
)  # fmt: skip


def list_versions() -> list[tuple[str, str]]:
    """Return name and version of Python and of the libraries that results depend on."""
    versions = [("python", platform.python_version())]
    for name in PACKAGES:
        try:
            versions.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            versions.append((name, "not installed"))
    return versions


def find_commit(folder: Path) -> str:
    """Return the Git commit of the workflow and whether files differ from it, or why not."""
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return "unknown: the workflow does not lie in a Git repository"
    return f"{commit}, with changes that are not committed" if changed else commit


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *words], capture_output=True, text=True, check=True, timeout=20
    )
    return done.stdout.strip()


def list_costs(folder: Path, stages: Sequence[str] = ()) -> pd.DataFrame:
    """Return stage, rule, jobs, seconds, cpu_seconds, max_mb (largest) of Snakemake's benchmarks.

    `folder` has <stage>/<rule>[-wildcards].tsv. What was not measured (a very short job) counts 0.
    The rows come in the order of `stages`, other stages last.
    """
    rows = []
    order = {stage: number for number, stage in enumerate(stages)}
    paths = sorted(folder.glob("*/*.tsv"))
    for path in sorted(paths, key=lambda path: order.get(path.parent.name, len(order))):
        table = pd.read_csv(path, sep="\t", na_values=["-", "NA"])
        sums = table.reindex(columns=["s", "cpu_time"]).sum()
        peak = table.reindex(columns=["max_rss"]).max().fillna(0)
        rule = path.stem.split("-")[0]
        rows.append((path.parent.name, rule, 1, sums["s"], sums["cpu_time"], peak["max_rss"]))
    names = ["stage", "rule", "jobs", "seconds", "cpu_seconds", "max_mb"]
    table = pd.DataFrame(rows, columns=names)
    sums = table.groupby(["stage", "rule"], sort=False).agg(
        {"jobs": "sum", "seconds": "sum", "cpu_seconds": "sum", "max_mb": "max"}
    )
    return sums.reset_index()


def list_ways(settings: dict, prefix: str = "") -> list[tuple[str, str]]:
    """Return the config keys whose value says "thesis" or "sound", with it."""
    found = []
    for key, value in settings.items():
        if isinstance(value, dict):
            found += list_ways(value, f"{prefix}{key}.")
        elif value in ("thesis", "sound"):
            found.append((f"{prefix}{key}", value))
    return found


def list_changes(settings: dict, defaults: dict, prefix: str = "") -> list[tuple[str, str, str]]:
    """Return key, value and default of the settings that differ from the defaults."""
    found = []
    for key, value in settings.items():
        default = defaults.get(key)
        if isinstance(value, dict) and isinstance(default, dict) and not prefix:
            found += list_changes(value, default, f"{key}.")
        elif value != default:
            found.append((f"{prefix}{key}", json.dumps(value), json.dumps(default)))
    return found


def sum_stages(costs: pd.DataFrame, training: pd.DataFrame | None) -> pd.DataFrame:
    """Return stage, jobs, seconds, cpu_seconds, max_mb, gpu_mb of `list_costs`, and their total.

    gpu_mb, the most memory of a GPU, is known of the GAN alone: gpu_gb (GiB) of its `training`.
    """
    kinds = {"jobs": "sum", "seconds": "sum", "cpu_seconds": "sum", "max_mb": "max"}
    stages = costs.groupby("stage", sort=False).agg(kinds).reset_index()
    total = costs.agg(kinds).to_frame().T.assign(stage="all")
    table = pd.concat([stages, total.astype({"jobs": int})], ignore_index=True)
    if training is not None and training.get("gpu_gb", pd.Series(dtype=float)).notna().any():
        table.loc[table["stage"].isin(["gan", "all"]), "gpu_mb"] = 1024 * training["gpu_gb"].max()
    return table.reindex(columns=["stage", *kinds, "gpu_mb"])


def list_fingerprints(files: Iterable[Path]) -> list[tuple[str, str]]:
    """Return the name and SHA-256 of files."""
    return [("/".join(path.parts[-2:]), digest(path)) for path in files]
