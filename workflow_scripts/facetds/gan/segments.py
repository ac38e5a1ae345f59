"""One segment of a training: from a snapshot to the next, through kills and restarts."""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch

from facetds.code import code_digest
from facetds.errors import FacetdsError
from facetds.files import digest
from facetds.gan.acceleration import AS_OFFICIAL, Acceleration, accelerate
from facetds.gan.dataset import read_labelled
from facetds.gan.history import find_signs
from facetds.gan.parallel import ALONE, Team
from facetds.gan.speed import Meter
from facetds.gan.state import TrainingState, check_settings, read_state, write_state
from facetds.gan.training import gather_statistics, share_statistics, train
from facetds.gan.workplace import STOPPED, signals_held
from facetds.locks import locked
from facetds.progress import say, track

SAVE = 1
"""What the first process tells the others to save a state; a signal's number stops them, too."""


@dataclass(frozen=True)
class Segment:
    """The files of a segment, and its end in kimg.

    previous: the snapshot before; dataset: the images; out: the snapshot to write, and speed: the
    table of its ticks' times; work: a folder for what a stopped run goes on from.
    """

    previous: Path
    dataset: Path
    out: Path
    speed: Path
    work: Path
    kimg: int


def run_segment(
    segment: Segment,
    save_seconds: float,
    device: str = "cpu",
    team: Team = ALONE,
    acceleration: Acceleration = AS_OFFICIAL,
) -> None:
    """Train from the snapshot before to `segment.kimg`, and write the snapshot and its speed.

    Every `save_seconds`, and on a signal to stop, the state is kept in the folder `work`. A
    later call with the same inputs goes on from there and writes the same snapshot, byte for byte,
    as an undisturbed one. After a signal, `SystemExit` has the status `workplace.STOPPED`.

    All processes of `team` call this; the first writes. Raises `FacetdsError` while another
    process works in `work`, and if the training diverges.
    """
    with locked(segment.work) if team.rank == 0 else nullcontext():
        kept = _keep_only(segment, device, team, acceleration)
        state = _continue(kept, device, team) or read_state(segment.previous, device)
        check_settings(state.settings, team.size)
        accelerate(state.g, state.d, acceleration, device)
        share_statistics(state, team)
        until = round(segment.kimg * 1000)
        if state.shown - state.settings.batch >= until:
            raise FacetdsError(
                f"{segment.previous} is {state.shown / 1000:g} kimg old already, past the "
                f"{segment.kimg} asked for; remove it, and it is made again."
            )
        meter = Meter(kept.with_suffix(".json"), state.shown / 1000)
        with meter.maintaining():
            images, labels = read_labelled(segment.dataset, state.settings.c_dim > 0)
        steps = train(state, images, until, team, labels)
        if team.rank == 0:
            steps = _report(steps, state, meter, until)
        _work_through(steps, team, save_seconds, lambda: _keep(kept, state, meter, team))
        gather_statistics(state, team)
        if team.rank == 0:
            write_state(segment.out, state)
            meter.write(segment.speed)
            _forget(kept)


def _work_through(
    steps: Iterator[None], team: Team, save_seconds: float, save: Callable[[], None]
) -> None:
    """Run `steps`, and save between two of them when it is time or a signal asks to stop."""
    with signals_held() as signals:
        saved = time.monotonic()
        for _ in steps:
            due = team.rank == 0 and time.monotonic() - saved > save_seconds
            asked = team.agree(signals[0] if signals else SAVE if due else 0)
            if asked:
                save()
                saved = time.monotonic()
            if asked > SAVE:
                if team.rank == 0:
                    say(f"Stopped by signal {asked}; the state is kept, so run again to go on.")
                raise SystemExit(STOPPED)


def _keep_only(segment: Segment, device: str, team: Team, acceleration: Acceleration) -> Path:
    """Return where the state of this segment is kept, and remove what others left."""
    parts = (
        digest(segment.previous),
        digest(segment.dataset),
        segment.kimg,
        device.partition(":")[0],
        team.size,
        acceleration,
        code_digest("facetds.gan.segments"),
        torch.__version__,
        torch.get_num_threads(),
    )
    key = hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
    kept = segment.work / f"state-{key}.pkl"
    if team.rank == 0:
        own = {kept, kept.with_suffix(".json")}
        for stale in {*segment.work.glob("*.tmp.*"), *segment.work.glob("state-*")} - own:
            stale.unlink()
    return kept


def _continue(kept: Path, device: str, team: Team) -> TrainingState | None:
    """Return the state that an earlier call kept, or None."""
    if not kept.exists():
        return None
    try:
        state = read_state(kept, device)
    except FacetdsError as error:
        say(f"What an earlier run kept cannot be used, so the segment starts again: {error}")
        return None
    if team.rank == 0:
        say(f"Going on from {state.shown / 1000:g} kimg, kept by an earlier run.")
    return state


def _keep(kept: Path, state: TrainingState, meter: Meter, team: Team) -> None:
    gather_statistics(state, team)
    if team.rank == 0:
        with meter.maintaining():
            write_state(kept, state)
        meter.keep(kept.with_suffix(".json"), state.shown / 1000)
    share_statistics(state, team)


def _forget(kept: Path) -> None:
    for path in (kept, kept.with_suffix(".json")):
        path.unlink(missing_ok=True)


def _report(
    steps: Iterator[bool], state: TrainingState, meter: Meter, until: int
) -> Iterator[None]:
    """Run `steps` with a progress bar (images), one line per tick and new signs of trouble."""
    s = state.settings
    bound = s.ada_max if s.augment else None
    known = {sign.name for sign in find_signs(state.rows, bound)}
    total = until + (state.shown - until) % s.batch
    with track(what="train", unit="img", total=total, initial=state.shown) as bar:
        for ticked in steps:
            bar.update(s.batch)
            if ticked:
                say(_describe_tick(state.rows, meter.end_tick(state.shown / 1000)))
                signs = find_signs(state.rows, bound)
                for sign in signs:
                    if sign.name not in known:
                        say(f"Warning, {sign.name}: {sign.advice}")
                known = {sign.name for sign in signs}
            yield


def _describe_tick(rows: list[dict], speed: dict) -> str:
    """Return what the official tool says of a tick, and how training goes."""
    row = rows[-1]
    hours, rest = divmod(round(speed["sec_total"]), 3600)
    parts = (
        f"kimg {row['kimg']:.1f}: loss G {row['loss_g']:.3f}, D {row['loss_d']:.3f}",
        f"r_t {row['r_t']:.3f}",
        f"p {row['p']:.3f}",
        *([f"spread {row['spread']:.2f}"] if row["spread"] is not None else []),
        f"tick {len(rows)}",
        f"time {hours}h {rest // 60:02d}m {rest % 60:02d}s",
        f"{speed['sec_tick']:.1f} s/tick",
        f"{speed['sec_kimg']:.2f} s/kimg",
        f"{speed['img_s']:.1f} img/s",
        f"maintenance {speed['maintenance_sec']:.1f} s",
        f"CPU {speed['cpu_gb']:.2f} GB",
        *([f"GPU {speed['gpu_gb']:.2f} GB"] if speed["gpu_gb"] is not None else []),
    )
    return ", ".join(parts)
