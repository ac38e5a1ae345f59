"""The torch backend, in processes of its own, as Keras has one backend in a process."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from facetds.files import write_arrays

TRAIN = """
import sys
from pathlib import Path
import numpy as np
from facetds.fer.runtime import start_keras
backend, seconds = sys.argv[1], sys.argv[2]
told = start_keras(backend, 1, 1)
assert told["backend"] == backend and told["threads"] == 1 and told["onednn"] and backend in told
import keras
from facetds.fer import networks, training
from facetds.fer.inputs import Examples, Part
images = keras.Input((24, 24, 3))
x = keras.layers.Rescaling(1 / 255)(images)
x = keras.layers.Conv2D(8, 3, strides=2, padding="same")(x)
x = keras.layers.BatchNormalization(momentum=0.9)(x)
x = keras.layers.Activation("swish")(x)
backbone = keras.Model(images, keras.layers.GlobalAveragePooling2D()(x))
model = networks.build_classifier(backbone, networks.build_head(8), True)
networks.compile_model(model, keras.optimizers.schedules.CosineDecay(1e-3, 30))
start = Path("start.weights.h5")
if backend == "tensorflow":
    networks.save_weights(model, start)
networks.load_weights(model, start)
data = dict(np.load("data.npz"))
examples = Examples([Part(data["images"], None, data["labels"], np.arange(len(data["labels"])))])
losses = []
for epoch in range(3):
    losses.append(training.train_epoch(model, examples, 16, np.random.default_rng(epoch)))
np.savez(seconds, losses=losses, scores=training.predict(model, data["images"], 16))
"""


def train(backend, out):
    """Train for 3 epochs in another process; return the losses and the predictions."""
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    source = str(Path(__file__).parents[2] / "workflow_scripts")
    done = subprocess.run(
        [sys.executable, "-c", TRAIN, backend, out],
        env=environment | {"PYTHONPATH": source},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(np.load(out))


def test_both_backends_train_alike_from_the_same_weights(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    labels = (random.random((160, 6)) < 0.4).astype(np.uint8)
    images = (
        random.integers(60, 120, (160, 24, 24, 3), np.uint8) + 90 * labels[:, 4, None, None, None]
    )
    write_arrays("data.npz", images=images.astype(np.uint8), labels=labels)
    theirs = train("tensorflow", "tensorflow.npz")
    ours = train("torch", "torch.npz")
    assert theirs["losses"][-1] < theirs["losses"][0]
    assert np.allclose(ours["losses"], theirs["losses"], rtol=1e-3)
    assert theirs["scores"].std(axis=0).max() > 1e-3
    assert np.allclose(ours["scores"], theirs["scores"], atol=2e-3)
    # The same run in another process gives the same bits.
    assert np.array_equal(train("torch", "again.npz")["scores"], ours["scores"])
