"""Look at an annotation: as a table in the terminal, as a page with thumbnails, or as CSV."""

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from facetds import command
from facetds.annotate.checks import find_faults
from facetds.annotate.page import build_page
from facetds.annotate.printing import print_counts, print_rows
from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.files import write_text
from facetds.foreign import load_array
from facetds.labels import read_labels
from facetds.progress import say
from facetds.tables import read_table, write_table


def view(
    file: Annotated[Path, typer.Argument(help="The annotation, an .npy of images x 6.")],
    table: Annotated[
        Path | None,
        typer.Option(help="Table with the images of the rows [the .csv of the same name beside]."),
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="Seed labels that the rows are checked against.")
    ] = None,
    first: Annotated[int, typer.Option(help="First row to print, from 0.")] = 0,
    rows: Annotated[int, typer.Option(help="Rows to print.")] = 20,
    au: Annotated[
        list[str], typer.Option(help="Only rows with this AU (AU12), or neutral; repeatable.")
    ] = (),
    flagged: Annotated[bool, typer.Option("--flagged", help="Only rows with a flag.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write a page with thumbnails here.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the rows as CSV here.")] = None,
) -> None:
    """Check an annotation, print its rows, and write it as a page or as CSV.

    \b
    Examples:
      python -m facetds.annotate.view results/annotate/selected.npy
      python -m facetds.annotate.view results/annotate/selected.npy --au AU12 --rows 50
      python -m facetds.annotate.view results/annotate/selected.npy --html selected.html
      python -m facetds.annotate.view results/annotate/selected.npy --csv au12.csv --au AU12

    The exit status is 1 if the annotation is not what it must be.
    """  # noqa: D301 - the backspace keeps the lines of the examples apart
    array = load_array(file)
    beside = table or file.with_suffix(".csv")
    listed = read_table(beside, ("image",)) if table or beside.is_file() else None
    images = None if listed is None else listed["image"].astype(str).tolist()
    known = None if labels is None else read_labels(labels)
    faults = find_faults(array, images, known)
    if array.ndim != 2 or array.shape[1] != len(AU_NAMES) or array.dtype.kind not in "iubf":
        raise FacetdsError(f"{file}: {faults[0]}.")
    shown = pd.DataFrame(array, columns=list(AU_NAMES))
    if listed is not None and len(listed) == len(array):
        for place, name in enumerate(("image", "path", "flagged")):
            if name in listed:
                words = listed[name].astype(object).fillna("").astype(str)
                shown.insert(min(place, 2), name, words)
    print_counts(file, array, images is not None, known is not None, faults)
    chosen = shown[_choose(shown, au, flagged)]
    print_rows(chosen.iloc[first : first + rows], len(chosen))
    if csv:
        write_table(csv, chosen)
        say(f"{len(chosen):,} rows written to {csv}")
    if html:
        write_text(html, build_page(chosen, file, html.parent, faults))
        say(f"{len(chosen):,} rows written to {html}")
    if faults:
        raise FacetdsError(f"{file}: {faults[0]}.")


def _choose(shown: pd.DataFrame, aus: list[str], flagged: bool) -> np.ndarray:
    """Return the rows (bool N) that have all `aus`, or are neutral, and a flag if wanted."""
    chosen = np.ones(len(shown), bool)
    marks = shown[list(AU_NAMES)].to_numpy() == 1
    for name in aus:
        if name == "neutral":
            chosen &= ~marks.any(axis=1)
        elif name in AU_NAMES:
            chosen &= marks[:, AU_NAMES.index(name)]
        else:
            raise FacetdsError(f"--au {name}: choose from {', '.join(AU_NAMES)} and neutral.")
    if flagged:
        chosen &= shown.get("flagged", pd.Series("", shown.index)).to_numpy() != ""
    return chosen


if __name__ == "__main__":
    command.run(view)
