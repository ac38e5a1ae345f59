"""Score the originals in the way the generated images are scored, for comparison."""

from pathlib import Path

from facetds import command
from facetds.foreign import load_arrays
from facetds.iqa import scores
from facetds.iqa.regression import unpack
from facetds.tables import write_table


def score_originals(originals: Path, regression: Path, out: Path) -> None:
    """Write number and all scores, each original against the references other than itself."""
    arrays, packed = load_arrays(originals), load_arrays(regression)
    models = {name: unpack(packed, name) for name in ("sound", "thesis")}
    table = scores.score_originals(arrays["images"], arrays["reference"], models)
    table.insert(0, "number", arrays["number"])
    write_table(out, table)


if __name__ == "__main__":
    command.run(score_originals)
