"""The file of an ensemble: one `.keras` with what prediction needs to know, read with distrust.

A `.keras` is a zip of a description of the layers (config.json), their weights (HDF5) and the
version of Keras; here it also holds facetds.json. Any Keras 3 opens it, without code of facetds.
Import this after `runtime.start_keras`.
"""

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from facetds.archives import check_members
from facetds.aus import AU_NAMES
from facetds.errors import BadInput, FacetdsError
from facetds.fer.subject_baseline import BASELINES, MAX_LOG_ODDS
from facetds.fer.weight_files import check_weights_file
from facetds.files import replacing

CONFIG, WEIGHTS, VERSION = "config.json", "model.weights.h5", "metadata.json"
ABOUT = "facetds.json"
FORMAT = 1
"""Of facetds.json."""

MAX_TEXT = 16_000_000
"""Bytes of config.json, and of facetds.json."""

MAX_WEIGHTS = 8_000_000_000
"""Bytes of the weights, in the zip and unpacked."""

MAX_NUMBER = 30_000
"""Largest number in the description of a layer, such as its units."""

CROP_RANGES = {
    "size": (32, 1024),
    "zoom": (0.0, 2.0),
    "center_shift": (-1.0, 1.0),
    "detect_size": (64, 1024),
    "upsample": (0, 2),
    "max_padded": (0.0, 1.0),
}
"""Least and largest value of the settings of a crop; whole numbers stand for whole numbers."""

LAYERS = {
    *("Functional", "Sequential", "InputLayer", "Rescaling", "Normalization", "DTypePolicy"),
    *("Conv2D", "DepthwiseConv2D", "ZeroPadding2D", "BatchNormalization", "Activation", "ReLU"),
    *("Add", "Subtract", "Multiply", "Concatenate", "Reshape", "Flatten", "Dense", "Dropout"),
    *("MaxPooling2D", "AveragePooling2D", "GlobalAveragePooling2D", "GlobalMaxPooling2D"),
    "Cropping3D",
}
"""What only computes. Other layers of Keras run code (Lambda), read files or import packages."""

MODULES = {"keras", "keras.layers", "keras.src.models.functional"}
PARTS = {"keras.initializers", "keras.regularizers"}
TENSOR = (None, "__keras_tensor__")
"""Module and class of what stands for a tensor between layers."""


def write_model(path: Path, model: keras.Model, about: dict[str, Any]) -> None:
    """Write a model and `about` (JSON) as one `.keras`; the same model gives the same bytes."""
    with replacing(path) as temporary:
        saved = temporary.with_name(f"{temporary.stem}.saved.keras")
        try:
            model.save(saved)
            with zipfile.ZipFile(saved) as source, zipfile.ZipFile(temporary, "w") as target:
                config = json.loads(source.read(CONFIG))
                for value in _walk(config):
                    if isinstance(value, dict):
                        # An address in memory; what shares it is loaded twice without harm.
                        value.pop("shared_object_id", None)
                target.writestr(_entry(CONFIG), json.dumps(config))
                with source.open(WEIGHTS) as read, target.open(_entry(WEIGHTS), "w") as written:
                    shutil.copyfileobj(read, written)
                # Keras notes the time of saving, too, but does not need it.
                target.writestr(_entry(VERSION), _to_json({"keras_version": keras.__version__}))
                target.writestr(_entry(ABOUT), _to_json({"format": FORMAT, **about}))
        finally:
            saved.unlink(missing_ok=True)


def _entry(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))


def _to_json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, sort_keys=True, allow_nan=False)


def read_model(path: Path) -> tuple[keras.Model, dict[str, Any]]:
    """Return the model of an ensemble's file, and its facetds.json.

    Nothing in the file is run: it may have layers of `LAYERS` only, and Keras opens it in safe
    mode. Raises `FacetdsError` if there is no such file, and `BadInput` for anything else: another
    kind of file, a damaged one, a Lambda layer or custom object, weights that are not finite, or
    outputs that are not members x AUs.
    """
    if not path.is_file():
        raise FacetdsError(
            f"{path} does not exist; make it with `snakemake --cores 2 "
            "results/fer/enhanced/ensemble.keras`, or name another model."
        )
    try:
        about = _check_file(path)
        model = keras.models.load_model(path, safe_mode=True, compile=False)
    except BadInput:
        raise
    except Exception as error:
        # Damaged bytes raise whatever the readers of zip, HDF5, JSON and Keras stumble over.
        line = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise _refusal(path, f"it is damaged or no `.keras` ({line})") from None
    _check_values(path, model, about)
    return model, about


