"""The course of a training, and what it warns of."""

import pandas as pd

COLUMNS = (
    "kimg",
    "loss_g",
    "loss_d",
    "score_real",
    "score_fake",
    "r1_penalty",
    "pl_penalty",
    "pl_mean",
    "r_t",
    "p",
    "fid",
    "diversity",
    "extractor",
)


ALIKE = 0.2
"""Diversity below which the fakes are called alike, whatever it was before."""


def gather_history(rows: list[dict], measures: list[dict]) -> pd.DataFrame:
    """Return one row per tick and per measured snapshot, by kimg, with columns `COLUMNS`.

    rows: of the last training state; measures: kimg, fid, diversity and extractor per snapshot.
    """
    ticks = pd.DataFrame(rows, columns=COLUMNS[:10])
    snapshots = pd.DataFrame(measures)[["kimg", "fid", "diversity", "extractor"]]
    table = ticks.merge(snapshots, on="kimg", how="outer") if len(ticks) else snapshots
    return table.reindex(columns=COLUMNS).sort_values("kimg", ignore_index=True)


def find_warnings(history: pd.DataFrame, ada_max: float) -> list[str]:
    """Return what in a history (of `gather_history`) points to trouble, each with advice."""
    found = []
    p = history["p"].dropna()
    if len(p) and p.iloc[-1] >= ada_max:
        found.append(
            f"The augmentation is at its bound (p = {p.iloc[-1]:.2f}): D recognises the training "
            "images. Take an earlier snapshot (gan.network), or add images or augmentations."
        )
    # Before the first image, untrained networks show noise, which is as diverse as can be.
    diversity = history.loc[history["kimg"] > 0, "diversity"].dropna()
    if len(diversity) and diversity.iloc[-1] < max(0.5 * diversity.max(), ALIKE):
        found.append(
            f"The images became alike (diversity {diversity.iloc[-1]:.2f}, it was "
            f"{diversity.max():.2f}): a sign of mode collapse. Raise gan.gamma, lower gan.lr_g "
            "and gan.lr_d, or take an earlier snapshot (gan.network)."
        )
    distances = history["fid"].dropna()
    if len(distances) > 2 and distances.iloc[-1] > 2 * distances.min():
        found.append(
            f"The distance to the data set rose to {distances.iloc[-1]:.1f}, twice its best "
            f"({distances.min():.1f}): the training went on too long or diverges."
        )
    return found


def choose_snapshot(measures: list[dict]) -> int:
    """Return the index of the snapshot with the smallest distance; the first of equals."""
    return min(range(len(measures)), key=lambda number: measures[number]["fid"])
