"""Self-supervised pre-training by BYOL (Grill et al. 2020; thesis 3.11.2).

An online network learns to predict what a target network, a slow average of it, makes of another
view of the face. Pairs are two views of one image, or of two images of one class.

Import it after `runtime.start_keras`.
"""

import keras
import numpy as np

from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.fer import backbones, networks
from facetds.fer.crops import Images
from facetds.fer.pretraining import Plan, report_areas
from facetds.fer.probe import probe
from facetds.fer.training import draw_batches, predict
from facetds.fer.views import draw_views
from facetds.progress import track
from facetds.randomness import generator

HIDDEN, OUT = 512, 128
"""Units of projector and predictor: an eighth of the paper's hidden ones, for smaller sets."""

FIRST_SHARE = 0.99
"""Share of itself that the target keeps at a step, at first; it rises to 1 along a cosine. The
paper's 0.996 is for runs a hundred times longer."""

LEAST_SPREAD = 0.1
"""Spread of the projections, 1 for even ones, below which they count as collapsed to one."""

SETTLED = 50
"""Steps after which running statistics have left their start behind (0.9^50 = 0.005). Before, the
network at inference gives all images the same, whatever it has learnt."""

WATCHED = 256
"""Images (at most) whose projections are looked at after each epoch."""


def build_byol(backbone: keras.Model) -> tuple[keras.Model, keras.Model, list]:
    """Return the model that is trained, the online network, and pairs of variables to average.

    The model takes images and returns B x 2 x OUT: the online network's prediction, and the
    target's projection, through which no gradient flows. Each pair is a variable of the target and
    the online one that it follows; both networks start alike.
    """
    online = _project(backbone, "online")
    copy = keras.models.clone_model(backbone)
    target = _project(copy, "target")
    target.set_weights(online.get_weights())
    pairs = list(zip(target.trainable_variables, online.trainable_variables, strict=True))
    target.trainable = False
    for layer in (*copy.layers, *target.layers):
        if isinstance(layer, keras.layers.BatchNormalization):
            # A frozen layer would normalise by running statistics, which are far behind at first.
            layer.trainable = True
            layer.gamma.trainable = layer.beta.trainable = False
    predictor = keras.Sequential([keras.Input((OUT,)), *_mlp()], name="predictor")
    images = keras.Input(backbone.input_shape[1:])
    aims = keras.ops.stop_gradient(target(images))
    outputs = keras.ops.stack([predictor(online(images)), aims], axis=1)
    return keras.Model(images, outputs), online, pairs


def _project(backbone: keras.Model, name: str) -> keras.Model:
    return keras.Sequential([keras.Input(backbone.input_shape[1:]), backbone, *_mlp()], name=name)


def _mlp() -> list[keras.Layer]:
    return [
        keras.layers.Dense(HIDDEN),
        keras.layers.BatchNormalization(momentum=backbones.BATCH_MOMENTUM),
        keras.layers.ReLU(),
        keras.layers.Dense(OUT),
    ]


def byol_loss(_, outputs: keras.KerasTensor):
    """Return the loss of 2B images as 2B values; outputs: 2B x 2 x D, see `build_byol`.

    The first B images are paired with the last B. The mean of the values is that, over the pairs,
    of the squared distance of normalised prediction and projection, both ways: 0 to 8.
    """
    directions = keras.ops.normalize(outputs, axis=-1)
    first, second = keras.ops.split(directions[:, 1], 2, axis=0)
    aims = keras.ops.concatenate([second, first], axis=0)
    return 4 - 4 * keras.ops.sum(directions[:, 0] * aims, axis=-1)


def share_at(step: int, steps: int) -> float:
    """Return the share of itself that the target keeps at a step: from `FIRST_SHARE` up to 1."""
    return 1 - (1 - FIRST_SHARE) * (np.cos(np.pi * step / steps) + 1) / 2


def follow(pairs: list, share: float) -> None:
    """Let every variable of the target keep `share` of itself, and take the rest from its pair."""
    for theirs, ours in pairs:
        theirs.assign(share * theirs + (1 - share) * keras.ops.stop_gradient(ours.value))


