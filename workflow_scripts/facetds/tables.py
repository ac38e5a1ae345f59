"""CSV tables: strict when read, whole when written."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from facetds.errors import FacetdsError
from facetds.files import replacing

MISSING = ["", "NA", "nan"]


def read_table(
    path: Path | str, columns: Iterable[str] = (), text: Iterable[str] = ()
) -> pd.DataFrame:
    """Read a CSV written by `write_table` or by a user; columns in `text` stay as they are written.

    Raises `FacetdsError` naming the file and the column, if the file is missing, is not a CSV, or
    lacks one of `columns`.
    """
    if Path(path).exists() and not Path(path).is_file():
        raise FacetdsError(f"{path} is not a regular file; name a CSV table.")
    try:
        table = pd.read_csv(
            path, encoding="utf-8-sig", keep_default_na=False, na_values=MISSING, low_memory=False,
            dtype=dict.fromkeys(text, str),
        )  # fmt: skip
    except FileNotFoundError:
        raise FacetdsError(f"{path} does not exist.") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise FacetdsError(f"{path} is not a CSV table in UTF-8: {error}") from None
    if not isinstance(table.index, pd.RangeIndex):
        raise FacetdsError(f"{path} has rows with more cells than its header; correct them.")
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise FacetdsError(f"{path} lacks the column {', '.join(missing)}; add it to the header.")
    return table


def write_table(path: Path | str, table: pd.DataFrame, decimals: int | None = None) -> None:
    """Write `table` as CSV (UTF-8, header, no index) in one step.

    Floats are written with `decimals` places, or so that they read back exactly if it is None.
    """
    with replacing(path) as temporary:
        table.to_csv(
            temporary,
            index=False,
            lineterminator="\n",
            float_format=None if decimals is None else f"%.{decimals}f",
        )
