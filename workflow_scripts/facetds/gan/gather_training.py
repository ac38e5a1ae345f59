"""Gather the course of the training, and warn of what it shows."""

import json
from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.gan.history import find_warnings, gather_history
from facetds.gan.state import read_state
from facetds.progress import say
from facetds.tables import write_table


def gather_training(
    measures: Annotated[list[Path], typer.Argument(help="Measures of the snapshots (.json).")],
    last: Path,
    out: Path,
) -> None:
    """Write one row per tick and snapshot to `out` (.csv), from the state of snapshot `last`."""
    state = read_state(last)
    found = [json.loads(path.read_text(encoding="utf-8")) for path in measures]
    history = gather_history(state.rows, found)
    for warning in find_warnings(history, state.settings.ada_max):
        say(f"Warning: {warning}")
    write_table(out, history, decimals=6)


if __name__ == "__main__":
    command.run(gather_training)
