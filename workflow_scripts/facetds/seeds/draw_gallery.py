"""Draw the labelled seeds, a row of previews for every AU."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from facetds import command
from facetds.images import write_image
from facetds.labels import read_labels
from facetds.seeds.gallery import draw_gallery as draw
from facetds.seeds.gallery import pick_seeds
from facetds.shards import preview_directory, read_entry, read_manifest

COLUMNS = 12


def draw_gallery(
    manifests: Annotated[list[Path], typer.Argument(help="The manifests of all shards.")],
    labels: Path,
    out: Path,
) -> None:
    """Write the sheet; labelled seeds without a preview, or with a broken one, are left out."""
    table = read_labels(labels)
    shards = pd.concat([read_manifest(path).assign(manifest=path) for path in manifests])
    known = shards.drop_duplicates("seed").set_index("seed")
    rows = {}
    for name, seeds in pick_seeds(table[table["seed"].isin(known.index)], COLUMNS).items():
        found = [known.loc[seed] for seed in seeds]
        entries = [
            read_entry(row.manifest, row.image, row.sha256, preview_directory(row.manifest))
            for row in found
        ]
        rows[name] = [entry.pixels for entry in entries if entry.pixels is not None]
    counts = {name: int(table[name].sum()) for name in rows}
    source = " and ".join(sorted(set(table["source"].astype(str))))
    title = f"{len(table)} labelled seeds, decided by {describe_source(source)}"
    write_image(out, draw(rows, counts, COLUMNS, title))


def describe_source(source: str) -> str:
    """Return the words for the source of labels that a figure shows."""
    return "two simulated reviewers (no persons)" if source == "simulated" else source


if __name__ == "__main__":
    command.run(draw_gallery)
