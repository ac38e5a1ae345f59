"""The AU classifier: a feature extractor and two dense layers (thesis 3.11 and 3.11.1).

Import it after `runtime.start_keras`.
"""

import math
import warnings
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from facetds.aus import AUS
from facetds.errors import BadInput
from facetds.fer.weight_files import check_weights_file
from facetds.files import replacing
from facetds.foreign import load_arrays
from facetds.randomness import seed_for

WIDTH = 128
"""Units of each of the two dense layers."""

L1 = 1e-4
CLIPNORM = 0.1
"""Largest norm of the gradient of one variable (Keras `clipnorm`, not `global_clipnorm`)."""


def build_head(
    features: int,
    standardised: bool = False,
    outputs: int = len(AUS),
    activation: str = "sigmoid",
) -> keras.Model:
    """Return the dense layers: B x features -> probabilities B x outputs.

    `standardised` puts a layer in front that brings every feature to mean 0 and variance 1 (see
    `set_scale`), as is usual where a head alone learns on features that stay as they are: these
    may vary by a hundredth only, and the L1 term would outweigh what they tell.
    """
    dense = [
        keras.layers.Dense(WIDTH, activation="relu", kernel_regularizer=keras.regularizers.L1(L1))
        for _ in range(2)
    ]
    output = keras.layers.Dense(outputs, activation=activation)
    scale = [
        keras.layers.BatchNormalization(center=False, scale=False, epsilon=1e-5, trainable=False)
    ]
    first = scale if standardised else []
    return keras.Sequential([keras.Input((features,)), *first, *dense, output])


def set_scale(head: keras.Model, inputs: np.ndarray) -> None:
    """Let a standardised head scale its features as those of a training set (N x features) need."""
    layer = head.layers[0]
    layer.moving_mean.assign(inputs.mean(axis=0, dtype=np.float64))
    layer.moving_variance.assign(inputs.var(axis=0, dtype=np.float64))


def build_classifier(
    backbone: keras.Model, head: keras.Model, batch_statistics: bool
) -> keras.Model:
    """Return both as one model, trained end to end: images (0-255) -> probabilities.

    `batch_statistics` lets batch normalisation learn, as training from scratch needs. Without it
    these layers stay as they are: at a small learning rate the running statistics would drift to
    the synthetic images faster than the weights adapt.
    """
    if not batch_statistics:
        hold_statistics(backbone)
    images = keras.Input(backbone.input_shape[1:])
    return keras.Model(images, head(backbone(images)))


def hold_statistics(backbone: keras.Model) -> None:
    """Keep batch normalisation as it is, in training too."""
    # Calling the backbone with training=False does not last: Keras hands the outer model's
    # training=True down to every layer of a functional model.
    for layer in backbone.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False


def summed_cross_entropy(labels: keras.KerasTensor, scores: keras.KerasTensor):
    """Return the binary cross-entropy of B x 6 as B values: the sum over the AUs (thesis 3.11).

    Keras's own loss is the mean, six times smaller against the L1 term and the gradient clipping.
    """
    return keras.ops.sum(keras.ops.binary_crossentropy(labels, scores), axis=-1)


def compile_model(model: keras.Model, learning_rate, loss=summed_cross_entropy) -> None:
    """Prepare `model` for training with Adam; `learning_rate` is a number or a Keras schedule."""
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate, clipnorm=CLIPNORM),
        loss=loss,
        # Ten times slower with XLA on a CPU.
        jit_compile=False,
    )
    model.optimizer.build(model.trainable_variables)


def draw_head(head: keras.Model, seed: int, *numbers: int) -> None:
    """Give the dense layers the initial weights of one fold and training seed (Glorot, zeros)."""
    dense = [layer for layer in head.layers if isinstance(layer, keras.layers.Dense)]
    for place, layer in enumerate(dense):
        start = keras.initializers.GlorotUniform(seed_for(seed, "fer.head", *numbers, place) >> 32)
        layer.kernel.assign(start(layer.kernel.shape))
        layer.bias.assign(keras.ops.zeros(layer.bias.shape))


def read_state(model: keras.Model) -> list[np.ndarray]:
    """Return every variable of a compiled model and its optimizer, random states included."""
    return [keras.ops.convert_to_numpy(v) for v in (*model.variables, *model.optimizer.variables)]


def write_state(model: keras.Model, state: Sequence[np.ndarray]) -> None:
    """Set every variable to what `read_state` returned."""
    for variable, value in zip((*model.variables, *model.optimizer.variables), state, strict=True):
        variable.assign(value)


def save_weights(model: keras.Model, path: Path) -> None:
    """Write the weights as HDF5 in one step."""
    with replacing(path) as temporary:
        # Keras insists on this suffix.
        written = temporary.with_suffix(".weights.h5")
        model.save_weights(written)
        written.replace(temporary)


def load_weights(model: keras.Model, path: Path) -> None:
    """Read weights into `model`: HDF5 or .keras of Keras 3, HDF5 of older ones, or .npz by name.

    Of a .keras file the weights alone are read; no layer that it describes is made. The arrays of
    an .npz are called as the model's weights are (`path`), such as block1_conv1/kernel.

    Raises `BadInput` if they are not those of this model or not finite; Keras only warns of layers
    that it finds no weights for, and would leave them random.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            if path.suffix == ".npz":
                arrays = load_arrays(path)
                for weight in model.weights:
                    weight.assign(arrays[weight.path])
            else:
                check_weights_file(path)
                model.load_weights(path)
    except BadInput:
        raise
    except Exception as error:
        # Damaged files make h5py, zipfile and Keras raise whatever they stumble over.
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise BadInput(f"{path} does not hold the weights of {model.name}: {reason}") from None
    for weight in model.weights:
        if not np.isfinite(keras.ops.convert_to_numpy(weight)).all():
            raise BadInput(
                f"{path}: {weight.path} has values that are not finite; fetch the file again or "
                "make it anew."
            )


def count_parameters(model: keras.Model) -> int:
    """Return how many weights a model has."""
    return sum(math.prod(weight.shape) for weight in model.weights)
