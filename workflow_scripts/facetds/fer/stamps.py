"""What an arm's results rest on, in one row, and a short stamp of it that the tables carry."""

import hashlib
import json

DIGITS = 12
"""Hexadecimal digits of a stamp."""


def describe_references(references: dict[str, object] | None) -> str:
    """Return in words which frames show the neutral face (of training.json), and who has none."""
    if references is None:
        return ""
    counts = sorted({len(frames) for frames in references["frames"].values()})
    span = " to ".join(map(str, counts[:: max(1, len(counts) - 1)]))
    words = f"{span} frames of each person: {references['choice']}"
    never = " ".join(references["never_neutral"])
    return f"{words}; never neutral: {never}" if never else words


def describe_arm(arm: str, training: dict[str, object]) -> dict[str, object]:
    """Return the row of stamps.csv about an arm: arm, stamp, then all that its results rest on.

    training: of `results.merge_records`. The stamp does not depend on the name of the arm: arms
    that were trained alike on the same files have the same.
    """
    options, runtime = training["options"], training["runtime"]
    files = dict(training["inputs"])
    row = {
        "backbone": options["backbone"],
        "size": options["size"],
        "weights": options["weights"],
        "backbone_sha256": files.pop("backbone.weights.h5"),
        "frozen": options["freeze_backbone"],
        "subject_baseline": options.get("subject_baseline", "none"),
        "references": describe_references(training.get("references")),
        "loss": options["loss"],
        "augmentations": " ".join(options["augmentations"]),
        "learning_rate": options["learning_rate"],
        "epochs": options["epochs"],
        "batch": options["batch"],
        "patience": options["patience"],
        "early_stopping": training["early_stopping"],
        "folds": len(training["folds"]),
        "training_seeds": options["training_seeds"],
        "root_seed": options["seed"],
        "synthetic_images": training["synthetic_images"],
        "synthetic_labels": training["synthetic_labels"],
        "inputs_sha256": " ".join(f"{name}:{value}" for name, value in sorted(files.items())),
        **{name: runtime[name] for name in sorted(runtime)},
    }
    everything = json.dumps(row, sort_keys=True).encode()
    return {"arm": arm, "stamp": hashlib.sha256(everything).hexdigest()[:DIGITS], **row}
