"""Draw the rules of the workflow, as it is configured (thesis Figure A.1)."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.errors import FacetdsError
from facetds.figures import roadmap
from facetds.figures.family import save_figures


def draw_rules(
    outs: Annotated[list[Path], typer.Argument(help="Figures to write, as .png.")],
    snakefile: Path,
    settings: str,
    stages: list[str],
    dpi: int,
) -> None:
    """Write the graph of the rules in rules/<stage>.smk beside `snakefile`, a lane per stage.

    `settings` is the configuration as JSON.
    """
    files = [snakefile.parent / f"rules/{stage}.smk" for stage in stages]
    edges = roadmap.read_graph(print_graph(snakefile, settings), roadmap.find_stages(files))

    def make() -> tuple:
        words = "Arrows: what directly needs what. Figures: which stages they read."
        return roadmap.draw_roadmap(edges, stages), edges, words

    save_figures(outs, {"fig-A.1-rules": make}, dpi)


def print_graph(snakefile: Path, settings: str) -> str:
    """Return what `snakemake --rulegraph` prints, in the folder at hand.

    Nothing is run or locked. Raises `FacetdsError` with Snakemake's own words if it fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.json"
        config.write_text(settings, encoding="utf-8")
        environment = {k: v for k, v in os.environ.items() if k != "SNAKEMAKE_PROFILE"}
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", "--snakefile", snakefile, "--rulegraph",
             "--configfile", config],
            capture_output=True, text=True, check=False, env=environment,
        )  # fmt: skip
    if done.returncode:
        raise FacetdsError(f"snakemake --rulegraph failed; it said: {done.stderr[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    command.run(draw_rules)
