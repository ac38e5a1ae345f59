"""Choose the network that all images are made with."""

import json
from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.errors import FacetdsError
from facetds.files import digest, write_json
from facetds.gan.checkpoint import build_networks, save_network
from facetds.gan.classes import choose_label, fix_discriminator, fix_generator
from facetds.gan.history import choose_snapshot
from facetds.gan.network_files import read_networks
from facetds.progress import say


def choose_network(
    networks: Annotated[list[Path], typer.Argument(help="Networks, with their measures (.json).")],
    out: Path,
    report: Path,
    resolution: int | None = None,
    label: list[float] | None = None,
) -> None:
    """Write the network with the smallest distance to `out`, and what it is to `report` (.json).

    `networks` are snapshots (.pkl) followed by the measures of each in the same order, or one
    network of the user without any: of facetds, an official pickle or safetensors. Of a network of
    classes, the one of `label` (a class, or all numbers of a label) is written, as a network
    without. Raises `FacetdsError` if it makes images of another `resolution` (side in pixels) than
    the run is set to, or if a label lacks or there are no classes.
    """
    snapshots = [path for path in networks if path.suffix != ".json"]
    measures = [
        json.loads(path.read_text(encoding="utf-8")) for path in networks if path.suffix == ".json"
    ]
    number = choose_snapshot(measures) if measures else 0
    found = read_networks(snapshots[number])
    generator, discriminator = build_networks(found.parts, snapshots[number])
    if generator.c_dim or label:
        vector = choose_label(label or [], generator.c_dim)
        generator = fix_generator(generator, vector)
        discriminator = fix_discriminator(discriminator, vector) if discriminator else None
    if resolution is not None and generator.img_resolution != resolution:
        raise FacetdsError(
            f"{snapshots[number]} makes images of {generator.img_resolution} pixels, but "
            f"gan.resolution is {resolution}; set gan.resolution to {generator.img_resolution} and "
            "crop.size to as much or more, or name another network in gan.network."
        )
    chosen = {"kimg": found.meta.get("kimg"), "fid": None, "extractor": None}
    if measures:
        chosen = {key: measures[number][key] for key in chosen}
    save_network(out, generator, discriminator, chosen)
    facts = {
        "from": str(snapshots[number]),
        "kind": found.kind,
        "sha256": digest(out),
        "resolution": generator.img_resolution,
        "z_dim": generator.z_dim,
        "w_dim": generator.w_dim,
        "num_ws": generator.num_ws,
        "label": label or None,
    }
    write_json(report, {**chosen, **facts})
    say(f"Chosen: {facts['from']}, {chosen}")


if __name__ == "__main__":
    command.run(choose_network)
