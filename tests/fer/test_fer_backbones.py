"""Feature extractors, and weights files of every form."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from facetds.errors import BadInput, FacetdsError
from facetds.fer.runtime import start_keras
from facetds.fer.start_backbone import start_backbone
from facetds.files import digest

start_keras("tensorflow", threads=1, seed=1)

import keras  # noqa: E402
from keras.src.legacy.saving import legacy_h5_format  # noqa: E402

from facetds.fer import backbones, networks  # noqa: E402

SIZE = 32
IMAGES = np.random.default_rng(0).integers(0, 256, (2, SIZE, SIZE, 3)).astype(np.float32)
OPTIONS = {"weights": "file", "size": SIZE, "backend": "tensorflow", "threads": 1, "seed": 1}


def tiny_backbone(size):
    """Return a feature extractor small enough for a test."""
    images = keras.Input((size, size, 3))
    x = keras.layers.Rescaling(1 / 255)(images)
    x = keras.layers.Conv2D(4, 3, activation="relu", name="conv")(x)
    return keras.Model(images, keras.layers.GlobalAveragePooling2D()(x))


@pytest.fixture(autouse=True)
def _workdir(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(backbones.BACKBONES, "tiny", tiny_backbone)


def features(backbone, images=IMAGES):
    return keras.ops.convert_to_numpy(backbone(images))


def test_vgg_face_takes_the_weights_of_a_file_trained_on_blue_green_red():
    theirs = keras.applications.VGG16(
        include_top=False, weights=None, input_shape=(SIZE, SIZE, 3), pooling="avg"
    )
    with h5py.File("vgg_face_notop.h5", "w") as handle:
        legacy_h5_format.save_weights_to_hdf5_group(handle, theirs)
    path = Path("vgg_face_notop.h5")
    start_backbone(
        Path("start.weights.h5"),
        Path("start.json"),
        backbone="vgg-face",
        weights_file=path,
        weights_sha256=digest(path),
        weights_channels="bgr",
        source=path,
        **OPTIONS,
    )
    ours = backbones.build_backbone("vgg-face", SIZE)
    networks.load_weights(ours, Path("start.weights.h5"))
    blue_first = IMAGES[..., ::-1] - np.array([93.5940, 104.7624, 129.1863], np.float32)
    expected = features(theirs, blue_first)
    assert expected.shape == (2, 512)
    assert expected.max() > 1e-3
    assert np.allclose(features(ours), expected, rtol=1e-3, atol=1e-6)
    report = json.loads(Path("start.json").read_text())
    assert report["weights"] == "file"
    assert report["source"] == {"file": str(path), "sha256": digest(path)}
    assert report["parameters"] == 14_714_688
    # In the other order of colours the same weights see other images.
    backbones.reverse_colours(ours)
    assert not np.allclose(features(ours), expected, rtol=0.05)


@pytest.mark.parametrize("suffix", [".weights.h5", ".keras", ".npz"])
def test_weights_are_read_from_every_form_of_file(suffix):
    source, path = backbones.build_backbone("tiny", SIZE), Path(f"weights{suffix}")
    if suffix == ".npz":
        np.savez(path, **{w.path: keras.ops.convert_to_numpy(w) for w in source.weights})
    elif suffix == ".keras":
        source.save(path)
    else:
        source.save_weights(path)
    ours = backbones.build_backbone("tiny", SIZE)
    assert not np.allclose(features(ours), features(source))
    assert backbones.load_foreign_backbone("tiny", ours, path, digest(path)) == "file"
    assert np.array_equal(features(ours), features(source))


def test_a_layer_that_a_model_file_describes_is_never_made():
    source = backbones.build_backbone("tiny", SIZE)
    lambda_layer = keras.layers.Lambda(lambda x: Path("ran").write_text("!") and x)
    wrapped = keras.Sequential([keras.Input((SIZE, SIZE, 3)), source, lambda_layer])
    wrapped.save("lambda.keras")
    Path("ran").unlink(missing_ok=True)
    with pytest.raises(BadInput, match="does not hold the weights"):
        networks.load_weights(backbones.build_backbone("tiny", SIZE), Path("lambda.keras"))
    assert not Path("ran").exists()


def test_an_archive_without_a_weight_or_of_another_shape_is_refused():
    model = backbones.build_backbone("tiny", SIZE)
    np.savez("few.npz", **{"conv/kernel": np.zeros((3, 3, 3, 4))})
    with pytest.raises(BadInput, match="conv/bias"):
        networks.load_weights(model, Path("few.npz"))
    np.savez("other.npz", **{"conv/kernel": np.zeros((3, 3, 3, 5)), "conv/bias": np.zeros(4)})
    with pytest.raises(BadInput, match="shape"):
        networks.load_weights(model, Path("other.npz"))
    Path("cut.keras").write_bytes(b"PK\3\4 not a zip")
    with pytest.raises(BadInput, match="does not hold the weights"):
        networks.load_weights(model, Path("cut.keras"))


def test_a_wrong_file_is_left_as_it_is():
    path = Path("efficientnetb0_notop.h5")
    path.write_bytes(b"another file")
    with pytest.raises(FacetdsError, match="is not Keras's"):
        start_backbone(
            Path("a.weights.h5"), Path("a.json"), backbone="efficientnet-b0", source=path, **OPTIONS
        )
    assert path.read_bytes() == b"another file"
    assert not Path("a.weights.h5").exists()
    with pytest.raises(FacetdsError, match=r"fer\.weights_file \(gone\.h5\) does not exist"):
        start_backbone(
            Path("a.weights.h5"), Path("a.json"), backbone="tiny", weights_file="gone.h5", **OPTIONS
        )


def test_efficientnet_scales_pixels_from_0_to_255_by_itself():
    model = backbones.build_backbone("efficientnet-b0", SIZE)
    scaling = next(x for x in model.layers if isinstance(x, keras.layers.Rescaling))
    scaled = features(keras.Model(model.input, scaling.output))
    assert np.allclose(scaled, IMAGES / 255, atol=1e-6)
