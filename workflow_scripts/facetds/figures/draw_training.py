"""Draw the course of the GAN's training (thesis 3.7)."""

import json
from pathlib import Path

from facetds import command
from facetds.figures.style import save_figure
from facetds.figures.training import draw_training as draw
from facetds.tables import read_table


def draw_training(
    training: Path, network: Path, out: Path, dpi: int, note: str | None = None
) -> None:
    """Write the figure to `out` (.png), and the PDF and CSV beside it."""
    table = read_table(training, ("kimg",))
    chosen = json.loads(network.read_text(encoding="utf-8")).get("kimg")
    words = "" if chosen is None else f"Dotted: the snapshot in use, after {chosen:g} kimg. "
    save_figure(draw(table, chosen), out, table, dpi, words + (note or ""))


if __name__ == "__main__":
    command.run(draw_training)
