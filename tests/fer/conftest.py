"""What the tests of the classifier share."""

import pytest


@pytest.fixture(scope="session")
def tiny_backbone():
    """Return a maker of a feature extractor like those of Keras, small enough for a test.

    Whoever asks for it has started Keras (`runtime.start_keras`).
    """
    import keras

    def build(size):
        images = keras.Input((size, size, 3))
        x = keras.layers.Rescaling(1 / 255)(images)
        for width in (12, 24):
            x = keras.layers.Conv2D(width, 3, strides=2)(x)
            x = keras.layers.BatchNormalization()(x)
            x = keras.layers.Activation("relu")(x)
        return keras.Model(images, keras.layers.GlobalAveragePooling2D()(x))

    return build
