"""The norming workbook of the CFD stand-in, laid out as "CFD 3.0 Norming Data and Codebook.xlsx".

A sheet has a decorative preamble; in 0-based row 6 stand the variables' ids, in row 7 their labels,
and from row 9 on the models. Beside a rating stands its standard deviation, without a label. Every
row describes the neutral photo of a model.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from facetds.demo.truth import LANDMARKS, ORIGIN
from facetds.randomness import generator

NAME = "CFD 3.0 Norming Data and Codebook.xlsx"
CODEBOOK = "CFD 3.0 Codebook"
SHEETS = {
    "CFD U.S. Norming Data": "CFD",
    "CFD-MR U.S. Norming Data": "CFD-MR",
    "CFD-I U.S. Norming Data": "CFD-INDIA",
    "CFD-I INDIA Norming Data": "CFD-INDIA",
}
"""The sheets, and the set whose models each one has."""

ID_ROW, LABEL_ROW, FIRST_ROW = 6, 7, 9
EPOCH = (1980, 1, 1, 0, 0, 0)
TIME = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"

RACE_PROBABILITIES = {
    "R005": ("AsianProb", "A"),
    "R006": ("BlackProb", "B"),
    "R007": ("LatinoProb", "L"),
    "R008": ("MultiProb", "M"),
    "R009": ("OtherProb", "I"),
    "R010": ("WhiteProb", "W"),
}
IMPRESSIONS = {
    "R011": "Afraid",
    "R012": "Angry",
    "R013": "Attractive",
    "R014": "Babyfaced",
    "R015": "Disgusted",
    "R016": "Dominant",
    "R017": "Feminine",
    "R018": "Happy",
    "R019": "Masculine",
    "R020": "Prototypic",
    "R021": "Sad",
    "R022": "Suitability",
    "R023": "Surprised",
    "R024": "Threatening",
    "R025": "Trustworthy",
    "R026": "Unusual",
}


def _x(first: int, second: int) -> Callable[[np.ndarray], float]:
    return lambda p: abs(p[first, 0] - p[second, 0])


def _y(first: int, second: int) -> Callable[[np.ndarray], float]:
    return lambda p: abs(p[first, 1] - p[second, 1])


MEASURES = {
    "P002": ("NoseWidth", _x(31, 35)),
    "P003": ("NoseLength", _y(27, 33)),
    "P004": ("LipThickness", _y(51, 57)),
    "P006": ("EyeHeightR", _y(37, 41)),
    "P007": ("EyeHeightL", _y(44, 46)),
    "P009": ("EyeWidthR", _x(36, 39)),
    "P010": ("EyeWidthL", _x(42, 45)),
    "P012": ("FaceWidthCheeks", _x(2, 14)),
    "P013": ("FaceWidthMouth", _x(4, 12)),
    "P014": ("FaceWidthBZ", _x(1, 15)),
    "P021": ("PupilLipR", lambda p: abs(p[36:42, 1].mean() - p[51, 1])),
    "P022": ("PupilLipL", lambda p: abs(p[42:48, 1].mean() - p[51, 1])),
    "P026": ("BottomLipChin", _y(57, 8)),
}
"""Distances in pixels of the neutral photo, from its 68 landmarks (68 x 2)."""


def norming_workbook(photos: pd.DataFrame, seed: int) -> bytes:
    """Return the workbook for the photos of the truth table, the same bytes for the same input.

    Needs the columns set, race, sex, age, expression, norming_key, luminance and the landmarks.
    Photos without a key have no row, as CFD's replicates. Ratings are random numbers about what was
    drawn; in the Indian sheets attractiveness is absolute (R013B), in the others relative (R013).
    """
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    _fill_codebook(book.create_sheet(CODEBOOK))
    neutral = photos[(photos["expression"] == "N") & (photos["norming_key"] != "")]
    for number, (title, name) in enumerate(SHEETS.items()):
        models = neutral[neutral["set"] == name].sort_values("norming_key")
        random = generator(seed, "demo.norming", number)
        rows = [_norm(model, name, random) for model in models.to_dict("records")]
        _fill_sheet(book.create_sheet(title), title, rows)
    buffer = io.BytesIO()
    book.save(buffer)
    return _without_dates(buffer.getvalue())


def _norm(model: dict, set_: str, random: np.random.Generator) -> dict[tuple[str, str], object]:
    """Return a model's row by (variable id, label); standard deviations have the label ""."""
    row: dict[tuple[str, str], object] = {
        ("", "Model"): model["norming_key"],
        ("S001", "EthnicitySelf"): model["race"],
        ("S002", "GenderSelf"): model["sex"],
    }
    if set_ != "CFD":
        row["S003", "AgeSelf"] = model["age"]
    row |= _rate("R002", "AgeRated", random.normal(model["age"], 2.5), 16, 75, random)
    female = random.uniform(0.9, 1) if model["sex"] == "F" else random.uniform(0, 0.1)
    row["R003", "FemaleProb"], row["R004", "MaleProb"] = round(female, 4), round(1 - female, 4)
    votes = random.uniform(0, 0.06, len(RACE_PROBABILITIES))
    votes[[race for _, race in RACE_PROBABILITIES.values()].index(model["race"])] += 0.8
    for (variable, (label, _)), share in zip(
        RACE_PROBABILITIES.items(), votes / votes.sum(), strict=True
    ):
        row[variable, label] = round(share, 4)
    for variable, label in IMPRESSIONS.items():
        absolute = set_ == "CFD-INDIA" and label == "Attractive"
        mean = random.normal(2.6, 0.7)
        row |= _rate(f"{variable}B" if absolute else variable, label, mean, 1, 7, random)
    row["P001", "LuminanceMedian"] = model["luminance"]
    points = np.array([model[name] for name in LANDMARKS]).reshape(68, 2)
    for variable, (label, measure) in MEASURES.items():
        row[variable, label] = round(float(measure(points)), 1)
    return row


