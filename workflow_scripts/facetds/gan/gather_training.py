"""Gather the course of the training, and warn of what it shows."""

import json
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from facetds import command
from facetds.gan.history import SPEED, gather_history
from facetds.gan.state import read_state
from facetds.progress import say
from facetds.tables import read_table, write_table


def gather_training(
    parts: Annotated[
        list[Path],
        typer.Argument(help="Measures of the snapshots (.json), speeds of the segments (.csv)."),
    ],
    last: Path,
    out: Path,
    warnings: Path,
) -> None:
    """Write one row per tick and snapshot to `out`, and all signs of trouble to `warnings`.

    Both are tables (.csv); the ticks are those in the state of the snapshot `last`.
    """
    state = read_state(last)
    measures = [json.loads(p.read_text(encoding="utf-8")) for p in parts if p.suffix == ".json"]
    speeds = _join([read_table(path) for path in parts if path.suffix == ".csv"])
    bound = state.settings.ada_max if state.settings.augment else None
    history, found = gather_history(state.rows, measures, speeds, state.settings.gamma, bound)
    for row in found.drop_duplicates("sign", keep="last").itertuples():
        say(f"Warning, {row.sign} at {row.kimg:g} kimg: {row.advice}")
    write_table(out, history, decimals=6)
    write_table(warnings, found)


def _join(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the tables of segments as one, in which `sec_total` counts from the first on."""
    total, parts = 0.0, [pd.DataFrame(columns=["kimg", *SPEED]).astype({"kimg": float})]
    for table in tables:
        if len(table):
            parts.append(table.assign(sec_total=table["sec_total"] + total))
            total = parts[-1]["sec_total"].iloc[-1]
    return pd.concat(parts[1:] or parts, ignore_index=True)


if __name__ == "__main__":
    command.run(gather_training)
