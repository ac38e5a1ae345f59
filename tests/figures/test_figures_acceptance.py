"""The checks of whether a run can be trusted: every state of every rule."""

import numpy as np
import pandas as pd
import pytest

from facetds.aus import AU_NAMES
from facetds.figures import acceptance
from facetds.figures.acceptance import FAILED, LOOK, PASSED
from facetds.figures.page import Files
from facetds.files import write_json

CFD = pd.DataFrame({"number": range(30)})


def audit(**columns):
    rows = {
        "set": "selected",
        "au": AU_NAMES,
        "effective_seeds": 30.0,
        "checked": 40,
        "agreement": 0.8,
        "agreement_low": 0.7,
        "elsewhere": 0.2,
        "elsewhere_high": 0.3,
    }
    return pd.DataFrame(rows | columns)  # fmt: skip


def kappas(*values):
    return pd.DataFrame({"au": [*AU_NAMES, "usable"], "kappa": [*values, 0.1]})


def rejected(count):
    return pd.DataFrame({"source": ["cfd"] * count, "item": "x", "file": "f", "reason": "r",
                         "code": "c"})  # fmt: skip


def distances(selected, random):
    return pd.DataFrame({"set": ["selected", "random"], "distance": [selected, random]})


CASES = [
    ("No leak", "fer/checks.json", {"passed": True}, PASSED, "none"),
    ("No leak", "fer/checks.json", {"passed": False}, FAILED, "see"),
    ("Every AU has", "fer/summary.csv", pd.DataFrame({"au": ["AU1"], "auc_pooled": [0.5]}),
     PASSED, "of all"),
    ("Every AU has", "fer/summary.csv",
     pd.DataFrame({"au": ["AU1", "AU5", "mean"], "auc_pooled": [0.5, np.nan, np.nan]}),
     FAILED, "undefined for AU5"),
    ("Images show", "annotate/audit.csv", audit(), PASSED, "all"),
    ("Images show", "annotate/audit.csv", audit(agreement_low=[0.7] * 5 + [0.25]), LOOK, "AU15"),
    ("Images show", "annotate/audit.csv", audit(agreement=[np.nan] + [0.8] * 5), LOOK, "AU1"),
    ("Images show", "annotate/audit.csv", audit(agreement=[0.1] + [0.8] * 5), FAILED, "AU1"),
    # One image says nothing.
    ("Images show", "annotate/audit.csv",
     audit(agreement=[0] + [0.8] * 5, agreement_low=[0] + [0.7] * 5, checked=[1] + [40] * 5),
     LOOK, "not sure for AU1"),
    ("Every AU comes", "annotate/audit.csv", audit(), PASSED, "all"),
    ("Every AU comes", "annotate/audit.csv", audit(effective_seeds=[19.94] + [30] * 5), LOOK,
     "AU1 19.9"),
    ("Every AU comes", "annotate/audit.csv", audit(effective_seeds=[np.nan] + [30] * 5), LOOK,
     "AU1"),
    ("Reviewers", "seeds/agreement.csv", kappas(*[0.7] * 6), PASSED, "0.70"),
    ("Reviewers", "seeds/agreement.csv", kappas(0.59, *[0.7] * 5), LOOK, "AU1 0.59"),
    ("Reviewers", "seeds/agreement.csv", kappas(np.nan, *[0.7] * 5), LOOK, "AU1 –"),
    ("Reviewers", "seeds/agreement.csv", kappas(0.39, *[0.7] * 5), FAILED, "AU1 0.39"),
    ("No selected", "select/copies.csv",
     pd.DataFrame({"set": ["generated", "selected"], "copies": [3, 0]}), PASSED, "none"),
    ("No selected", "select/copies.csv", pd.DataFrame({"set": ["selected"], "copies": [2]}),
     FAILED, "2 copies"),
    ("Selected images", "iqa/frechet.csv", distances(1.0, 1.0), PASSED, "1.000 against 1.000"),
    ("Selected images", "iqa/frechet.csv", distances(1.1, 1.0), LOOK, "1.100 against 1.000"),
    ("The network", "gan/warnings.csv", pd.DataFrame(columns=["kimg", "sign", "advice"]),
     PASSED, "none"),
    ("The network", "gan/warnings.csv", pd.DataFrame({"sign": ["mode collapse"]}), LOOK, "mode"),
    ("Nearly all", "data/rejected.csv", rejected(3), PASSED, "3 of 30"),
    ("Nearly all", "data/rejected.csv", rejected(4), LOOK, "4 of 30"),
]  # fmt: skip


@pytest.mark.parametrize(("start", "name", "content", "state", "words"), CASES)
def test_a_check_follows_its_rule(tmp_path, start, name, content, state, words):
    for path, table in (("data/cfd.csv", CFD), (name, content)):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        if isinstance(table, dict):
            write_json(tmp_path / path, table)
        else:
            table.to_csv(tmp_path / path, index=False)
    found = acceptance.check_run(Files(sorted(tmp_path.glob("*/*"))), [], False)
    check = next(check for check in found if check.question.startswith(start))
    assert check.state == state
    assert words in check.found


def test_what_was_not_made_is_to_be_looked_at():
    found = acceptance.check_run(Files([]), [], False)
    assert {check.state for check in found[1:]} == {LOOK}
    assert {check.found for check in found[1:]} == {"not in this run"}
    assert found[0].state == PASSED
    assert acceptance.count_states(found) == {PASSED: 1, LOOK: len(found) - 1, FAILED: 0}


def test_data_that_are_drawn_are_to_be_looked_at():
    for drawn, simulated, words in (
        (["CFD"], False, "drawn faces stand in for CFD"),
        ([], True, "simulated reviewers labelled the seeds"),
    ):
        check = acceptance.check_run(Files([]), drawn, simulated)[0]
        assert (check.state, check.found) == (LOOK, words)
