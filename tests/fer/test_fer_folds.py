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
from facetds.fer.train_arm import list_weights

SUBJECTS = [f"SN{n:03d}" for n in range(1, 27)]
# Ten synthetic images, of which 1, 2, ... 6 show the AUs.
SYNTHETIC = (np.arange(10)[:, None] <= np.arange(6)).astype(np.uint8)


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
    training = {
        "folds": folds,
        "options": {"loss": "balanced"},
        "synthetic_images": 10,
        "synthetic_positives": [1, 2, 3, 4, 5, 6],
    }
    training["class_weights"] = [
        row
        for fold in plan
        for row in list_weights([disfa, {"labels": SYNTHETIC}], fold, "balanced")
    ]
    return training, table, disfa


def test_a_clean_arm_passes_whatever_the_order_of_its_rows(study):
    training, table, disfa = study
    checks = check_arm("original", training, table.sample(frac=1, random_state=0), disfa)
    assert checks["stopping_and_validation_disjoint"] is True
    for fold in training["folds"]:
        fold["stopping"] = fold["validation"]
    checks = check_arm("original", training, table, disfa)
    assert checks["stopping_and_validation_disjoint"] is False


def leak_subject(training, table, disfa):
    folds = training["folds"]
    folds[0]["training"] = (*folds[0]["training"], "SN001")


def validate_twice(training, table, disfa):
    folds = training["folds"]
    folds[1]["validation"] = (*folds[1]["validation"], "SN001")


def stop_by_training(training, table, disfa):
    folds = training["folds"]
    folds[0]["stopping"] = folds[0]["training"][:1]


def swap_folds(training, table, disfa):
    table["fold"] = 4 - table["fold"]


def swap_columns(training, table, disfa):
    disfa["labels"][:] = disfa["labels"][:, ::-1]


def shift_frames(training, table, disfa):
    table["frame"] += 1


def repeat_frame(training, table, disfa):
    table.loc[1, "frame"] = 1


def lose_probability(training, table, disfa):
    table.loc[3, "P_AU6"] = np.nan


def weigh_by_validation(training, table, disfa):
    wrong = plan_folds(SUBJECTS[:6], 3, "thesis", 1)[0]
    training["class_weights"][:6] = list_weights([disfa, {"labels": SYNTHETIC}], wrong, "balanced")


def weigh_otherwise(training, table, disfa):
    training["class_weights"][7]["weight_negative"] = 1.0


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
    ],
)
def test_a_leak_stops_the_report(study, spoil, words):
    spoil(*study)
    with pytest.raises(FacetdsError, match=words):
        check_arm("original", *study)
