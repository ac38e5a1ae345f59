"""CFD's norming data: the age that raters gave each model.

The sheets of the workbook begin with a decorative preamble, so the header is found as the row that
holds `Model`. Every row describes a model's neutral photo.
"""

from pathlib import Path
from typing import Any

import pandas as pd

from facetds.data.photos import find_base
from facetds.errors import BadInput
from facetds.foreign import read_sheets
from facetds.rejects import Reject

MODEL, AGE = "Model", "AgeRated"


def read_norming(root: Path) -> tuple[dict[str, float], list[Reject]]:
    """Return the rated age in years by model key (see `model_keys`), and what could not be used.

    Read are the workbooks beside Images whose name holds "Norming", or CSV files of their sheets
    where there is no usable workbook. The first row of a model counts: in the workbook's order
    that is the rating by U.S. raters. An age that is not given is NaN.
    """
    base, rejects = find_base(root), []
    files = sorted(file for file in base.iterdir() if "norming" in file.name.casefold())
    for suffix in (".xlsx", ".csv"):
        ages: dict[str, float] = {}
        for file in files:
            if file.suffix.lower() != suffix or file.name.startswith((".", "~")):
                continue
            name = file.relative_to(root).as_posix()
            try:
                sheets = read_sheets(file)
            except BadInput as error:
                reason = str(error).removeprefix(f"{file} ")
                rejects.append(Reject("cfd", file.stem, name, reason, error.code))
                continue
            for rows in sheets.values():
                for key, age in _ages_of_sheet(rows).items():
                    ages.setdefault(key, age)
        if ages:
            return ages, rejects
    reason = "no workbook or CSV with a column Model has Norming in its name: ages are missing"
    missing = Reject("cfd", "norming data", base.relative_to(root).as_posix(), reason, "missing")
    return {}, [*rejects, missing]


def add_norming(photos: pd.DataFrame, ages: dict[str, float]) -> pd.DataFrame:
    """Return the photos with the columns age_rated (NaN if unknown) and norming_row.

    norming_row is "matched", or "missing" where the workbook has no row for the model: the photo
    stays.
    """
    keys = [next((k for k in model_keys(p) if k in ages), None) for p in photos.itertuples()]
    return photos.assign(
        age_rated=[float("nan") if key is None else ages[key] for key in keys],
        norming_row=["missing" if key is None else "matched" for key in keys],
    )


def model_keys(photo: Any) -> list[str]:
    """Return the keys, best first, under which the norming data may hold a photo's model.

    The main and the multiracial sheets name a model "WM-012", those of the India set "IM719-220",
    with the number of the photo. A second version of a photo (signifier 2) was not rated unless
    its own number says so. A key is letters and digits only, so spellings with and without hyphens
    agree.
    """
    numbered = _key(f"{photo.model}{photo.photo}")
    if photo.signifier:
        signed = numbered + photo.signifier
        return [signed] if photo.signifier == "2" else [signed, numbered, _key(photo.model)]
    return [numbered, _key(photo.model)]


def _ages_of_sheet(rows: list[list]) -> dict[str, float]:
    """Return the ages of one sheet by model key; none if it has no row that holds `Model`."""
    headers = [[str(cell).strip() for cell in row] for row in rows]
    start = next((n for n, header in enumerate(headers) if MODEL in header), None)
    if start is None:
        return {}
    columns = [headers[start].index(name) for name in (MODEL, AGE) if name in headers[start]]
    ages: dict[str, float] = {}
    for row in rows[start + 1 :]:
        model, *age = [row[column] if column < len(row) else None for column in columns]
        if model is not None and _key(model):
            ages.setdefault(_key(model), _years(age[0] if age else None))
    return ages


def _key(model: Any) -> str:
    return "".join(c for c in str(model).upper() if c.isalnum())


def _years(cell: Any) -> float:
    """Return a cell as a number, NaN if it is none."""
    try:
        return float(cell)
    except (TypeError, ValueError):
        return float("nan")
