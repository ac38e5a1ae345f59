"""What of the report can be explored: the map of seeds, the scores with a threshold, the grid.

Matplotlib draws the plots, as everywhere; a short script (report.js) only points at what lies in
the pictures, so that they are whole without it. A plotting library for browsers would draw them
again: the smallest that runs under a strict content policy, Bokeh, takes 0.47 MB compressed of the
1.5 MB that a page may have, and plotly 1.6 MB.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from facetds.aus import AU_NAMES
from facetds.figures import latent, scores
from facetds.figures.galleries import Shards
from facetds.figures.page import Files
from facetds.figures.sprites import Sprite, embed_picture, make_sprite, spread
from facetds.foreign import read_image
from facetds.shards import preview_directory

STEPS = 200
"""Places that a threshold can be moved to."""

MAP_FACE = 48
IMAGE_FACE = GRID_FACE = 64
"""Pixels of a face in the sprites: seeds, generated images, grid."""

DPI = 130

Reader = Callable[[Any], np.ndarray | None]
"""Returns the image (uint8 R x R x 3) of a seed or a name, None if there is none."""


def explore_run(
    files: Files, settings: dict[str, Any], shown: Iterable[str]
) -> dict[str, dict[str, Any] | Sprite | None]:
    """Return what can be explored of a run: map, scores, grid; None where tables are missing.

    Also "images", the sprite of generated images: those that are `shown` elsewhere in the page, and
    as many others as `settings` (figures.thumbnails) allows, evenly from the best to the worst.
    """
    most = settings["figures"]["thumbnails"]
    images = _read_images(files, shown, most)
    return {
        "images": images,
        "map": _read_map(files, most),
        "scores": _read_scores(files, settings["select"]["votes"], images),
        "grid": _read_grid(files),
    }


def _read_images(files: Files, shown: Iterable[str], most: int) -> Sprite:
    shards = Shards(files.find("generate/batch-*.csv"))
    names = set(shown)
    choices = files.table("select/choices.csv", ("image", "aggregate"))
    if choices is not None:
        ranked = choices.sort_values(["aggregate", "image"], ascending=[False, True])["image"]
        names |= set(spread(ranked.tolist(), max(0, most - len(names))))
    read = {name: shards.read(name) for name in sorted(names)}
    faces = {name: pixels for name, pixels in read.items() if pixels is not None}
    return make_sprite(faces, IMAGE_FACE)


def _read_map(files: Files, most: int) -> dict[str, Any] | None:
    runs = files.table("latent/tsne.csv", ("seed", "run", "x", "y"))
    labels = files.table("seeds/seed_labels.csv", ("seed", *AU_NAMES))
    if runs is None or labels is None:
        return None
    previews = Shards(files.find("seeds/shard-*.csv"), preview_directory)
    return explore_map(runs, labels, lambda seed: previews.read(f"{seed:06d}.jpg"), most)


def _read_scores(files: Files, votes: list[str], images: Sprite) -> dict[str, Any] | None:
    bins = files.table("iqa/distributions.csv", ("set", "metric", "low", "high", "share"))
    means = files.table("iqa/summary.csv", ("metric", "better"))
    tables = {
        "synthetic": files.table("iqa/batch-*.csv", ("image",)),
        "originals": files.table("iqa/originals.csv"),
    }
    choices = files.table("select/choices.csv", ("kept",))
    if any(table is None for table in (bins, means, choices, *tables.values())):
        return None
    first = votes[0].split("+")[0] if votes else None
    return explore_scores(bins, means, tables, int(choices["kept"].sum()), first, images)


def _read_grid(files: Files) -> dict[str, Any] | None:
    table = files.table("latent/grid.csv")
    sheets = files.find("latent/grid.png")
    if table is None or not sheets or "side" not in table:
        return None
    return explore_grid(read_image(sheets[0]), table, files.table("generate/variants.csv"))


def render(figure: Figure, dpi: int = DPI) -> np.ndarray:
    """Return a figure as a picture (uint8 H x W x 3) whose sides are those of the figure."""
    figure.set_dpi(dpi)
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()


def locate(axis: Axes, x: Iterable[float], y: Iterable[float]) -> np.ndarray:
    """Return where points of an axis lie in the rendered picture (N x 2).

    Shares of its width from the left and of its height from the top, in ten thousandths.
    """
    pixels = axis.transData.transform(np.column_stack([x, y]))
    shares = axis.figure.transFigure.inverted().transform(pixels)
    return np.round(1e4 * (shares * (1, -1) + (0, 1))).astype(int)


def explore_map(
    runs: pd.DataFrame, labels: pd.DataFrame, read: Reader, most: int
) -> dict[str, Any]:
    """Return the runs of t-SNE as a picture, with the places and faces of all seeds.

    `runs` has seed, run, x, y; `labels` has seed and a 0/1 column per AU; `most` faces are shown,
    those of labelled seeds first.
    """
    figure = latent.draw_tsne(runs, labels)
    picture = render(figure)
    seeds = sorted(runs["seed"].unique())
    places = []
    for axis, (_, part) in zip(figure.axes, runs.groupby("run"), strict=False):
        part = part.set_index("seed").loc[seeds]
        places.append(locate(axis, part["x"], part["y"]).T.tolist())
    known = {
        row["seed"]: ", ".join(au for au in AU_NAMES if row[au]) or "neutral"
        for row in labels.to_dict("records")
    }
    words = sorted({known.get(seed, latent.UNKNOWN) for seed in seeds})
    wanted = sorted(seeds, key=lambda seed: seed not in known)[:most]
    faces = {seed: pixels for seed in sorted(wanted) if (pixels := read(seed)) is not None}
    sprite = make_sprite({str(seed): pixels for seed, pixels in faces.items()}, MAP_FACE)
    return _shown(picture) | {
        "sprite": sprite,
        "facts": {
            "panels": places,
            "seeds": [int(seed) for seed in seeds],
            "words": words,
            "labels": [words.index(known.get(seed, latent.UNKNOWN)) for seed in seeds],
            "faces": [sprite.places.get(str(seed)) for seed in seeds],
        },
    }


def explore_scores(
    bins: pd.DataFrame,
    means: pd.DataFrame,
    tables: dict[str, pd.DataFrame],
    kept: int,
    first: str | None,
    sprite: Sprite,
) -> dict[str, Any]:
    """Return the distributions as a picture, with what every threshold would keep.

    `bins` has set, metric, low, high, share; `means` has metric, better; `tables` the scores of
    the "synthetic" images (image and a column per metric) and of the "originals". A threshold
    starts where it keeps as many images as the selection, `kept`, did; `first` is the metric shown
    first. The images nearest to a threshold are looked for among those of the `sprite`.
    """
    better = dict(zip(means["metric"], means["better"], strict=True))
    figure = scores.draw_distributions(bins, better)
    picture = render(figure)
    synthetic = tables["synthetic"]
    shown = synthetic[synthetic["image"].isin(sprite.places)].sort_values("image")
    metrics = []
    for axis, metric in zip(figure.axes, scores.order_metrics(bins), strict=False):
        if metric not in synthetic or metric not in better:
            continue
        panel = bins[bins["metric"] == metric]
        low, high = float(panel["low"].min()), float(panel["high"].max())
        counts = _count_kept(synthetic[metric], low, high, better[metric])
        originals = tables["originals"].get(metric, pd.Series(dtype=float))
        metrics.append({
            "name": metric,
            "title": scores.TITLES.get(metric, metric),
            "better": better[metric],
            "low": low,
            "high": high,
            "place": locate(axis, (low, high), axis.get_ylim()[::-1]).ravel().tolist(),
            "kept": counts,
            "originals": _count_kept(originals, low, high, better[metric]),
            "start": int(np.argmin(np.abs(np.array(counts) - kept))),
            "values": [_shorten(value) for value in shown[metric]],
        })  # fmt: skip
    names = [metric["name"] for metric in metrics]
    return _shown(picture) | {
        "sprite": sprite,
        "facts": {
            "steps": STEPS,
            "total": len(synthetic),
            "total_originals": len(tables["originals"]),
            "first": names.index(first) if first in names else 0,
            "metrics": metrics,
            "images": shown["image"].str.removesuffix(".jpg").tolist(),
            "faces": [sprite.places[name] for name in shown["image"]],
        },
    }


def _count_kept(values: pd.Series, low: float, high: float, better: str) -> list[int]:
    """Return how many values pass the threshold at each of its places; undefined ones do not."""
    limits = low + (high - low) * np.arange(STEPS + 1) / STEPS
    known = np.sort(values.dropna().to_numpy(float))
    if better == "low":
        return np.searchsorted(known, limits, side="right").tolist()
    return (len(known) - np.searchsorted(known, limits, side="left")).tolist()


def explore_grid(
    sheet: np.ndarray, grid: pd.DataFrame, variants: pd.DataFrame | None
) -> dict[str, Any]:
    """Return seed x index x degree as rows of cells whose faces lie in a sprite.

    `sheet` is the picture of the grid (uint8 H x W x 3); `grid` has seed, index, degree, degree_sd,
    grey_change, and where the face lies: left, top, side. `variants` has index, degree, drift
    (share of the labels that the edit changes) and kept.
    """
    table = grid
    if variants is not None:
        table = table.merge(variants[["index", "degree", "drift", "kept"]], how="left")
    table = table.reindex(columns=[*grid.columns, "drift", "kept"])
    faces = {
        str(n): sheet[row.top : row.top + row.side, row.left : row.left + row.side]
        for n, row in enumerate(table.itertuples())
    }
    sprite = make_sprite(faces, GRID_FACE)
    rows: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for n, row in enumerate(table.to_dict("records")):
        cell = row | {"place": sprite.places[str(n)], "known": row["kept"] == row["kept"]}
        rows.setdefault((row["index"], row["seed"]), []).append(cell)
    return {
        "sprite": sprite,
        "degrees": sorted(grid["degree"].unique()),
        "rows": [{"index": i, "seed": s, "cells": cells} for (i, s), cells in rows.items()],
    }


def _shown(picture: np.ndarray) -> dict[str, Any]:
    height, width = picture.shape[:2]
    return {"src": embed_picture(picture, width), "width": round(0.77 * width), "height": height}


def _shorten(value: float) -> float | None:
    """Return a number with five digits that count, None if it is undefined."""
    return float(f"{value:.5g}") if np.isfinite(value) else None
