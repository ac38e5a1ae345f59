"""TensorFlow with fixed threads and kernels; `runtime.start_keras` is the way to it."""

import os


def start(threads: int) -> dict[str, object]:
    """Fix what TensorFlow's results depend on, and return it.

    Raises `RuntimeError` if TensorFlow already runs in this process with other threads.
    """
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="2", TF_ENABLE_ONEDNN_OPTS="1")
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.experimental.enable_op_determinism()
    return {"tensorflow": tf.__version__, "onednn": True, "op_determinism": True}
