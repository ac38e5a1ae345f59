"""One segment of a training: from a snapshot to the next, through kills and restarts."""

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from facetds.code import code_digest
from facetds.errors import FacetdsError
from facetds.files import digest
from facetds.gan.dataset import read_dataset
from facetds.gan.schedule import count_iterations
from facetds.gan.state import TrainingState, read_state, write_state
from facetds.gan.training import train
from facetds.gan.workplace import signals_held
from facetds.locks import locked
from facetds.progress import say, track


def run_segment(
    previous: Path,
    dataset: Path,
    out: Path,
    work: Path,
    kimg: int,
    save_seconds: float,
    device: str = "cpu",
) -> None:
    """Train the snapshot `previous` on `dataset` until `kimg`, and write the snapshot `out`.

    Every `save_seconds`, and on TERM, USR1 or Ctrl-C, the state is kept in the folder `work`. A
    later call with the same inputs goes on from there and writes the same bytes as an undisturbed
    one.

    Raises `FacetdsError` while another process works in `work`, and if the training diverges.
    """
    with locked(work):
        for stale in work.glob("*.tmp.*"):
            stale.unlink()
        kept = work / f"state-{_key(previous, dataset, kimg, device)}.pkl"
        for other in set(work.glob("state-*.pkl")) - {kept}:
            other.unlink()
        state = _continue(kept, device) or read_state(previous, device)
        until = count_iterations(kimg, state.settings.batch)
        if state.iteration > until:
            raise FacetdsError(
                f"{previous} is {state.shown / 1000:g} kimg old already, past the {kimg} asked "
                "for; remove it, and it is made again."
            )
        images = read_dataset(dataset)
        with signals_held() as signals:
            saved = time.monotonic()
            for _ in _report(train(state, images, until), state, until):
                if signals or time.monotonic() - saved > save_seconds:
                    write_state(kept, state)
                    saved = time.monotonic()
                if signals:
                    say(f"Stopped by signal {signals[0]} at {state.shown / 1000:g} kimg; kept.")
                    raise SystemExit(128 + signals[0])
        write_state(out, state)
        kept.unlink(missing_ok=True)


def _key(previous: Path, dataset: Path, kimg: int, device: str) -> str:
    """Return a digest of all that a segment's bytes depend on."""
    parts = (
        digest(previous),
        digest(dataset),
        kimg,
        device,
        code_digest("facetds.gan.segments"),
        torch.__version__,
        torch.get_num_threads(),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _continue(kept: Path, device: str) -> TrainingState | None:
    """Return the state that an earlier call kept, or None."""
    if not kept.exists():
        return None
    try:
        state = read_state(kept, device)
    except FacetdsError as error:
        say(f"What an earlier run kept cannot be used, so the segment starts again: {error}")
        return None
    say(f"Going on from {state.shown / 1000:g} kimg, kept by an earlier run.")
    return state


def _report(steps: Iterator[bool], state: TrainingState, until: int) -> Iterator[None]:
    """Run `steps` with a progress bar (images) and one line per tick."""
    batch = state.settings.batch
    started, shown = time.monotonic(), state.shown
    with track(what="train", unit="img", total=until * batch, initial=shown) as bar:
        for ticked in steps:
            bar.update(batch)
            if ticked:
                seconds = time.monotonic() - started
                rate = (state.shown - shown) / max(seconds, 1e-9)
                say(_describe_tick(state) + f", {rate:.1f} img/s, {1000 / rate:.1f} s/kimg")
                started, shown = time.monotonic(), state.shown
            yield


def _describe_tick(state: TrainingState) -> str:
    row = state.rows[-1]
    line = (
        f"kimg {row['kimg']:.1f}: loss G {row['loss_g']:.3f}, D {row['loss_d']:.3f}, "
        f"r_t {row['r_t']:.3f}, p {row['p']:.3f}"
    )
    if state.settings.augment and row["p"] >= state.settings.ada_max:
        line += " (at gan.ada_max: D knows the images by heart; train less, or add images)"
    return line