def _check_file(path: Path) -> dict[str, Any]:
    """Return facetds.json, if the zip and what it holds can be opened without harm."""
    with zipfile.ZipFile(path) as archive:
        members = {member.filename: member for member in check_members(archive, path)}
        if ABOUT not in members:
            raise _refusal(path, f"it lacks {ABOUT}, which says how faces are to be cropped")
        if other := members.keys() ^ {CONFIG, WEIGHTS, VERSION, ABOUT}:
            raise _refusal(path, f"{sorted(other)[0]!r} is missing or does not belong in it")
        limits = {WEIGHTS: MAX_WEIGHTS}
        for name, member in members.items():
            if member.file_size > (limit := limits.get(name, MAX_TEXT)):
                raise _refusal(path, f"{name} has more than {limit:,} bytes")
        _check_config(path, json.loads(archive.read(CONFIG)))
        about = json.loads(archive.read(ABOUT))
        _check_about(path, about)
    check_weights_file(path)
    return about


def _check_config(path: Path, config: Any) -> None:
    """Raise `BadInput` unless config.json describes plain layers of sensible sizes."""
    for value in _walk(config):
        if isinstance(value, int | float) and not abs(value) <= MAX_NUMBER:
            raise _refusal(path, f"a layer has the size {value:,}")
        if not isinstance(value, dict) or "class_name" not in value:
            continue
        name, module = value["class_name"], value.get("module")
        if name == "Lambda":
            reason = "it has a Lambda layer, which would run code of whoever made the file"
            raise _refusal(path, reason)
        plain = module in PARTS or (module in MODULES and name in LAYERS)
        if not plain and (module, name) != TENSOR:
            reason = f"{name!r} ({module}) is a custom object, or a layer that may do other things"
            raise _refusal(path, f"{reason} than compute")


def _walk(value: Any) -> Iterator[Any]:
    """Yield all values of a JSON document."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        yield value
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _check_about(path: Path, about: Any) -> None:
    """Raise `BadInput` unless facetds.json tells what prediction needs."""
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise _refusal(path, f"{ABOUT} is not of format {FORMAT}")
    thresholds = np.array(about.get("thresholds"), np.float64)
    if about.get("aus") != list(AU_NAMES) or thresholds.shape != (
        about.get("members"),
        len(AU_NAMES),
    ):
        raise _refusal(path, f"{ABOUT} lacks thresholds of the AUs {' '.join(AU_NAMES)}")
    if not (np.isnan(thresholds) | ((thresholds >= 0) & (thresholds <= 1))).all():
        raise _refusal(path, f"{ABOUT} has thresholds that are no probabilities")
    if (baseline := about.get("subject_baseline", "none")) not in BASELINES:
        raise _refusal(path, f"{ABOUT} has the subject_baseline {str(baseline)[:20]!r}")
    usual = np.array(about.get("usual"), np.float64)
    if baseline == "subtract" and not (
        usual.shape == thresholds.shape and (abs(usual) <= MAX_LOG_ODDS).all()
    ):
        raise _refusal(path, f"{ABOUT} lacks the usual scores of neutral faces")
    if not isinstance(crop := about.get("crop"), dict):
        raise _refusal(path, f"{ABOUT} does not say how faces are to be cropped")
    for key, (low, high) in CROP_RANGES.items():
        value, kinds = crop.get(key), int if isinstance(low, int) else (int, float)
        if not isinstance(value, kinds) or not low <= value <= high:
            reason = f"crop.{key} {str(value)[:20]!r}, not a number from {low} to {high}"
            raise _refusal(path, f"{ABOUT} has {reason}")


def _check_values(path: Path, model: keras.Model, about: dict[str, Any]) -> None:
    """Raise `BadInput` unless the model turns images into members x AUs by finite weights."""
    size = about.get("size")
    pair = (2,) if about.get("subject_baseline") == "siamese" else ()
    for what, found, expected in (
        ("takes", model.input_shape, (None, *pair, size, size, 3)),
        ("gives", model.output_shape, (None, about["members"], len(AU_NAMES))),
    ):
        if found != expected:
            raise _refusal(path, f"it {what} {found}, not {expected}")
    for weight in model.weights:
        if not np.isfinite(keras.ops.convert_to_numpy(weight)).all():
            reason = f"its weights {weight.path} are not finite: its training failed"
            raise _refusal(path, reason)


def _refusal(path: Path, reason: str) -> BadInput:
    return BadInput(
        f"{path} is refused: {reason}. Make the file anew with facetds (rule build_ensemble), or "
        "ask for another one where you got it."
    )
