"""Take the weights of the last stage of pre-training as the classifier's, with their history."""

import json
import shutil
from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.errors import FacetdsError
from facetds.files import digest, replacing, write_json
from facetds.progress import say


def gather_backbone(
    stages: Annotated[list[Path], typer.Argument(help="Weights of all stages, in order.")],
    out: Path,
    report: Path,
) -> None:
    """Copy the last weights to `out`, and write to `report` what the report of every stage says.

    The report of NAME.weights.h5 is NAME.json beside it. `report` has, of the last stage, backbone,
    size, parameters, source, sha256 and runtime; weights (such as "imagenet, affectnet, rafdb":
    what the first stage started from, and the stages' names); and stages, their reports in order.

    Raises `FacetdsError` if a stage did not start from the weights of the one before.
    """
    names = [path.name.removesuffix(".weights.h5") for path in stages]
    told = [
        json.loads(path.with_name(f"{name}.json").read_text(encoding="utf-8"))
        for path, name in zip(stages, names, strict=True)
    ]
    for before, after, name in zip(told, told[1:], names[1:], strict=False):
        if after["start"] != before["sha256"]:
            raise FacetdsError(
                f"{name} did not start from the weights of the stage before; make "
                "results/fer/stages again."
            )
    with replacing(out) as temporary:
        shutil.copyfile(stages[-1], temporary)
    last = told[-1]
    if digest(out) != last["sha256"]:
        raise FacetdsError(f"{stages[-1]} is not the file of its report; make it again.")
    start = told[0].get("weights", "random")
    chain = [start, *(name for name, each in zip(names, told, strict=True) if "task" in each)]
    shown = ("backbone", "size", "parameters", "source", "sha256", "runtime")
    write_json(
        report,
        {
            **{key: last[key] for key in shown},
            "weights": ", ".join(chain),
            "stages": [{"name": n} | each for n, each in zip(names, told, strict=True)],
        },
    )
    say(f"The extractor's weights: {', '.join(chain)}")


if __name__ == "__main__":
    command.run(gather_backbone)
