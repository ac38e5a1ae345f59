"""Make the weights of the feature extractor: pre-train them, read the user's, or draw them."""

from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.errors import FacetdsError
from facetds.fer.runtime import start_keras
from facetds.files import digest, write_json


def pretrain_backbone(
    out: Path,
    report: Path,
    weights: str,
    backbone: str,
    size: int,
    pretrain_epochs: int,
    pretrain_learning_rate: float,
    pretrain_held_out: float,
    batch: int,
    backend: str,
    threads: int,
    seed: int,
    weights_file: Path | None = None,
    weights_sha256: str | None = None,
    weights_channels: str = "rgb",
    source: Annotated[Path | None, typer.Argument(help="Pre-training crops, or weights.")] = None,
) -> None:
    """Write the weights to `out` (.weights.h5), and where they come from to `report`.

    `weights` is drawn (pre-train on the crops in `source`), file (take the weights in `source`) or
    none (random). `report` has the AUC on the identities held out of pre-training.
    """
    runtime = start_keras(backend, threads, seed)
    from facetds.fer import backbones, networks
    from facetds.fer.pretraining import pretrain

    if weights != "none" and source is None:
        raise FacetdsError(
            f"fer.weights is {weights}, but fer.weights_file ({weights_file}) does not exist. Put "
            "Keras's efficientnetb0_notop.h5 or weights of your own there, or set fer.weights to "
            "drawn or none."
        )
    model = backbones.build_backbone(backbone, size)
    made: dict[str, object] = {}
    kind = weights
    if weights == "drawn":
        made = pretrain(
            model, source, pretrain_epochs, pretrain_learning_rate, pretrain_held_out, batch, seed
        )
    elif weights == "file":
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
            **made,
        },
    )


if __name__ == "__main__":
    command.run(pretrain_backbone)
