"""Draw and list what the data sets hold (thesis 3.2 to 3.5, A.1)."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from facetds import command
from facetds.figures import counts, listings, people
from facetds.figures.family import save_figures
from facetds.figures.sheets import draw_table
from facetds.tables import read_table


def draw_data(
    outs: Annotated[list[Path], typer.Argument(help="Figures to write, as .png.")],
    groups: Path,
    ages: Path,
    age_summary: Path,
    rates: Path,
    subjects: Path,
    photos: Path,
    frames: Path,
    dpi: int,
    stand_in: list[str] | None = None,
    note: str | None = None,
) -> None:
    """Write the figures of CFD and DISFA; `stand_in` names those that are drawn in this run."""
    cfd = read_table(groups, ("set", "race", "sex", "expression", "count"))
    shares = read_table(rates, ("au", "intensity", "share"))
    base_rates = read_table(subjects, ("subject", "au", "share"))
    years = read_table(ages, ("age_low", "age_high", "count"))
    told = read_table(age_summary, ("statistic", "value"))
    summary = dict(zip(told["statistic"], told["value"], strict=True))
    listed = read_table(photos, ("model", "set", "race", "sex"))
    models = people.count_people(listed)

    def count(*columns: str) -> pd.DataFrame:
        return cfd.groupby(list(columns), as_index=False)["count"].sum()

    def table(made: pd.DataFrame) -> tuple:
        return draw_table(made), made

    by_race, by_sex = count("set", "race"), count("set", "sex")
    by_group = counts.mark_neutral(count("race", "expression"))
    makers = {
        "fig-3.1-cfd-race": lambda: (counts.draw_stacked(by_race, "race", counts.RACES), by_race),
        "fig-3.2-cfd-sex-by-set": lambda: (people.draw_sexes(models), models),
        "fig-3.3-cfd-sex": lambda: (counts.draw_stacked(by_sex, "sex", counts.SEXES), by_sex),
        "fig-3.4-cfd-people": lambda: (
            counts.draw_stacked(models, "race", counts.RACES, "people"),
            models,
        ),
        "fig-3.5-cfd-age": lambda: (
            counts.draw_ages(years, summary),
            years,
            counts.describe_ages(summary),
        ),
        "fig-3.7-cfd-groups": lambda: (
            counts.draw_groups(by_group),
            by_group,
            counts.describe_neutral(by_group),
        ),
        "disfa-rates": lambda: (counts.draw_rates(shares), shares),
        "disfa-subjects": lambda: (counts.draw_base_rates(base_rates), base_rates),
        "table-3.1-databases": lambda: table(
            listings.list_databases(listed, read_table(frames, ("subject",)), stand_in or [])
        ),
        "table-3.2-expressions": lambda: table(listings.list_expressions()),
        "table-A.1-aus": lambda: table(listings.list_aus(shares)),
    }
    save_figures(outs, makers, dpi, note)


if __name__ == "__main__":
    command.run(draw_data)
