"""Starting Keras on a backend so that the same inputs give the same bytes."""

import os
import platform

from facetds.errors import FacetdsError


def start_keras(backend: str, threads: int, seed: int) -> dict[str, object]:
    """Import Keras on `backend` with fixed threads, kernels and seed; return what that rests on.

    backend: tensorflow, the faster one on a CPU, or torch. Results are the same bytes only for the
    same backend, thread counts, oneDNN flag and processor type; across them expect the same AUC to
    about 0.01.

    Raises `FacetdsError` if Keras already runs in this process in another way.
    """
    os.environ.update(KERAS_BACKEND=backend, OMP_NUM_THREADS=str(threads))
    if backend == "torch":
        from facetds.fer.torch_runtime import start
    else:
        from facetds.fer.tensorflow_runtime import start
    try:
        started = start(threads)
    except RuntimeError:
        raise FacetdsError(
            f"{backend} already runs here with other threads than {threads}; use one process for "
            "each number of threads."
        ) from None
    import keras

    if keras.config.backend() != backend:
        raise FacetdsError(
            f"Keras already runs here on {keras.config.backend()}; use another process for "
            f"{backend}."
        )
    # Layers are numbered from 0 again: their names stand in the files of weights.
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed % 2**31)
    return {
        **started,
        "backend": backend,
        "keras": keras.__version__,
        "threads": threads,
        "processor": platform.machine(),
    }
