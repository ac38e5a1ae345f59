"""Leaks between training and test that must not be, looked for in what was really trained."""

from typing import Any

import numpy as np
import pandas as pd

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.fer import splits
from facetds.fer.evaluation import SCORE_NAMES
from facetds.fer.weighting import weigh_classes

Folds = list[dict[str, object]]


def check_arm(
    arm: str,
    training: dict[str, object],
    predictions: pd.DataFrame,
    disfa: dict[str, np.ndarray],
    split: pd.DataFrame,
    weights: pd.DataFrame,
) -> dict[str, object]:
    """Return what was checked of one arm, and whether it stopped by the subjects it reports.

    training: of `results.merge_records`; predictions: fold, subject, frame, AU1.., P_AU1..; disfa:
    inputs with labels, subject and frame; split: fold and the columns of `splits.list_rows`;
    weights: fold and the columns of `weigh_classes`.

    Raises `FacetdsError` for a subject in two folds or in training and validation, for predictions
    of other subjects than the plan's, for frames missing, repeated or with other labels than the
    crops', joined by name, for probabilities outside 0 to 1, for rows that took part in another
    role than planned, for the seed of a synthetic image on two sides, and for class weights that
    do not follow from the training rows alone.
    """
    folds = training["folds"]
    problems = [
        *_find_overlaps(folds),
        *_find_strays(folds, predictions),
        *_find_mislabelled(predictions, disfa, training.get("references")),
        *_find_misplaced(folds, split, disfa),
        *_find_misweighted(split, weights, training["options"]["loss"]),
    ]
    scores = predictions[list(SCORE_NAMES)].to_numpy()
    if not ((scores >= 0) & (scores <= 1)).all():
        problems.append("a probability is not between 0 and 1")
    if problems:
        raise FacetdsError(
            f"results/fer/{arm} must not be reported: {'; '.join(problems)}. Train the arm again."
        )
    own = [set(fold["stopping"]) & set(fold["validation"]) for fold in folds]
    return {
        "subjects_in_two_folds": [],
        "train_and_validation_disjoint": True,
        "stopping_and_validation_disjoint": not any(own),
        "predicted_subjects_are_the_fold's": True,
        "every_frame_predicted_once": True,
        "reference_frames_not_predicted": _count_references(training.get("references")),
        "labels_equal_the_crops_by_subject_frame_and_au": True,
        "training_labels_equal_the_crops_by_subject_and_au": True,
        "class_weights_of_training_rows_only": True,
        "synthetic_seeds_in_training_only": True,
        "synthetic_seeds": split.loc[split["origin"] == splits.SYNTHETIC, "name"].nunique(),
    }


def _count_references(references: dict[str, Any] | None) -> int:
    return sum(map(len, references["frames"].values())) if references else 0


def _find_misplaced(folds: Folds, split: pd.DataFrame, disfa: dict[str, np.ndarray]) -> list[str]:
    """Return which rows took part in another role than planned, in two, or with other labels."""
    problems = []
    for fold in folds:
        number, rows = fold["number"], split[split["fold"] == fold["number"]]
        wrong = splits.find_straddlers(rows) + splits.find_miscounts(rows, disfa)
        synthetic = rows[rows["origin"] == splits.SYNTHETIC]
        aside = synthetic.loc[synthetic["role"] != splits.TRAINING, ["name", "role"]]
        wrong += [f"synthetic {name} in {role}" for name, role in aside.to_numpy()]
        real = rows[rows["origin"] == splits.DISFA]
        for role in (splits.TRAINING, splits.STOPPING, splits.VALIDATION):
            if set(real.loc[real["role"] == role, "name"]) != set(fold[role]):
                wrong.append(f"other subjects for {role} than planned")
        if wrong:
            problems.append(f"fold {number} used {', '.join(wrong)}")
    return problems


def _find_misweighted(split: pd.DataFrame, weights: pd.DataFrame, loss: str) -> list[str]:
    """Return the folds whose class weights do not follow from the rows they were trained on."""
    problems = []
    for number, rows in split[split["role"] == splits.TRAINING].groupby("fold"):
        positives = rows[list(AU_NAMES)].sum().to_numpy()
        expected = weigh_classes(positives, int(rows["images"].sum()), loss).set_index("au")
        told = weights[weights["fold"] == number].set_index("au")
        if sorted(told.index) != sorted(AU_NAMES) or not np.allclose(
            told.loc[expected.index, list(expected)], expected, atol=1e-6
        ):
            problems.append(f"fold {number} has class weights of other images than its own")
    return problems


def _find_overlaps(folds: Folds) -> list[str]:
    """Return what subjects are where they must not be."""
    problems = []
    validated = [name for fold in folds for name in fold["validation"]]
    twice = sorted({name for name in validated if validated.count(name) > 1})
    if twice:
        problems.append(f"{', '.join(twice)} in the validation of two folds")
    for fold in folds:
        for part in ("validation", "stopping"):
            if both := sorted(set(fold["training"]) & set(fold[part])):
                problems.append(
                    f"fold {fold['number']} has {', '.join(both)} in training and {part}"
                )
    return problems


def _find_strays(folds: Folds, predictions: pd.DataFrame) -> list[str]:
    """Return which folds predict other subjects than planned."""
    problems = []
    for fold in folds:
        found = set(predictions.loc[predictions["fold"] == fold["number"], "subject"])
        if found != set(fold["validation"]):
            problems.append(
                f"fold {fold['number']} predicts {', '.join(sorted(found)) or 'nobody'}"
            )
    return problems


def _find_mislabelled(
    predictions: pd.DataFrame, disfa: dict[str, np.ndarray], references: dict[str, Any] | None
) -> list[str]:
    """Return how the predictions' frames and labels differ from those of the crops.

    references: frames by subject, which show the neutral face and must not be predicted.
    """
    names = ["subject", "frame"]
    crops = pd.DataFrame(disfa["labels"], columns=list(AU_NAMES))
    crops = crops.assign(subject=disfa["subject"], frame=disfa["frame"])
    if references is not None:
        pairs = [(name, frame) for name, own in references["frames"].items() for frame in own]
        crops = crops[~pd.MultiIndex.from_frame(crops[names]).isin(pairs)]
    if predictions.duplicated(names).any():
        return ["a frame is predicted twice"]
    joined = crops.merge(predictions, on=names, how="outer", suffixes=("", "_told"), indicator=True)
    if not (joined["_merge"] == "both").all():
        return [f"{(joined['_merge'] != 'both').sum()} frames are not both cropped and predicted"]
    told = joined[[f"{au}_told" for au in AU_NAMES]].to_numpy()
    if (wrong := joined[list(AU_NAMES)].to_numpy() != told).any():
        return [f"the labels of {wrong.any(axis=1).sum()} frames are not those of the crops"]
    return []
