"""Find Action Units in images or videos with an ensemble that facetds trained."""

from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.fer.runtime import start_keras
from facetds.progress import say


def predict(
    inputs: Annotated[
        list[Path], typer.Argument(help="Images, folders of images, AVI or MP4 videos.")
    ],
    model: Annotated[Path, typer.Option(help="The .keras of the rule build_ensemble.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Table to write (CSV).")],
    overlay: Annotated[
        Path | None,
        typer.Option(help="Show faces and AUs: a folder for pictures, or .mp4 or .avi of a video."),
    ] = None,
    decide: Annotated[
        str, typer.Option(help="votes: majority of the members; mean: their mean probability.")
    ] = "votes",
    every: Annotated[int, typer.Option(min=1, help="Take every so many frames of a video.")] = 1,
    reference: Annotated[
        list[Path] | None,
        typer.Option(help="Pictures of the person's neutral face, for a subject baseline."),
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the network.")] = 1,
    predictor: Annotated[
        Path | None, typer.Option(help="68-point dlib model, if crop.predictor named one.")
    ] = None,
) -> None:
    """Write the AUs of every image and frame to a table; docs/predict.md describes its columns.

    Example: python -m facetds.fer.predict photos/ --model results/fer/enhanced/ensemble.keras
    -o aus.csv --overlay pictures/, or of one video --overlay film.mp4
    """
    start_keras("tensorflow", threads, 0)
    from facetds.fer.model_files import read_model
    from facetds.fer.prediction import Predictor, write_predictions

    network, about = read_model(model)
    asked = Predictor(network, about, decide, predictor, reference or [])
    counts = write_predictions(inputs, asked, out, every, overlay)
    say(f"{out}: " + ", ".join(f"{outcome} {count:,}" for outcome, count in counts.items()))


if __name__ == "__main__":
    command.run(predict)
