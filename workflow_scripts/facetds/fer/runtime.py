"""Starting TensorFlow so that the same inputs give the same bytes."""

import os
import platform

from facetds.errors import FacetdsError


def start_tensorflow(threads: int, seed: int) -> dict[str, object]:
    """Import Keras on TensorFlow with fixed threads, kernels and seed; return what that rests on.

    Results are the same bytes only for the same thread counts, oneDNN flag and processor type;
    across processors expect the same AUC to about 0.01.

    Raises `FacetdsError` if TensorFlow already runs in this process with other threads.
    """
    os.environ.update(
        KERAS_BACKEND="tensorflow",
        OMP_NUM_THREADS=str(threads),
        TF_CPP_MIN_LOG_LEVEL="2",
        TF_ENABLE_ONEDNN_OPTS="1",
    )
    import keras
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    except RuntimeError:
        raise FacetdsError(
            f"TensorFlow already runs here with other threads than {threads}; use one process for "
            "each number of threads."
        ) from None
    tf.config.experimental.enable_op_determinism()
    # Layers are numbered from 0 again: their names stand in the files of weights.
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed % 2**31)
    return {
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "threads": threads,
        "onednn": True,
        "op_determinism": True,
        "processor": platform.machine(),
    }
