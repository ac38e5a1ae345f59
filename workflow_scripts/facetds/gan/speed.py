"""How long ticks take and how much memory, beside the training, whose bytes know nothing of it."""

import json
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import torch

from facetds.files import write_json
from facetds.gan.history import SPEED
from facetds.tables import write_table


class Meter:
    """The clock of a segment, which goes on where a stopped run left it.

    rows: one dict per tick, kimg and `history.SPEED`.
    """

    def __init__(self, kept: Path, kimg: float) -> None:
        """Start at `kimg`, from the file `kept` of a stopped run if there is one.

        Ticks after `kimg` are forgotten: that run was killed after them, and they come again.
        """
        self.rows: list[dict] = []
        self.since = {"kimg": kimg, "seconds": 0.0, "maintenance": 0.0, "total": 0.0}
        if kept.exists():
            found = json.loads(kept.read_text(encoding="utf-8"))
            self.rows = [row for row in found["rows"] if row["kimg"] <= kimg]
            if found["kimg"] == kimg:
                self.since = found["since"]
            elif self.rows:
                self.since["total"] = self.rows[-1]["sec_total"]
        self.at = time.monotonic()
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()

    @contextmanager
    def maintaining(self) -> Iterator[None]:
        """Count the time in the block as maintenance, not as training."""
        self._advance("seconds")
        yield
        self._advance("maintenance")

    def end_tick(self, kimg: float) -> dict:
        """Return the row of a tick that ends at `kimg`, and add it to `rows`."""
        self._advance("seconds")
        since, gpu = self.since, torch.cuda.is_available()
        images = (kimg - since["kimg"]) * 1000
        seconds = max(since["seconds"], 1e-9)
        values = (
            since["total"],
            seconds,
            seconds / images * 1000,
            images / seconds,
            since["maintenance"],
            # Linux counts in KiB.
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
            torch.cuda.max_memory_allocated() / 2**30 if gpu else None,
            torch.cuda.max_memory_reserved() / 2**30 if gpu else None,
            datetime.now(UTC).isoformat(timespec="seconds"),
        )
        row = {"kimg": kimg, **dict(zip(SPEED, values, strict=True))}
        self.rows.append(row)
        self.since = {"kimg": kimg, "seconds": 0.0, "maintenance": 0.0, "total": since["total"]}
        if gpu:
            torch.cuda.reset_peak_memory_stats()
        return row

    def keep(self, path: Path, kimg: float) -> None:
        """Write what a later run goes on from at `kimg`."""
        write_json(path, {"kimg": kimg, "since": self.since, "rows": self.rows})

    def write(self, path: Path) -> None:
        """Write the rows as a table: kimg and `history.SPEED`."""
        write_table(path, pd.DataFrame(self.rows, columns=["kimg", *SPEED]), decimals=3)

    def _advance(self, kind: str) -> None:
        now = time.monotonic()
        self.since[kind] += now - self.at
        self.since["total"] += now - self.at
        self.at = now
