"""The course of a training, and the signs of trouble in it."""

from typing import NamedTuple

import pandas as pd

MEANS = (
    "score_real",
    "score_fake",
    "sign_real",
    "sign_fake",
    "loss_g",
    "loss_d",
    "r1_penalty",
    "loss_d_reg",
    "pl_penalty",
    "loss_g_reg",
)
SPEED = (
    "sec_total",
    "sec_tick",
    "sec_kimg",
    "img_s",
    "maintenance_sec",
    "cpu_gb",
    "gpu_gb",
    "gpu_reserved_gb",
    "finished",
)
"""Time and memory of a tick, which differ from run to run (see `speed`)."""
COLUMNS = (
    "tick",
    "kimg",
    *MEANS,
    "pl_mean",
    "r_t",
    "p",
    "gamma",
    "spread",
    *(f"{name}_std" for name in MEANS),
    *SPEED,
    "fid",
    "diversity",
    "extractor",
    "warnings",
)
"""Columns of training.csv: what the official tool tells of a tick, and of a snapshot."""

ALIKE = 0.2
"""Spread or diversity below which the fakes are called alike, whatever it was before."""
RECENT = 10
"""Ticks that a fall is measured over."""
WON, LOST = 0.1, 2.0
"""Losses of D below and above which it has won or lost; guessing costs 2 ln 2 = 1.39."""
LEARNED_BY_HEART = 0.95
"""r_t from which, without augmentation, D is said to know the images by heart."""


class Sign(NamedTuple):
    """A sign of trouble: a name, and what was found with what to try."""

    name: str
    advice: str


def find_signs(rows: list[dict], ada_max: float | None) -> list[Sign]:
    """Return the signs of trouble in the last of the rows of ticks.

    rows: as `training.end_tick` makes them; ada_max: bound of p, None without augmentation.
    """
    if not rows:
        return []
    row, found = rows[-1], []
    if ada_max is not None and row["p"] >= ada_max:
        found.append(
            Sign(
                "p_at_bound",
                f"The augmentation is at its bound (p = {row['p']:.2f}): D recognises the training "
                "images. Take an earlier snapshot (gan.network), or add images, gan.mirror or "
                "augmentations (gan.augment).",
            )
        )
    if ada_max is None and row["r_t"] > LEARNED_BY_HEART:
        found.append(
            Sign(
                "overfitting",
                f"D is sure of nearly all training images (r_t = {row['r_t']:.2f}), and there is "
                "no augmentation. Set gan.augment, or add images.",
            )
        )
    if row["loss_d"] < WON:
        found.append(
            Sign(
                "d_wins",
                f"D tells all fakes from reals (loss {row['loss_d']:.3f}), so that G learns "
                "little. Raise gan.gamma, lower gan.lr_d, freeze layers of D (gan.freezed), or "
                "resume from a pickle of similar images.",
            )
        )
    if row["loss_d"] > LOST:
        found.append(
            Sign(
                "d_loses",
                f"D takes fakes for reals more often than by guessing (loss {row['loss_d']:.2f}), "
                "so that G learns nothing true. Lower gan.lr_g, raise gan.lr_d, or lower gan.gamma "
                "or gan.freezed if they are high.",
            )
        )
    spreads = [r["spread"] for r in rows[-RECENT:] if r.get("spread") is not None]
    if spreads and spreads[-1] < max(max(spreads) / 2, ALIKE):
        found.append(
            Sign(
                "images_alike",
                f"The fakes of this tick differ little (spread {spreads[-1]:.2f} of the reals', it "
                f"was {max(spreads):.2f}). Early in a training from scratch this passes; else it "
                "is mode collapse: raise gan.gamma, lower gan.lr_g and gan.lr_d, or take an "
                "earlier snapshot (gan.network).",
            )
        )
    return found


def find_snapshot_signs(measures: list[dict]) -> list[Sign]:
    """Return the signs of trouble in the last of the measured snapshots, which are in order."""
    found = []
    # Before the first image, untrained networks show noise, which is as diverse as can be.
    diversity = [
        m["diversity"] for m in measures if m["kimg"] > 0 and m.get("diversity") is not None
    ]
    if diversity and diversity[-1] < max(max(diversity) / 2, ALIKE):
        found.append(
            Sign(
                "snapshot_alike",
                f"The snapshot's images are alike (diversity {diversity[-1]:.2f}, it was "
                f"{max(diversity):.2f}): mode collapse. Raise gan.gamma, lower gan.lr_g and "
                "gan.lr_d, or take an earlier snapshot (gan.network).",
            )
        )
    distances = [m["fid"] for m in measures]
    if len(distances) > 2 and distances[-1] > 2 * min(distances):
        found.append(
            Sign(
                "distance_rises",
                f"The distance to the data set rose to {distances[-1]:.1f}, twice its best "
                f"({min(distances):.1f}): the training went on too long or diverges. End it "
                "earlier (gan.total_kimg), or raise gan.gamma.",
            )
        )
    return found


def gather_history(
    rows: list[dict],
    measures: list[dict],
    speeds: pd.DataFrame,
    gamma: float,
    ada_max: float | None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the course of a training, and its warnings (kimg, sign, advice).

    The course has one row per tick and per measured snapshot, by kimg, with columns `COLUMNS`.
    rows: of the last training state; measures: kimg, fid, diversity and extractor per snapshot;
    speeds: kimg and `SPEED` per tick; ada_max: None without augmentation.
    """
    measures = sorted(measures, key=lambda m: m["kimg"])
    known = ["kimg", *(rows[0] if rows else ())]
    ticks = pd.DataFrame(rows, columns=[name for name in COLUMNS if name in known])
    ticks["kimg"] = ticks["kimg"].astype(float)
    ticks.insert(0, "tick", range(1, len(rows) + 1))
    ticks["gamma"] = gamma
    snapshots = pd.DataFrame(measures)[["kimg", "fid", "diversity", "extractor"]]
    table = ticks.merge(speeds, on="kimg", how="left").merge(snapshots, on="kimg", how="outer")
    found = [(r["kimg"], find_signs(rows[: n + 1], ada_max)) for n, r in enumerate(rows)]
    found += [(m["kimg"], find_snapshot_signs(measures[: n + 1])) for n, m in enumerate(measures)]
    found = [(kimg, *sign) for kimg, signs in found for sign in signs]
    warnings = pd.DataFrame(found, columns=["kimg", "sign", "advice"])
    warnings = warnings.sort_values("kimg", kind="stable", ignore_index=True)
    names = warnings.groupby("kimg")["sign"].agg(" ".join)
    table["warnings"] = table["kimg"].map(names)
    table["tick"] = table["tick"].astype("Int64")
    return table.reindex(columns=COLUMNS).sort_values("kimg", ignore_index=True), warnings


def choose_snapshot(measures: list[dict]) -> int:
    """Return the index of the snapshot with the smallest distance; the first of equals."""
    return min(range(len(measures)), key=lambda number: measures[number]["fid"])
