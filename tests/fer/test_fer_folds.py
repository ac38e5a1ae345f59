"""The plan of the folds, and the checks that nothing leaked."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.fer.checks import check_arm
from facetds.fer.evaluation import SCORE_NAMES
from facetds.fer.folds import plan_folds
from facetds.fer.inputs import select_rows
from facetds.fer.results import merge_records
from facetds.fer.splits import list_rows
from facetds.fer.weighting import weigh_classes

SUBJECTS = [f"SN{n:03d}" for n in range(1, 27)]
# Ten synthetic images of five seeds, of which 1, 2, ... 6 show the AUs.
SYNTHETIC = {
    "labels": (np.arange(10)[:, None] <= np.arange(6)).astype(np.uint8),
    "seed": np.arange(10) // 2,
}


@given(st.integers(6, 40), st.integers(2, 13), st.sampled_from(["sound", "thesis"]))
def test_every_subject_is_validated_once_and_never_trained_on(count, folds, mode):
    names = [f"SN{n:03d}" for n in range(count)]
    inner = 2
    if folds > count or -(-count // folds) + inner >= count:
        with pytest.raises(FacetdsError, match="too few"):
            plan_folds(names, folds, "sound", inner)
        return
    plan = plan_folds(names, folds, mode, inner)
    assert [name for fold in plan for name in fold.validation] == names
    sizes = {len(fold.validation) for fold in plan}
    assert max(sizes) - min(sizes) <= 1
    for fold in plan:
        assert not set(fold.training) & {*fold.validation, *fold.stopping}
        assert set(fold.training) | {*fold.validation, *fold.stopping} == set(names)
        if mode == "thesis":
            assert fold.stopping == fold.validation
        else:
            assert len(fold.stopping) == inner
            assert not set(fold.stopping) & set(fold.validation)


def test_the_thesis_plan_is_thirteen_pairs_in_order():
    plan = plan_folds(SUBJECTS, 13, "thesis", 4)
    assert plan[0].validation == ("SN001", "SN002")
    assert plan[12].validation == ("SN025", "SN026")
    assert all(len(fold.training) == 24 for fold in plan)
    assert plan_folds(SUBJECTS, 13, "sound", 4)[12].stopping == ("SN001", "SN002", "SN003", "SN004")


def test_a_subject_named_twice_is_refused():
    with pytest.raises(FacetdsError, match="SN003 would be in two folds"):
        plan_folds([*SUBJECTS, "SN003"], 13, "sound", 4)


@pytest.fixture
def study():
    """Return a plan, predictions and crops that agree."""
    random = np.random.default_rng(0)
    plan = plan_folds(SUBJECTS[:6], 3, "sound", 1)
    folds = [vars(fold) for fold in plan]
    labels = random.integers(0, 2, (24, 6)).astype(np.uint8)
    disfa = {
        "labels": labels,
        "subject": np.repeat(SUBJECTS[:6], 4),
        "frame": np.tile(np.arange(1, 5), 6),
    }
    table = pd.DataFrame({"fold": np.repeat([1, 2, 3], 8)})
    table["subject"], table["frame"] = disfa["subject"], disfa["frame"]
    table[list(AU_NAMES)] = labels
    table[list(SCORE_NAMES)] = random.random((24, 6))
    training = {"folds": folds, "options": {"loss": "balanced"}}
    split = pd.concat([record_fold(disfa, fold) for fold in plan], ignore_index=True)
    weights = pd.concat([weigh_fold(split, fold.number) for fold in plan], ignore_index=True)
    return training, table, disfa, split, weights


def record_fold(disfa, fold):
    """Return split.csv of a fold with the synthetic images."""
    roles = [
        ("training", disfa, select_rows(disfa, fold.training)),
        ("training", SYNTHETIC, np.arange(10)),
        ("stopping", disfa, select_rows(disfa, fold.stopping)),
        ("validation", disfa, select_rows(disfa, fold.validation)),
    ]
    return pd.concat([list_rows(*role) for role in roles]).assign(fold=fold.number)


def weigh_fold(split, number, roles=("training",)):
    """Return class_weights.csv of a fold by the rows of some roles."""
    rows = split[(split["fold"] == number) & split["role"].isin(roles)]
    positives = rows[list(AU_NAMES)].sum().to_numpy()
    return weigh_classes(positives, rows["images"].sum(), "balanced").assign(fold=number)


def test_a_clean_arm_passes_whatever_the_order_of_its_rows(study):
    training, table, disfa, split, weights = study
    shuffled = [each.sample(frac=1, random_state=0) for each in (table, split, weights)]
    checks = check_arm("original", training, shuffled[0], disfa, *shuffled[1:])
    assert checks["stopping_and_validation_disjoint"] is True
    assert checks["synthetic_seeds"] == 5
    plan = plan_folds(SUBJECTS[:6], 3, "thesis", 1)
    training["folds"] = [vars(fold) for fold in plan]
    split = pd.concat([record_fold(disfa, fold) for fold in plan])
    weights = pd.concat([weigh_fold(split, fold.number) for fold in plan])
    checks = check_arm("original", training, table, disfa, split, weights)
    assert checks["stopping_and_validation_disjoint"] is False


def leak_subject(training, table, disfa, split, weights):
    folds = training["folds"]
    folds[0]["training"] = (*folds[0]["training"], "SN001")


def validate_twice(training, table, disfa, split, weights):
    folds = training["folds"]
    folds[1]["validation"] = (*folds[1]["validation"], "SN001")


def stop_by_training(training, table, disfa, split, weights):
    folds = training["folds"]
    folds[0]["stopping"] = folds[0]["training"][:1]


def swap_folds(training, table, disfa, split, weights):
    table["fold"] = 4 - table["fold"]


def swap_columns(training, table, disfa, split, weights):
    disfa["labels"][:] = disfa["labels"][:, ::-1]


def shift_frames(training, table, disfa, split, weights):
    table["frame"] += 1


def repeat_frame(training, table, disfa, split, weights):
    table.loc[1, "frame"] = 1


def lose_probability(training, table, disfa, split, weights):
    table.loc[3, "P_AU6"] = np.nan


def weigh_by_validation(training, table, disfa, split, weights):
    weights.iloc[:6] = weigh_fold(split, 1, ("training", "validation"))[list(weights)]


def weigh_otherwise(training, table, disfa, split, weights):
    weights.loc[7, "weight_negative"] = 1.0


def lose_weights(training, table, disfa, split, weights):
    weights.loc[12:17, "fold"] = 2


def seed_on_two_sides(training, table, disfa, split, weights):
    row = split[(split["fold"] == 2) & (split["name"] == "3")].iloc[0]
    split.loc[len(split)] = row.replace("training", "validation")


def seed_to_stop_by(training, table, disfa, split, weights):
    split.loc[split["name"] == "4", "role"] = "stopping"


def train_on_validation(training, table, disfa, split, weights):
    split.loc[(split["name"] == "SN001") & (split["fold"] == 1), "role"] = "training"


def train_with_other_labels(training, table, disfa, split, weights):
    split.loc[(split["name"] == "SN006") & (split["fold"] == 1), "AU4"] += 1


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (leak_subject, "fold 1 has SN001 in training and validation"),
        (validate_twice, "SN001 in the validation of two folds"),
        (stop_by_training, "in training and stopping"),
        (swap_folds, "fold 1 predicts SN005, SN006"),
        (swap_columns, "labels of .* frames are not those"),
        (shift_frames, "not both cropped and predicted"),
        (repeat_frame, "a frame is predicted twice"),
        (lose_probability, "a probability is not"),
        (weigh_by_validation, "fold 1 has class weights of other images"),
        (weigh_otherwise, "fold 2 has class weights of other images"),
        (lose_weights, "fold 3 has class weights of other images"),
        (seed_on_two_sides, "fold 2 used synthetic 3 in training and validation"),
        (seed_to_stop_by, "fold 1 used synthetic 4 in stopping"),
        (train_on_validation, "fold 1 used other subjects for training than planned"),
        (train_with_other_labels, "fold 1 used SN006 in "),
    ],
)
def test_a_leak_stops_the_report(study, spoil, words):
    spoil(*study)
    with pytest.raises(FacetdsError, match=words):
        check_arm("original", *study)


def test_folds_that_were_trained_otherwise_are_not_taken_together():
    records = [{"fold": {"number": n}, "options": {"epochs": 2}, "runtime": {}} for n in (1, 2)]
    assert merge_records("a", records)["folds"] == [{"number": 1}, {"number": 2}]
    records[1]["options"] = {"epochs": 3}
    with pytest.raises(FacetdsError, match="results/fer/a: fold 2 differs from fold 1 in options"):
        merge_records("a", records)
