"""Progress bars for long work, readable in a terminal and in a log file."""

import sys
from collections.abc import Iterable
from typing import Any

from tqdm import tqdm


def track(items: Iterable | None = None, *, what: str, **options: Any) -> tqdm:
    """Return a tqdm bar over `items`, named `what`.

    A terminal gets a live bar. A pipe or a log gets a line every ten seconds, so that neither is
    flooded. `options` go to tqdm (`total`, `unit`, ...).
    """
    live = sys.stderr.isatty()
    return tqdm(
        items,
        desc=what,
        file=sys.stderr,
        mininterval=0.2 if live else 10,
        dynamic_ncols=live,
        **options,
    )


def say(message: str) -> None:
    """Print one line to the log, without breaking a running bar."""
    tqdm.write(message, file=sys.stderr)
