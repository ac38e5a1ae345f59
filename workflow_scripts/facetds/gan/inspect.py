"""Tell what a file of networks holds, without running anything in it, and export the weights.

`python -m facetds.gan.inspect FILE [--export weights.safetensors]`
"""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from facetds import command
from facetds.errors import FacetdsError
from facetds.files import digest
from facetds.gan.checkpoint import build_network
from facetds.gan.network_files import Networks, export_safetensors, read_networks
from facetds.gan.networks import Discriminator, Generator


def inspect(
    file: Annotated[Path, typer.Argument(help="A network of facetds or an official pickle.")],
    export: Annotated[Path | None, typer.Option(help="Write the weights, .safetensors.")] = None,
) -> None:
    """Print what FILE holds: kind, digest, settings, and layers of its networks.

    \b
    Examples:
      python -m facetds.gan.inspect results/gan/network.pkl
      python -m facetds.gan.inspect ffhq.pkl --export ffhq.safetensors

    All weights are checked: names, shapes, finite values. Nothing in the file is run.
    """  # noqa: D301 - the backspace keeps the lines of the examples apart
    if export is not None and export.suffix != ".safetensors":
        raise FacetdsError(f"--export {export}: give a name that ends in .safetensors.")
    networks = read_networks(file)
    print("\n".join(describe(networks, file)))
    if export is not None:
        export_safetensors(export, networks)
        print(f"\nExported to {export}, SHA-256 {digest(export)}")


def describe(networks: Networks, path: Path) -> list[str]:
    """Return lines about the networks of the file `path`."""
    lines = [
        f"File     {path}",
        f"Kind     {networks.kind}",
        f"SHA-256  {digest(path)}",
        f"Facts    {json.dumps(networks.meta, sort_keys=True)}",
    ]
    for name, part in networks.parts.items():
        lines += ["", *_describe_network(name, part, path)]
    return lines


def _describe_network(name: str, part: dict[str, Any], path: Path) -> list[str]:
    make = Discriminator if name == "D" else Generator
    network = build_network(make, part, f"{path}: {name}")
    state = network.state_dict()
    learned = {key for key, _ in network.named_parameters()}
    total = sum(state[key].numel() for key in learned)
    rows = [
        (
            key,
            " x ".join(map(str, value.shape)) or "one number",
            f"{value.numel():,}",
            "learned" if key in learned else "stored",
        )
        for key, value in state.items()
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return [
        f"{name}: {make.__name__}, {total:,} learned numbers, {len(state)} tensors, "
        f"c_dim {network.c_dim}",
        f"settings {json.dumps(network.init_kwargs, sort_keys=True)}",
        f"weights' SHA-256 {digest_weights(state)}",
        *(
            f"  {key:{widths[0]}}  {shape:{widths[1]}}  {count:>{widths[2]}}  {kind}"
            for key, shape, count, kind in rows
        ),
    ]


def digest_weights(state: dict[str, Any]) -> str:
    """Return the SHA-256 of float32 tensors with their names, in the order of the names.

    It is the same for the same weights in files of all kinds.
    """
    total = hashlib.sha256()
    for key in sorted(state):
        total.update(f"{key} {tuple(state[key].shape)}\n".encode())
        total.update(state[key].float().contiguous().numpy().tobytes())
    return total.hexdigest()


if __name__ == "__main__":
    command.run(inspect)
