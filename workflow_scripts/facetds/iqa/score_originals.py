"""Score the originals in the way the generated images are scored, for comparison."""

from pathlib import Path

from facetds import command
from facetds.foreign import load_arrays
from facetds.iqa import scores
from facetds.iqa.definitions import choose_definitions
from facetds.iqa.originals import want_nearest
from facetds.iqa.regression import unpack
from facetds.tables import write_table


def score_originals(
    originals: Path,
    regression: Path,
    out: Path,
    definitions: list[str] | None = None,
    described: Path | None = None,
    references: int = 1,
    reference_space: str = "landmarks",
) -> None:
    """Write number and all scores, each original against the references other than itself.

    With `described` they are its nearest ones, itself left out.
    """
    arrays, packed = load_arrays(originals), load_arrays(regression)
    models = {name: unpack(packed, name) for name in ("sound", "thesis")}
    wanted = None
    if described:
        places = load_arrays(described)
        wanted = want_nearest(places, places, reference_space, references, apart=True)
    table = scores.score_originals(
        arrays["images"], arrays["reference"], models, choose_definitions(definitions or []), wanted
    )
    table.insert(0, "number", arrays["number"])
    write_table(out, table)


if __name__ == "__main__":
    command.run(score_originals)
