"""Draw how well the classifier does after each training set (thesis 4.2, 4.8)."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from facetds import command
from facetds.aus import AU_NAMES
from facetds.figures import labels, listings, performance
from facetds.figures.family import Maker, save_figures
from facetds.figures.names import name_figure
from facetds.figures.sheets import draw_table
from facetds.tables import read_table


def draw_classifier(
    outs: Annotated[list[Path], typer.Argument(help="Figures to write, as .png.")],
    predictions: list[Path],
    arms: list[str],
    summary: Path,
    folds: Path,
    roc: Path,
    images: Path,
    measures: Path,
    precision: Path,
    reliability: Path,
    bootstrap: int,
    seed: int,
    dpi: int,
    note: str | None = None,
) -> None:
    """Write the figures; `predictions` are those of the `arms`, in the same order.

    `images` lists the synthetic images that a training set gets; each arm's ROC curves are drawn
    beside those of the arm before it.
    """
    areas = read_table(summary, ("arm", "au", "auc_pooled", "auc_mean", "ci_low", "ci_high"))
    by_fold = read_table(folds, ("arm", "fold", "au", "auc"))
    curves = read_table(roc, ("arm", "au", "fpr", "tpr"))
    measured = read_table(measures, ("arm", "au", "measure", "value"))
    recalled = read_table(precision, ("arm", "au", "recall", "precision"))
    bins = read_table(reliability, ("arm", "au", "predicted", "observed", "ci_low", "ci_high"))
    split = list_folds(read_table(predictions[0], ("subject", "fold")))

    def roc_of(arm: str, path: Path) -> Maker:
        def make() -> tuple:
            wanted = ("subject", *AU_NAMES, *(f"P_{name}" for name in AU_NAMES))
            band = performance.measure_roc_band(read_table(path, wanted), bootstrap, seed)
            against = arms[arms.index(arm) - 1] if arm != arms[0] else None
            figure = performance.draw_roc(curves, band, areas, arm, against)
            shown = pd.concat([curves[curves["arm"].isin([arm, against])], band.assign(arm=arm)])
            return figure, shown, f"Band: 95 % pointwise, {bootstrap:,} draws of subjects."

        return make

    def auc_of(arm: str) -> Maker:
        shown = pd.concat([table[table["arm"] == arm] for table in (areas, by_fold)])
        return lambda: (performance.draw_auc(by_fold, areas, arm), shown)

    bars = "Bars: 95 % intervals, subjects resampled."
    makers = {
        "fig-3.10-folds": lambda: (labels.draw_folds(split, len(read_table(images))), split),
        "fig-4.5-auc-summary": lambda: (performance.draw_auc_summary(areas, arms), areas, bars),
        "roc-arms": lambda: (performance.draw_roc_arms(curves, areas, arms), curves),
        "pr-arms": lambda: (
            performance.draw_precision_recall(recalled, measured, arms),
            recalled,
            "Dotted: the share of positive frames, which chance reaches.",
        ),
        "reliability-arms": lambda: (performance.draw_reliability(bins, arms), bins, bars),
        "table-auc": lambda: (draw_table(listings.list_auc(areas, arms)), areas),
    }
    for arm, path in zip(arms, predictions, strict=True):
        makers[name_figure("roc", arm)] = roc_of(arm, path)
        makers[name_figure("auc", arm)] = auc_of(arm)
    save_figures(outs, makers, dpi, note)


def list_folds(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return fold, subject, frames: whom each fold validates, as its predictions show."""
    return predictions.groupby(["fold", "subject"]).size().rename("frames").reset_index()


if __name__ == "__main__":
    command.run(draw_classifier)
