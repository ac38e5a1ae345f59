"""Make the weights that pre-training starts from: the user's, or random ones."""

from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.errors import FacetdsError
from facetds.fer.runtime import start_keras
from facetds.files import digest, write_json


def start_backbone(
    out: Path,
    report: Path,
    weights: str,
    backbone: str,
    size: int,
    backend: str,
    threads: int,
    seed: int,
    weights_file: Path | None = None,
    weights_sha256: str | None = None,
    weights_channels: str = "rgb",
    source: Annotated[Path | None, typer.Argument(help="Weights, if weights is file.")] = None,
) -> None:
    """Write the weights to `out` (.weights.h5), and where they come from to `report`.

    `weights` is file (take those in `source`) or none (draw them).
    """
    if weights == "file" and source is None:
        raise FacetdsError(
            f"fer.weights is file, but fer.weights_file ({weights_file}) does not exist. Put "
            "Keras's efficientnetb0_notop.h5 or weights of your own there, or set fer.weights to "
            "none."
        )
    runtime = start_keras(backend, threads, seed)
    from facetds.fer import backbones, networks

    model = backbones.build_backbone(backbone, size)
    kind = "random"
    if source is not None:
        kind = backbones.load_foreign_backbone(
            backbone, model, source, weights_sha256, weights_channels
        )
    networks.save_weights(model, out)
    write_json(
        report,
        {
            "backbone": backbone,
            "size": size,
            "weights": kind,
            "source": source and {"file": str(source), "sha256": digest(source)},
            "parameters": networks.count_parameters(model),
            "sha256": digest(out),
            "runtime": runtime,
        },
    )


if __name__ == "__main__":
    command.run(start_backbone)
