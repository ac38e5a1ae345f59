"""Two branches with shared weights: a face and its person's neutral face (thesis 3.11.2).

Import it after `runtime.start_keras`.
"""

import keras

from facetds.fer import networks


def build_siamese(backbone: keras.Model, head: keras.Model, batch_statistics: bool) -> keras.Model:
    """Return a model of pairs of images, B x 2 x S x S x 3 (0-255) -> what `head` gives, B x AUs.

    `head` takes the features of both, one after the other: twice as many as `backbone` gives. For
    `batch_statistics` see `networks.build_classifier`.
    """
    if not batch_statistics:
        networks.hold_statistics(backbone)
    pairs = keras.Input((2, *backbone.input_shape[1:]), name="pairs")
    return keras.Model(pairs, head(join_features(backbone, pairs)))


def join_features(backbone: keras.Model, pairs: keras.KerasTensor) -> keras.KerasTensor:
    """Return the features B x 2D of pairs of images B x 2 x S x S x 3: face, then reference."""
    features = []
    for crop in ((0, 1), (1, 0)):
        one = keras.layers.Cropping3D((crop, (0, 0), (0, 0)))(pairs)
        features.append(backbone(keras.layers.Reshape(backbone.input_shape[1:])(one)))
    return keras.layers.Concatenate()(features)
