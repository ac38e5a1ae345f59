"""Draw the latent space: t-SNE, how far its runs agree, and the sheets (thesis 2.4.2)."""

from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.aus import AU_NAMES
from facetds.figures import latent
from facetds.figures.family import save_figures
from facetds.foreign import read_image
from facetds.tables import read_table


def draw_latent(
    outs: Annotated[list[Path], typer.Argument(help="Figures to write, as .png.")],
    tsne: Path,
    pairs: Path,
    labels: Path,
    grid: Path,
    interpolation: Path,
    dpi: int,
    note: str | None = None,
) -> None:
    """Write the figures; `grid` and `interpolation` are sheets with their tables beside them."""
    runs = read_table(tsne, ("seed", "run", "x", "y"))
    alike = read_table(pairs, ("run_a", "run_b", "mse", "correlation", "aligned_mse"))
    known = read_table(labels, ("seed", *AU_NAMES))

    def frame(sheet: Path) -> tuple:
        return latent.frame_sheet(read_image(sheet)), read_table(sheet.with_suffix(".csv"))

    makers = {
        "fig-2.2-tsne": lambda: (latent.draw_tsne(runs, known), runs),
        "fig-2.3-tsne-mse": lambda: (latent.draw_agreement(alike), alike),
        "fig-2.4-grid": lambda: frame(grid),
        "fig-2.4-interpolation": lambda: frame(interpolation),
    }
    save_figures(outs, makers, dpi, note)


if __name__ == "__main__":
    command.run(draw_latent)
