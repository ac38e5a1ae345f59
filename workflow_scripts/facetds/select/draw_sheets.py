"""Draw contact sheets of the best, the worst and the borderline images of the selection."""

from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.images import write_image
from facetds.select.sheets import SHEETS, draw_sheet
from facetds.tables import read_table

COLUMNS, ROWS = 10, 4


def draw_sheets(
    files: Annotated[list[Path], typer.Argument(help="Manifests, then the choices from them.")],
    best: Path,
    borderline: Path,
    worst: Path,
    tile_size: int,
) -> None:
    """Write the three sheets, `tile_size` pixels an image."""
    half = len(files) // 2
    choices = {
        manifest: read_table(choice, ("image", "reason", "place", "kept"))
        for manifest, choice in zip(files[:half], files[half:], strict=True)
    }
    for sheet, path in zip(SHEETS, (best, borderline, worst), strict=True):
        write_image(path, draw_sheet(choices, sheet, COLUMNS, ROWS, tile_size))


if __name__ == "__main__":
    command.run(draw_sheets)
