"""Pre-training the backbone on other people's faces (thesis 3.11.2: AffectNet, RAF-DB).

Import it after `runtime.start_keras`.
"""

from pathlib import Path

import keras
import numpy as np

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.fer import backbones, networks
from facetds.fer.evaluation import mean_auc, measure_auc
from facetds.fer.inputs import Examples, Part, read_crops
from facetds.fer.training import FINE_TUNING_RATE, predict, train_epoch
from facetds.progress import say, track
from facetds.randomness import generator


def pretrain(
    backbone: keras.Model,
    crops: Path,
    epochs: int,
    learning_rate: float,
    held_out: float,
    batch: int,
    seed: int,
) -> dict[str, object]:
    """Train `backbone`, from random weights, to find the AUs of labelled crops; report the AUC.

    The learning rate falls to 0 along a cosine. The share `held_out` of the identities is kept
    out of training; the AUC on them chooses nothing, so it is an honest estimate for new faces.

    Raises `FacetdsError` for unusable crops, too few identities, or a rate for fine-tuning.
    """
    if learning_rate <= FINE_TUNING_RATE:
        raise FacetdsError(
            f"fer.pretrain_learning_rate {learning_rate:g} cannot train random weights; set it to "
            "about 1e-3."
        )
    arrays = read_crops(crops, "images", backbone.input_shape[1])
    held = split_subjects(arrays["subject"], held_out, generator(seed, "fer.held_out"))
    training = Examples([Part(arrays["images"], None, arrays["labels"], np.flatnonzero(~held))])
    backbones.shorten_memory(backbone)
    head = networks.build_head(backbone.output_shape[-1])
    networks.draw_head(head, seed, 0)
    model = networks.build_classifier(backbone, head, batch_statistics=True)
    steps = max(1, len(training) // batch) * epochs
    networks.compile_model(model, keras.optimizers.schedules.CosineDecay(learning_rate, steps))
    losses = [
        train_epoch(model, training, batch, generator(seed, "fer.pretrain", epoch))
        for epoch in track(range(epochs), what="pre-train", unit="epoch")
    ]
    labels = arrays["labels"][held]
    scores = predict(model, arrays["images"][held], batch)
    areas = {au: measure_auc(labels[:, k], scores[:, k]) for k, au in enumerate(AU_NAMES)} | {
        "mean": mean_auc(labels, scores)
    }
    say("AUC on held-out identities: " + ", ".join(f"{k} {v:.3f}" for k, v in areas.items()))
    return {
        "training_images": int((~held).sum()),
        "held_out_images": int(held.sum()),
        "held_out_subjects": sorted({int(s) for s in arrays["subject"][held]}),
        "held_out_auc": {k: None if np.isnan(v) else round(v, 4) for k, v in areas.items()},
        "losses": [round(loss, 4) for loss in losses],
        "epochs": epochs,
        "learning_rate": learning_rate,
    }


def split_subjects(subjects: np.ndarray, share: float, random: np.random.Generator) -> np.ndarray:
    """Return which rows (bool N) are held out: those of about `share` of the subjects, drawn.

    Raises `FacetdsError` for fewer than 2 subjects.
    """
    names = np.unique(subjects)
    if len(names) < 2:
        raise FacetdsError(
            f"Pre-training needs several identities, and the crops show {len(names)}; add more."
        )
    count = min(len(names) - 1, max(1, round(share * len(names))))
    return np.isin(subjects, random.permutation(names)[:count])
