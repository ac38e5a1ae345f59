"""Making the images of batches, through signals and restarts."""

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from facetds.files import replacing, replacing_directory
from facetds.images import encode_jpeg
from facetds.latents import Directions, render, ws_of_seed
from facetds.locks import locked
from facetds.naming import image_name
from facetds.progress import say, track
from facetds.shards import find_damage, shard_directory
from facetds.tables import write_table

if TYPE_CHECKING:
    import torch

COLUMNS = ("image", "seed", "order", "index", "degree", "psi", "sha256")


def write_batch(
    directory: Path, rows: Iterable[Any], generator: "torch.nn.Module", directions: Directions
) -> pd.DataFrame:
    """Render the planned `rows` (seed, order, index, degree, psi) into `directory`, in one step.

    Returns the manifest: image, seed, order, index, degree, psi, sha256 of the JPEG.
    """
    manifest = []
    with replacing_directory(directory) as folder:
        for row in rows:
            ws = ws_of_seed(generator, row.seed, row.psi, directions, row.index, row.degree)
            data = encode_jpeg(render(generator, ws))
            name = image_name(row.seed, row.order)
            (folder / name).write_bytes(data)
            manifest.append(
                {
                    "image": name,
                    "seed": row.seed,
                    "order": row.order,
                    "index": row.index,
                    "degree": row.degree,
                    "psi": row.psi,
                    "sha256": hashlib.sha256(data).hexdigest(),
                }
            )
    return pd.DataFrame(manifest, columns=list(COLUMNS))


def write_block(
    plan: pd.DataFrame,
    out: dict[int, Path],
    generator: "torch.nn.Module",
    directions: Directions,
    work: Path,
    made_by: tuple,
) -> None:
    """Render several batches of `plan` beside their manifests `out` (by number).

    The manifests are written when all batches are there. Of every batch a copy is kept in the
    folder `work`, under a name made from its plan and `made_by` (whatever else the images depend
    on). If an earlier call kept one and the images are still those it describes, the batch is not
    made again. A signal to stop raises `SystemExit` with the status `workplace.STOPPED` between
    two images. Raises `FacetdsError` while another process works in `work`.
    """
    from facetds.gan.workplace import signals_held

    with locked(work):
        kept = {n: _keep_at(work, n, plan[plan["batch"] == n], made_by) for n in out}
        for stale in set(work.glob("*.csv")) - set(kept.values()):
            stale.unlink()
        whole = [n for n in out if kept[n].exists()
                 and not find_damage(kept[n], shard_directory(out[n]))]  # fmt: skip
        if whole:
            say(f"Going on: {len(whole)} of {len(out)} batches were made by an earlier run.")
        todo = plan[~plan["batch"].isin(whole)]
        with (
            signals_held() as signals,
            track(what="generate", unit="image", total=len(todo)) as bar,
        ):
            for number in out.keys() - set(whole):
                rows = _until_stopped(todo[todo["batch"] == number], signals, bar)
                manifest = write_batch(shard_directory(out[number]), rows, generator, directions)
                write_table(kept[number], manifest)
            elapsed = bar.format_dict["elapsed"]
        if len(todo):
            say(f"{len(todo):,} images in {elapsed:.1f} s, {len(todo) / elapsed:.1f} per second")
        for number, manifest in out.items():
            with replacing(manifest) as temporary:
                shutil.copyfile(kept[number], temporary)


def _keep_at(work: Path, number: int, plan: pd.DataFrame, made_by: tuple) -> Path:
    """Return where the manifest of a batch is kept while its block is made."""
    parts = repr(made_by) + plan.to_csv(index=False)
    return work / f"{number:05d}-{hashlib.sha256(parts.encode()).hexdigest()[:16]}.csv"


def _until_stopped(rows: pd.DataFrame, signals: list[int], bar: Any) -> Iterator[Any]:
    """Yield the planned rows until a signal has come."""
    from facetds.gan.workplace import STOPPED

    for row in rows.itertuples():
        if signals:
            say(f"Stopped by signal {signals[0]}; whole batches are kept, so run again to go on.")
            raise SystemExit(STOPPED)
        yield row
        bar.update()
