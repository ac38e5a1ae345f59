"""Choose the network that all images are made with."""

import json
from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.files import digest, write_json
from facetds.gan.checkpoint import load_networks, save_network
from facetds.gan.history import choose_snapshot
from facetds.progress import say


def choose_network(
    networks: Annotated[list[Path], typer.Argument(help="Networks, with their measures (.json).")],
    out: Path,
    report: Path,
) -> None:
    """Write the network with the smallest distance to `out`, and what it is to `report` (.json).

    `networks` are snapshots (.pkl) followed by the measures of each in the same order, or one
    network of the user without any.
    """
    snapshots = [path for path in networks if path.suffix != ".json"]
    measures = [
        json.loads(path.read_text(encoding="utf-8")) for path in networks if path.suffix == ".json"
    ]
    number = choose_snapshot(measures) if measures else 0
    generator, discriminator, meta = load_networks(snapshots[number])
    chosen = {"kimg": meta.get("kimg"), "fid": None, "extractor": None}
    if measures:
        chosen = {key: measures[number][key] for key in chosen}
    save_network(out, generator, discriminator, chosen)
    facts = {
        "from": str(snapshots[number]),
        "sha256": digest(out),
        "resolution": generator.img_resolution,
        "z_dim": generator.z_dim,
        "w_dim": generator.w_dim,
        "num_ws": generator.num_ws,
    }
    write_json(report, {**chosen, **facts})
    say(f"Chosen: {facts['from']}, {chosen}")


if __name__ == "__main__":
    command.run(choose_network)
