"""The ensemble of an arm: the models of all folds side by side (thesis 3.11.2).

Import it after `runtime.start_keras`.
"""

from collections.abc import Sequence
from pathlib import Path

import keras

from facetds.fer import arms, backbones, networks, siamese


def build_ensemble(
    options: arms.Options, backbone_weights: Path, fold_weights: Sequence[Path]
) -> tuple[keras.Model, keras.Model]:
    """Return the ensemble of the folds' models, and what of it takes the inputs of training.

    The ensemble turns images (B x S x S x 3, 0-255 RGB) into probabilities B x members x 6, and a
    siamese one pairs of them (B x 2 x S x S x 3: face, neutral face). A frozen backbone is in it
    once, and the second model takes its features; otherwise both are the same.

    Raises `BadInput` for weights that are of another model or not finite.
    """
    if not options.freeze_backbone:
        members = read_members(options, backbone_weights, fold_weights, 0)
        joined = join_members(members)
        return joined, joined
    backbone = backbones.build_backbone(options.backbone, options.size)
    networks.load_weights(backbone, backbone_weights)
    features = backbone.output_shape[-1]
    heads = join_members(read_members(options, backbone_weights, fold_weights, features))
    if options.subject_baseline == "siamese":
        images = keras.Input((2, *backbone.input_shape[1:]), name="pairs")
        inputs = siamese.join_features(backbone, images)
    else:
        images = keras.Input(backbone.input_shape[1:], name="images")
        inputs = backbone(images)
    return keras.Model(images, heads(inputs), name="ensemble"), heads


def read_members(
    options: arms.Options, backbone_weights: Path, fold_weights: Sequence[Path], features: int
) -> list[keras.Model]:
    """Return the trained model of every fold; `features` as for `arms.build_arm`."""
    template = arms.build_arm(options, backbone_weights, features).model
    members = []
    for number, path in enumerate(fold_weights, start=1):
        networks.load_weights(template, path)
        member = type(template).from_config(template.get_config())
        member.set_weights(template.get_weights())
        member.name = f"fold_{number:02d}"
        members.append(member)
    return members


def join_members(members: Sequence[keras.Model]) -> keras.Model:
    """Return a model that gives the outputs of all members (each B x 6) as B x members x 6."""
    inputs = keras.Input(members[0].input_shape[1:])
    outputs = [keras.layers.Reshape((1, -1))(member(inputs)) for member in members]
    return keras.Model(inputs, keras.layers.Concatenate(axis=1)(outputs), name="members")
