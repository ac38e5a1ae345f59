"""PyTorch with fixed threads and kernels; `runtime.start_keras` is the way to it."""

import os


def start(threads: int) -> dict[str, object]:
    """Fix what PyTorch's results depend on, and return it.

    On a GPU, operations without a deterministic form are used all the same, with a warning.

    Raises `RuntimeError` if PyTorch already runs in this process with other threads.
    """
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"
    import torch

    gpu = torch.cuda.is_available()
    torch.set_num_threads(threads)
    if torch.get_num_interop_threads() != threads:
        torch.set_num_interop_threads(threads)
    torch.use_deterministic_algorithms(True, warn_only=gpu)
    torch.backends.mkldnn.enabled = True
    torch.backends.cudnn.benchmark = False
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    return {
        "torch": torch.__version__,
        "onednn": True,
        "op_determinism": not gpu,
        "device": torch.cuda.get_device_name() if gpu else "cpu",
    }