def measure_spread(projections: np.ndarray) -> float:
    """Return how evenly N x D projections spread: 1 over the whole sphere, 0 in a single point.

    It is the standard deviation of the normalised projections, times the root of D.
    """
    directions = projections / np.linalg.norm(projections, axis=1, keepdims=True)
    return float(directions.std(axis=0).mean() * np.sqrt(projections.shape[1]))


def find_partners(rows: np.ndarray, classes: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return, for each of `rows`, another row (of `rows`) of its class; itself if there is none.

    classes: int N, by row.
    """
    order = rows[np.argsort(classes[rows], kind="stable")]
    names, first, counts = np.unique(classes[order], return_index=True, return_counts=True)
    place = np.empty(len(classes), np.int64)
    place[order] = np.arange(len(order))
    own = np.searchsorted(names, classes[rows])
    # A step of 1 to count - 1 within the class never ends where it began.
    steps = random.integers(1, np.maximum(counts[own], 2))
    return order[first[own] + (place[rows] - first[own] + steps) % counts[own]]


def learn_views(
    backbone: keras.Model,
    images: Images,
    columns: dict[str, np.ndarray],
    by_class: bool,
    plan: Plan,
) -> dict[str, object]:
    """Train `backbone` by BYOL on images (`read_pretraining`); report on every epoch.

    A pair is two views of one image or, `by_class`, of two images of one expression, or of one set
    of AUs where images have no expression. The report has the losses, the spread of the held-out
    images' projections, and the areas under the ROC curve of AUs that a linear classifier finds in
    the features of people held out, before and after.

    Raises `FacetdsError` if the projections collapse.
    """
    rows, batch = np.flatnonzero(~plan.held), min(plan.batch, int((~plan.held).sum()))
    before = report_probe(backbone, images, columns["labels"], plan)
    backbones.shorten_memory(backbone)
    model, online, pairs = build_byol(backbone)
    steps = len(rows) // batch * plan.epochs
    schedule = keras.optimizers.schedules.CosineDecay(plan.learning_rate, steps)
    networks.compile_model(model, schedule, byol_loss)
    classes = number_classes(columns) if by_class else None
    watched = images.part(np.flatnonzero(plan.held)[:WATCHED])
    losses, spreads, step = [], [], 0
    for epoch in track(range(plan.epochs), what="BYOL", unit="epoch"):
        random, parts = generator(plan.seed, "fer.byol", epoch), []
        partners = rows if classes is None else find_partners(rows, classes, random)
        for places, _ in draw_batches(len(rows), batch, random):
            first = draw_views(images[rows[places]], False, random)
            second = draw_views(images[partners[places]], True, random)
            views = np.concatenate([first, second])
            parts.append(model.train_on_batch(views, np.zeros((len(views), 1, 1), np.float32)))
            follow(pairs, share_at(step, steps))
            step += 1
        losses.append(float(np.mean(parts)))
        spreads.append(measure_spread(predict(online, watched, batch)))
        if epoch and step >= SETTLED and not max(spreads[-2:]) >= LEAST_SPREAD:
            raise FacetdsError(
                f"fer.stages: BYOL's projections collapsed to a spread of {spreads[-1]:.3f} in "
                f"epoch {epoch + 1}; lower learning_rate or raise batch."
            )
    return {
        "losses": [round(loss, 4) for loss in losses],
        "spreads": [round(spread, 4) for spread in spreads],
        "epochs": plan.epochs,
        "learning_rate": plan.learning_rate,
        "first_share": FIRST_SHARE,
        "probe_auc_before": before,
        "probe_auc": report_probe(backbone, images, columns["labels"], plan),
    }


def number_classes(columns: dict[str, np.ndarray]) -> np.ndarray:
    """Return a number for the expression of each image, or for its AUs where it has none (N)."""
    labels = ["".join(map(str, row)) for row in columns["labels"].tolist()]
    names = np.where(columns["expression"] == "", labels, columns["expression"])
    return np.unique(names, return_inverse=True)[1]


def report_probe(
    backbone: keras.Model, images: Images, labels: np.ndarray, plan: Plan
) -> dict[str, float | None]:
    """Return, by AU, the area under the ROC curve of a linear classifier of features."""
    scores = probe(predict(backbone, images, plan.batch), labels, plan.held)
    return report_areas(labels[plan.held], scores, list(AU_NAMES))
