"""Whether a run can be trusted: checks by stated rules, each passed, to be looked at, or failed."""

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from facetds.aus import AU_NAMES
from facetds.figures.page import Files
from facetds.figures.sheets import format_number
from facetds.rejects import gather_rejected

PASSED, LOOK, FAILED = "passed", "look", "failed"

KAPPA_GOOD, KAPPA_POOR = 0.6, 0.4
"""Cohen's kappa from which agreement is substantial, and below which it is at most fair (Landis and
Koch 1977)."""

SEEDS = 20
"""Seeds (effective) that an AU should come from: fewer show few people."""

ASIDE = 0.1
"""Share of the photographs that may be set aside."""


class Check(NamedTuple):
    """A check: its state (passed, look, failed), what was asked, what was found, and the rule."""

    state: str
    question: str
    found: str
    rule: str


def check_run(files: Files, drawn: list[str], simulated: bool) -> list[Check]:
    """Return the checks of a run, that of its data first.

    `drawn` names the data sets that drawn faces stand in for; `simulated` says whether simulated
    reviewers labelled the seeds. A check whose table was not made is to be looked at.
    """
    checks = [_check_data(drawn, simulated)]
    for question, judge, rule in CHECKS:
        state, found = judge(files) or (LOOK, "not in this run")
        checks.append(Check(state, question, found, rule))
    return checks


def count_states(checks: list[Check]) -> dict[str, int]:
    """Return how many checks are in each state."""
    return {state: sum(c.state == state for c in checks) for state in (PASSED, LOOK, FAILED)}


def _check_data(drawn: list[str], simulated: bool) -> Check:
    words = [f"drawn faces stand in for {' and '.join(drawn)}"] if drawn else []
    words += ["simulated reviewers labelled the seeds"] if simulated else []
    return Check(
        LOOK if words else PASSED,
        "The data are of real faces and reviewers",
        "; ".join(words) or "data sets and labels of the user",
        "data.cfd, data.disfa and seeds.labels are set",
    )


def _leaks(files: Files) -> tuple[str, str] | None:
    found = files.json("fer/checks.json")
    if found is None:
        return None
    return (PASSED, "none") if found["passed"] else (FAILED, "see the checks below")


def _areas(files: Files) -> tuple[str, str] | None:
    summary = files.table("fer/summary.csv", ("au", "auc_pooled"))
    if summary is None:
        return None
    missing = summary.loc[summary["auc_pooled"].isna() & summary["au"].isin(AU_NAMES), "au"]
    if missing.empty:
        return PASSED, "of all AUs"
    return FAILED, f"undefined for {_list(missing.unique())}"


def _labels(files: Files) -> tuple[str, str] | None:
    audit = _selected(files)
    if audit is None:
        return None
    known = audit.dropna(subset=["agreement", "elsewhere"])
    wrong = known.loc[
        (known["agreement"] <= known["elsewhere"]) & (known["checked"] >= SEEDS), "au"
    ]
    if len(wrong):
        return FAILED, f"not so for {_list(wrong)}"
    sure = known.loc[known["agreement_low"] > known["elsewhere_high"], "au"]
    rest = [au for au in AU_NAMES if au not in set(sure)]
    return (LOOK, f"not sure for {_list(rest)}") if rest else (PASSED, "so for all AUs")


def _seeds(files: Files) -> tuple[str, str] | None:
    audit = _selected(files)
    if audit is None:
        return None
    few = audit[audit["au"].isin(AU_NAMES) & ~(audit["effective_seeds"] >= SEEDS)]
    words = _list(f"{row.au} {format_number(row.effective_seeds, 1)}" for row in few.itertuples())
    return (LOOK, f"fewer of {words}") if words else (PASSED, "of all AUs")


def _selected(files: Files) -> pd.DataFrame | None:
    wanted = ("set", "au", "effective_seeds", "checked", "agreement", "agreement_low",
              "elsewhere", "elsewhere_high")  # fmt: skip
    audit = files.table("annotate/audit.csv", wanted)
    return None if audit is None else audit[audit["set"] == "selected"]


def _reviewers(files: Files) -> tuple[str, str] | None:
    table = files.table("agreement.csv", ("au", "kappa"))
    if table is None:
        return None
    kappas = table[table["au"].isin(AU_NAMES)].groupby("au", sort=False)["kappa"].min()
    low = kappas[~(kappas >= KAPPA_GOOD)]
    if low.empty:
        return PASSED, f"the lowest kappa is {format_number(kappas.min(), 2)}"
    words = _list(f"{au} {format_number(kappa, 2)}" for au, kappa in low.items())
    return (FAILED if (low < KAPPA_POOR).any() else LOOK), f"kappa of {words}"


def _copies(files: Files) -> tuple[str, str] | None:
    table = files.table("select/copies.csv", ("set", "copies"))
    if table is None:
        return None
    count = int(table.loc[table["set"] == "selected", "copies"].sum())
    return (FAILED, f"{count:,} copies") if count else (PASSED, "none")


def _distance(files: Files) -> tuple[str, str] | None:
    table = files.table("iqa/frechet.csv", ("set", "distance"))
    if table is None or not {"selected", "random"} <= set(table["set"]):
        return None
    distances = table.set_index("set")["distance"]
    words = " against ".join(format_number(distances[name]) for name in ("selected", "random"))
    return (PASSED if distances["selected"] <= distances["random"] else LOOK), words


def _training(files: Files) -> tuple[str, str] | None:
    table = files.table("gan/warnings.csv", ("sign",))
    if table is None:
        return None
    return (LOOK, _list(table["sign"].unique())) if len(table) else (PASSED, "none")


def _aside(files: Files) -> tuple[str, str] | None:
    photos = files.table("data/cfd.csv")
    lists = files.find("data/rejected.csv", "crop/rejected.csv")
    if photos is None or not lists:
        return None
    count = int((gather_rejected(lists)["source"] == "cfd").sum())
    state = PASSED if count <= ASIDE * len(photos) else LOOK
    return state, f"{count:,} of {len(photos):,}"


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)


CHECKS = (
    ("No leak between training and test", _leaks, "every check of fer/checks.json holds"),
    ("Every AU has an AUC", _areas, "frames with and without it were tested"),
    ("Images show the AUs of their labels", _labels, "the audit sees an AU more often where it is "
     f"labelled, with intervals apart; failed: not more often, in {SEEDS} images or more"),
    ("Every AU comes from many seeds", _seeds, f"at least {SEEDS} effective seeds"),
    ("Reviewers agree", _reviewers, f"kappa of every AU at least {KAPPA_GOOD}; failed: below "
     f"{KAPPA_POOR}"),
    ("No selected image copies an original", _copies, "none nearer than the limit"),
    ("Selected images are as near to the originals as random ones", _distance,
     "their Fréchet distance is not larger"),
    ("The network learned without trouble", _training, "gan/warnings.csv is empty"),
    ("Nearly all photographs could be used", _aside, f"at most {100 * ASIDE:.0f} % set aside"),
)  # fmt: skip
"""What is asked, the function that returns state and finding (None without its table), the rule."""
