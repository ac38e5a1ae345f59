"""An annotation as one HTML page with thumbnails, which works from the disk and offline."""

import base64
import hashlib
import json
import os
from pathlib import Path
from urllib.parse import quote

import pandas as pd
from jinja2 import Environment, StrictUndefined

from facetds.aus import AU_NAMES, AUS, DESCRIPTIONS

FOLDER = Path(__file__).parent


def build_page(rows: pd.DataFrame, file: Path, folder: Path, faults: list[str]) -> str:
    """Return the page of `rows` (index: row numbers; AU1 to AU15, and image, path, flagged if any).

    The images are linked, relative to `folder`, where the page will lie. `file` is the annotation's
    name, `faults` what is wrong with it. Nothing on the page comes from elsewhere, and its policy
    lets no other script run.
    """
    script = (FOLDER / "view.js").read_text(encoding="utf-8")
    style = (FOLDER / "view.css").read_text(encoding="utf-8")
    records = [
        [row, record.get("image", ""), _link(record.get("path", ""), folder),
         [int(record[au]) for au in AU_NAMES], record.get("flagged", "")]
        for row, record in zip(rows.index.tolist(), rows.to_dict("records"), strict=True)
    ]  # fmt: skip
    # A name with "</script>" must not end the data.
    data = json.dumps(records, separators=(",", ":")).replace("<", "\\u003c")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = environment.from_string((FOLDER / "view.html.j2").read_text(encoding="utf-8"))
    counts = {au: int((rows[au] == 1).sum()) for au in AU_NAMES}
    return template.render(
        file=str(file),
        total=len(rows),
        aus=[(au, DESCRIPTIONS[n], counts[au]) for n, au in zip(AUS, AU_NAMES, strict=True)],
        neutral=int((rows[list(AU_NAMES)] == 0).all(axis=1).sum()),
        flagged=int((rows["flagged"] != "").sum()) if "flagged" in rows else 0,
        faults=faults,
        data=data,
        script=script,
        style=style,
        script_hash=_hash(script),
        style_hash=_hash(style),
    )


def _link(path: str, folder: Path) -> str:
    return quote(Path(os.path.relpath(path, folder)).as_posix()) if path else ""


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