def _rate(
    variable: str,
    label: str,
    mean: float,
    low: float,
    high: float,
    random: np.random.Generator,
) -> dict[tuple[str, str], float]:
    """Return a rating within its scale, and its standard deviation."""
    rating, spread = float(np.clip(mean, low, high)), float(random.uniform(0.8, 1.6))
    return {(variable, label): round(rating, 4), (f"{variable}_sd", ""): round(spread, 4)}


def _fill_sheet(sheet, title: str, rows: list[dict[tuple[str, str], object]]) -> None:
    _place(sheet, 0, [title])
    _place(sheet, 1, [f"Stand-in: {ORIGIN}. These numbers mean nothing about real faces."])
    _place(sheet, 3, ["S = self-report, R = rating, P = measured in the photo, in pixels"])
    if rows:
        _place(sheet, ID_ROW, [variable for variable, _ in rows[0]])
        _place(sheet, LABEL_ROW, [label for _, label in rows[0]])
    for number, row in enumerate(rows):
        _place(sheet, FIRST_ROW + number, row.values())


def _fill_codebook(sheet) -> None:
    _place(sheet, 0, [CODEBOOK])
    _place(sheet, 1, [f"Stand-in: {ORIGIN}. These numbers mean nothing about real faces."])
    _place(sheet, LABEL_ROW, ["VarID", "VarLabel", "Description"])
    variables = {
        "S001": ("EthnicitySelf", "race letter of the model"),
        "S002": ("GenderSelf", "F or M"),
        "S003": ("AgeSelf", "age drawn, in years"),
        "R002": ("AgeRated", "age drawn, with noise, in years"),
        "R003": ("FemaleProb", "share of made-up votes"),
        "R004": ("MaleProb", "share of made-up votes"),
    }
    for variable, (label, _) in RACE_PROBABILITIES.items():
        variables[variable] = (label, "share of made-up votes")
    variables |= {v: (label, "made-up rating, 1 to 7") for v, label in IMPRESSIONS.items()}
    variables["R013B"] = ("Attractive", "made-up rating, 1 to 7, absolute (CFD-INDIA)")
    variables["P001"] = ("LuminanceMedian", "median grey level of the face")
    variables |= {v: (label, "distance of landmarks, pixels") for v, (label, _) in MEASURES.items()}
    for number, (variable, words) in enumerate(variables.items()):
        _place(sheet, FIRST_ROW + number, [variable, *words])


def _place(sheet, row: int, values: Iterable[object]) -> None:
    """Write `values` into a 0-based row from the first column on; empty words leave a gap."""
    for column, value in enumerate(values, start=1):
        if value != "":
            sheet.cell(row + 1, column, value)


def _without_dates(data: bytes) -> bytes:
    """Return a workbook with the times of writing taken out, so that reruns give the same bytes."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(TIME, b"1980-01-01T00:00:00Z", content)
            target.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
