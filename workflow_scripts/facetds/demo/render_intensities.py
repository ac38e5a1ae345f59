"""Draw one person showing each AU at every intensity."""

from pathlib import Path

from facetds import command
from facetds.demo.intensities import INTENSITIES, draw_aus
from facetds.images import tile, write_image
from facetds.tables import write_table

SIZE = 192


def render_intensities(sheet: Path, out: Path, seed: int) -> None:
    """Write the faces as `sheet` (.png): a row per AU, a column per intensity; `out` lists them."""
    faces, table = draw_aus(seed, SIZE)
    write_image(sheet, tile(faces, len(INTENSITIES)))
    write_table(out, table)


if __name__ == "__main__":
    command.run(render_intensities)
