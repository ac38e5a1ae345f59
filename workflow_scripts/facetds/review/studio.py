"""The server's helper process: what needs torch, OpenCV or pandas, so that the server stays small.

It reads requests, a line of JSON each: [what, options]. It answers each with a line:
{"result": value} or {"error": words}.
"""

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

from facetds.errors import FacetdsError
from facetds.files import digest
from facetds.images import tile, write_image
from facetds.review.agreement import compare_all
from facetds.review.journal import ADJUDICATION, State, read_states
from facetds.review.previews import find_previews
from facetds.review.publishing import merge_states, publish

EXAMPLE_PERSON = 49
EXAMPLE_INTENSITY = 4.0
EXAMPLE_SIDE = 256


def draw_strip(
    out: str,
    network: str,
    directions: str,
    seed: int,
    index: int,
    degrees: list[float],
    psi: float,
) -> None:
    """Write a seed moved along one direction, an image per degree side by side."""
    from facetds.latents import check_indexes, render, ws_of_seed

    generator, found = _load(network, directions)
    check_indexes([index], found)
    images = [
        render(generator, ws_of_seed(generator, seed, psi, found, index, degree))
        for degree in degrees
    ]
    write_image(out, tile(images, len(images)))


@cache
def _load(network: str, directions: str) -> tuple:
    from facetds.gan.checkpoint import load_generator
    from facetds.latents import read_directions

    return load_generator(network), read_directions(directions, digest(network))


def draw_example(out: str, au: int) -> None:
    """Write a drawn person without and with an AU (FACS intensity D), side by side."""
    from facetds.demo.face import Scene, render
    from facetds.demo.identity import draw_identity

    person = draw_identity(EXAMPLE_PERSON, tone=0.35, sex="F", age=38)
    side = EXAMPLE_SIDE
    scene = Scene(round(1.4 * side), side, iod=0.3 * side, center=(0.5, 0.29), noise=0)
    mixes = ({}, {au: EXAMPLE_INTENSITY})
    faces = [render(person, mix, scene, 0).pixels[:side] for mix in mixes]
    write_image(out, tile(faces, 2))


def compare(reviews: str, network: str, psi: float, root_seed: int) -> list[dict[str, Any]]:
    """Return the rows of `compare_all` over the journals of a folder, NaN as None."""
    states = read_states(Path(reviews), network, psi, (ADJUDICATION,))
    table = compare_all(states, root_seed)
    return table.astype(object).where(table.notna(), None).to_dict("records")


def list_disputes(reviews: str, network: str, psi: float) -> dict[str, Any]:
    """Return the disputed seeds: reviewers, seeds, each reviewer's label, and the final ones."""
    states = read_states(Path(reviews), network, psi)
    final = states.pop(ADJUDICATION, State()).labels
    _, disputes = merge_states(states)
    seeds = sorted({*disputes["seed"].tolist(), *final})
    names = sorted(states)
    labels = [[states[name].labels.get(seed, "") for name in names] for seed in seeds]
    return {"reviewers": names, "seeds": seeds, "labels": labels, "final": final}


def write_labels(previews: str, reviews: str, network: str, root_seed: int) -> str:
    """Publish the journals of a folder (see `publishing.publish`)."""
    found = find_previews(Path(previews), network)
    states = read_states(Path(reviews), network, found.psi)
    return publish(states, Path(reviews), network, found.psi, set(found.seeds()), root_seed)


FUNCTIONS = {
    function.__name__: function
    for function in (draw_strip, draw_example, compare, list_disputes, write_labels)
}


def main() -> None:
    """Serve requests until the pipe is closed."""
    answers = sys.stdout
    # What a library prints must not end up among the answers.
    sys.stdout = sys.stderr
    for line in sys.stdin:
        what, options = json.loads(line)
        try:
            answer = {"result": FUNCTIONS[what](**options)}
        except FacetdsError as error:
            answer = {"error": str(error)}
        try:
            print(json.dumps(answer, default=int), file=answers, flush=True)
        except BrokenPipeError:
            return  # The server was killed; nobody waits for the answer.


if __name__ == "__main__":
    main()
