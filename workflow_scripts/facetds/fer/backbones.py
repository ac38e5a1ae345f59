"""Feature extractors by name, and the weights files of others that they start from (thesis 3.11).

Import it after `runtime.start_keras`.
"""

import hashlib
from pathlib import Path

import keras
import numpy as np

from facetds.errors import FacetdsError
from facetds.fer.networks import load_weights
from facetds.files import digest

BATCH_MOMENTUM = 0.9
"""Share that a running statistic of batch normalisation keeps at each step of pre-training."""

IMAGENET_MD5 = "50bc09e76180e00e4465e1a485ddc09d"
"""Of `efficientnetb0_notop.h5`, the ImageNet weights that Keras publishes."""

IMAGENET_STDDEV = (0.229, 0.224, 0.225)

VGG_FACE_MEAN = (129.1863, 104.7624, 93.5940)
"""Mean red, green and blue of VGG-Face's training images, taken off all pixels (0 to 255)."""


def build_efficientnet(size: int) -> keras.Model:
    """Return EfficientNet-B0 (Tan and Le 2019), which scales pixels by itself: 1280 features."""
    return keras.applications.EfficientNetB0(
        include_top=False, weights=None, input_shape=(size, size, 3), pooling="avg"
    )


def build_vgg_face(size: int) -> keras.Model:
    """Return the convolutions of VGG-Face (Parkhi, Vedaldi and Zisserman 2015): 512 features.

    They are VGG-16's; the pixels have VGG-Face's mean taken off, and are neither scaled nor in
    another order than red, green, blue.
    """
    images = keras.Input((size, size, 3))
    centred = keras.layers.Normalization(mean=VGG_FACE_MEAN, variance=(1, 1, 1))(images)
    layers = keras.applications.VGG16(
        include_top=False, weights=None, input_tensor=centred, pooling="avg"
    )
    return keras.Model(images, layers.output)


BACKBONES = {"efficientnet-b0": build_efficientnet, "vgg-face": build_vgg_face}
"""Feature extractors by name: pixels from 0 to 255 (RGB) of images with a side of `size` pixels."""


def build_backbone(name: str, size: int) -> keras.Model:
    """Return a feature extractor with random weights: B x size x size x 3 (0-255) -> B x D."""
    return BACKBONES[name](size)


def shorten_memory(backbone: keras.Model) -> None:
    """Let the running statistics of batch normalisation forget in about 10 steps, not 100.

    Keras's momentum of 0.99 suits long runs. Within a few hundred steps from random weights the
    statistics would stay behind the weights, and the features at inference would all be alike.
    """
    for layer in backbone.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = BATCH_MOMENTUM


def load_foreign_backbone(
    name: str, backbone: keras.Model, path: Path, sha256: str | None, channels: str = "rgb"
) -> str:
    """Read a user's weights file into the backbone `name`; return what it is: "imagenet" or "file".

    `sha256` is what the file must have; it may be None only for Keras's own ImageNet file, which
    is known by its MD5. `channels` is the order of colours that the file's first layer takes, rgb
    or bgr. The file is only ever read, also if it is the wrong one.

    Raises `FacetdsError` for a missing file or another digest, `BadInput` for other weights.
    """
    if not path.is_file():
        raise FacetdsError(f"{path} (fer.weights_file) does not exist; put the weights file there.")
    imagenet = name == "efficientnet-b0" and _md5(path) == IMAGENET_MD5
    if not imagenet and sha256 is None:
        raise FacetdsError(
            f"{path} is not Keras's efficientnetb0_notop.h5 (MD5 {IMAGENET_MD5}); for weights of "
            f"your own set fer.weights_sha256 (here {digest(path)})."
        )
    if sha256 is not None and digest(path) != sha256:
        raise FacetdsError(
            f"{path} has the SHA-256 {digest(path)}, not fer.weights_sha256 ({sha256}); fetch the "
            "file again or correct the digest."
        )
    load_weights(backbone, path)
    if imagenet:
        fold_imagenet_scale(backbone)
    elif channels == "bgr":
        reverse_colours(backbone)
    return "imagenet" if imagenet else "file"


def fold_imagenet_scale(backbone: keras.Model) -> None:
    """Divide the normalised pixels by the root of ImageNet's standard deviation, channel-wise.

    Keras's file was trained so. Keras adds the division only when it downloads the file by itself
    (tensorflow issue 62193); here the variance of the normalisation layer takes it up.
    """
    layer = next(x for x in backbone.layers if isinstance(x, keras.layers.Normalization))
    variance = keras.ops.convert_to_numpy(layer.adapt_variance)
    layer.adapt_variance.assign(variance * np.array(IMAGENET_STDDEV, np.float32))
    layer.finalize_state()


def reverse_colours(backbone: keras.Model) -> None:
    """Let a first convolution that was trained on blue, green, red take red, green, blue."""
    layer = next(x for x in backbone.layers if isinstance(x, keras.layers.Conv2D))
    layer.kernel.assign(keras.ops.convert_to_numpy(layer.kernel)[:, :, ::-1])


def _md5(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "md5").hexdigest()
