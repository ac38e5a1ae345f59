"""Estimating AUs by linear models of `facetds.expressions`.

Used to simulate reviewers of seeds and to audit labels; it is no substitute for a person.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facetds.aus import AUS
from facetds.errors import FacetdsError
from facetds.expressions import MEASURES, describe_face
from facetds.faces import find_face, inter_ocular_distance, landmarks
from facetds.foreign import load_arrays

# A measure this many standard deviations off is a misplaced landmark or a broken face: of 960
# drawn faces one reached 4, none this.
ODD = 4.5


@dataclass(frozen=True)
class Look:
    """One look at an image: why it cannot be judged ("" if it can) and what was seen.

    reason: "" or one of no_face, several_faces, weak_face, odd_face; score: dlib's confidence, NaN
    if dlib found no face; features: see `describe_face`, None without a face.
    """

    reason: str
    n_faces: int
    score: float
    features: np.ndarray | None


@dataclass(frozen=True)
class Estimators:
    """Linear estimators of the AUs, by name.

    names: str R; mean, scale: float64 D, of the features; weights: float32 R x 6 x D and
    intercepts: float64 R x 6, for the logit of each AU from (features - mean) / scale; resolution:
    side in pixels of the images that they were fitted on.
    """

    names: tuple[str, ...]
    mean: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    intercepts: np.ndarray
    resolution: int


def read_estimators(path: Path | str) -> Estimators:
    """Read the .npz that holds the fields of `Estimators` as plain arrays."""
    arrays = load_arrays(path)
    try:
        found = Estimators(
            tuple(arrays["names"].tolist()),
            *(arrays[name] for name in ("mean", "scale", "weights", "intercepts")),
            int(arrays["resolution"]),
        )
    except KeyError as error:
        raise FacetdsError(f"{path} lacks the array {error}; run fit_reviewer again.") from None
    if found.weights.shape != (len(found.names), len(AUS), len(found.mean)):
        raise FacetdsError(f"{path} does not fit this version; run fit_reviewer again.")
    return found


def estimate(estimators: Estimators, features: np.ndarray) -> np.ndarray:
    """Return the probabilities of the AUs by each estimator (R x 6) from features (D)."""
    logits = estimators.weights @ ((features - estimators.mean) / estimators.scale)
    return 1 / (1 + np.exp(-np.clip(logits + estimators.intercepts, -500, 500)))


def look(
    image: np.ndarray,
    estimators: Estimators | None = None,
    least_score: float = 0.0,
    predictor: Path | None = None,
) -> Look:
    """Look for the one face of an image (uint8 H x W x 3) and describe it.

    A face that dlib finds with less than `least_score`, or Haar alone, is weak. With `estimators`,
    a face with a measure far (`ODD`) from those of the fitted faces is odd. `predictor` is the path
    of a 68-point model, None for the installed one.
    """
    finding = find_face(image)
    if finding.face is None:
        return Look("no_face", 0, np.nan, None)
    score = finding.face.score if finding.face.detector == "dlib" else np.nan
    points = landmarks(image, finding.face.box, predictor)
    if inter_ocular_distance(points) < 1:
        return Look("odd_face", finding.n_faces, score, None)
    features = describe_face(image, points)
    reason = ""
    if finding.n_faces > 1:
        reason = "several_faces"
    elif not score >= least_score:
        reason = "weak_face"
    elif estimators is not None and _oddness(estimators, features) > ODD:
        reason = "odd_face"
    return Look(reason, finding.n_faces, score, features)


def _oddness(estimators: Estimators, features: np.ndarray) -> float:
    """Return how many standard deviations the oddest of the measures lies from its mean."""
    number = len(MEASURES)
    spread = estimators.scale[:number] / np.sqrt(number)
    return float(np.abs((features[:number] - estimators.mean[:number]) / spread).max())
