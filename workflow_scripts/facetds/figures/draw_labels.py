"""Draw how far reviewers agree, and what labels the sets got from their seeds (thesis 4.7)."""

from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.figures import labels
from facetds.figures.drift import draw_drift
from facetds.figures.family import save_figures
from facetds.tables import read_table


def draw_labels(
    outs: Annotated[list[Path], typer.Argument(help="Figures to write, as .png.")],
    audit: Path,
    drift: Path,
    variants: Path,
    saving: Path,
    dpi: int,
    agreement: Path | None = None,
    note: str | None = None,
) -> None:
    """Write the figures; `drift`, `variants` and `saving` tell which edits keep labels.

    `agreement` is missing where a published table of labels is used.
    """
    shares = [f"{n}{end}" for n in ("agreement", "elsewhere") for end in ("", "_low", "_high")]
    sets = read_table(audit, ("set", "au", "images", "effective_seeds", *shares))
    edits = read_table(drift, ("index", "degree", "agreement"))
    kept = read_table(variants, ("index", "degree", "kept"))
    saved = read_table(saving, ("plan", "agreement", "changed", "saved"))
    makers = {
        "label-counts": lambda: (labels.draw_audit(sets), sets),
        "label-audit": lambda: (labels.draw_checks(sets), sets, "Bars: 95 % over seeds."),
        "label-drift": lambda: (draw_drift(edits, kept, saved), edits),
    }
    if agreement:
        kappas = read_table(agreement, ("au", "kappa", "kappa_low", "kappa_high"))
        makers["label-agreement"] = lambda: (labels.draw_kappas(kappas), kappas)
    save_figures(outs, makers, dpi, note)


if __name__ == "__main__":
    command.run(draw_labels)
