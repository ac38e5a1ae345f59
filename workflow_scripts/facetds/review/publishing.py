"""From journals to the table of seed labels: by majority, or as adjudicated."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.labels import COLUMNS
from facetds.review.agreement import compare_all, tabulate
from facetds.review.journal import ADJUDICATION, State
from facetds.tables import write_table


def merge_states(states: Mapping[str, State]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the published labels (seed, AU1 to AU15, neutral, reviewers, source), and disputes.

    An adjudicated seed is as decided there. Else every reviewer who has decided on a seed, and is
    not unsure, has a vote on whether to keep it, and who keeps it on each AU; the majority counts.
    A tie is a dispute (seed, and each reviewer's decision): the seed is not published until it is
    adjudicated. source: adjudication, review (one reviewer) or majority.
    """
    reviewers = sorted(set(states) - {ADJUDICATION})
    tables = [tabulate(states[name], name) for name in reviewers]
    votes = pd.concat([tabulate(State(), ""), *tables])
    final = tabulate(states.get(ADJUDICATION, State()), ADJUDICATION)
    final = final[final["decision"] != "unsure"]
    votes = votes[(votes["decision"] != "unsure") & ~votes["seed"].isin(final["seed"])]
    votes = votes.assign(keeps=votes["decision"] != "reject")
    count, keep = (votes.groupby("seed")["keeps"].agg(how) for how in ("size", "sum"))
    marks = votes[votes["keeps"]].groupby("seed")[list(AU_NAMES)].sum()
    kept = keep[2 * keep > count]
    marks = marks.loc[kept.index].astype(np.int64)
    tied = (2 * marks).eq(kept, axis=0).any(axis=1)
    table = (2 * marks[~tied]).gt(kept[~tied], axis=0).astype(np.int64).reset_index()
    voters = count[table["seed"]].to_numpy(np.int64)
    table = table.assign(reviewers=voters, source=np.where(voters == 1, "review", "majority"))
    sure = final[final["decision"] != "reject"]
    sure = sure.assign(reviewers=max(len(reviewers), 1), source=ADJUDICATION)
    table = pd.concat([table, sure[table.columns]]).sort_values("seed", ignore_index=True)
    neutral = (table[list(AU_NAMES)].sum(axis=1) == 0).astype(np.int64)
    table.insert(1 + len(AU_NAMES), "neutral", neutral)
    seeds = sorted({*keep[2 * keep == count].index, *tied[tied].index})
    return table, _list_disputes(seeds, {name: states[name] for name in reviewers})


def _list_disputes(seeds: list[int], states: Mapping[str, State]) -> pd.DataFrame:
    rows = [
        {"seed": seed, **{name: state.labels.get(seed, "") for name, state in states.items()}}
        for seed in seeds
    ]
    return pd.DataFrame(rows, columns=["seed", *states])


def publish(
    states: Mapping[str, State],
    folder: Path,
    network: str,
    psi: float,
    seeds: set[int],
    root_seed: int,
) -> str:
    """Write seed_labels.csv, disputed.csv and agreement.csv to `folder`; return what was written.

    Only seeds in `seeds` (those with a preview) are published. Raises `FacetdsError` if no seed is
    kept, or while a workflow runs here, which might read the old table and finish after the new.
    """
    refuse_while_running(Path())
    table, disputes = merge_states(states)
    unknown = int((~table["seed"].isin(seeds)).sum())
    table = table[table["seed"].isin(seeds)].assign(network=network, psi=psi)
    if table.empty:
        raise FacetdsError("No seed is kept yet; give some an AU, or neutral, and publish again.")
    write_table(folder / "disputed.csv", disputes)
    votes = {name: state for name, state in states.items() if name != ADJUDICATION}
    write_table(folder / "agreement.csv", compare_all(votes, root_seed), decimals=4)
    write_table(folder / "seed_labels.csv", table[list(COLUMNS)])
    counts = ", ".join(f"{table[name].sum()} {name}" for name in (*AU_NAMES, "neutral"))
    words = f"{len(table)} seeds ({counts}) are in {folder / 'seed_labels.csv'}."
    if len(disputes):
        words += f" {len(disputes)} disputed seeds are left out (disputed.csv)."
    if unknown:
        words += f" {unknown} seeds without a preview are left out."
    return f"{words} Name the file in seeds.labels of config.yaml."


def refuse_while_running(folder: Path) -> None:
    """Raise `FacetdsError` if Snakemake holds its lock on the workflow in `folder`."""
    if any((folder / ".snakemake/locks").glob("*")):
        raise FacetdsError(
            "The workflow is running here (.snakemake/locks); publish when it has ended. After a "
            "crash, snakemake --unlock gives it free."
        )
