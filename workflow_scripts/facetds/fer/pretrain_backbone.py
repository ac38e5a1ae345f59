"""One stage of pre-training of the feature extractor."""

from pathlib import Path

from facetds import command
from facetds.fer.crops import describe_split, read_pretraining, split_subjects
from facetds.fer.rates import check_stage_rate
from facetds.fer.runtime import start_keras
from facetds.files import digest, write_json
from facetds.randomness import generator


def pretrain_backbone(
    crops: Path,
    out: Path,
    report: Path,
    task: str,
    epochs: int,
    learning_rate: float,
    pretrain_held_out: float,
    backbone: str,
    size: int,
    batch: int,
    backend: str,
    threads: int,
    seed: int,
    start: Path | None = None,
) -> None:
    """Write the weights to `out` (.weights.h5), and what they learnt and from what to `report`.

    `start` has the weights of the stage before; without it they are drawn. `task` is aus (find the
    AUs of `crops`), expressions (tell them apart), byol (views of one image) or byol-classes (views
    of two images of one expression or, without those, one set of AUs). The share
    `pretrain_held_out` of the people is kept out of training, and the report has what was measured
    on them.
    """
    check_stage_rate(start is None, learning_rate)
    images, columns = read_pretraining(crops, size)
    held = split_subjects(columns["subject"], pretrain_held_out, generator(seed, "fer.held_out"))
    runtime = start_keras(backend, threads, seed)
    from facetds.fer import backbones, byol, networks, pretraining

    model = backbones.build_backbone(backbone, size)
    if start is not None:
        networks.load_weights(model, start)
    plan = pretraining.Plan(held, epochs, learning_rate, batch, seed)
    if task.startswith("byol"):
        learnt = byol.learn_views(model, images, columns, task == "byol-classes", plan)
    else:
        learnt = pretraining.learn_labels(model, images, columns, task == "expressions", plan)
    networks.save_weights(model, out)
    write_json(
        report,
        {
            "task": task,
            "source": {"file": str(crops), "sha256": digest(crops)},
            "start": start and digest(start),
            "backbone": backbone,
            "size": size,
            "batch": batch,
            "parameters": networks.count_parameters(model),
            "sha256": digest(out),
            "runtime": runtime,
            **describe_split(columns["subject"], held),
            **learnt,
        },
    )


if __name__ == "__main__":
    command.run(pretrain_backbone)
