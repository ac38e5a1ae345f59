"""Official pickles of PyTorch, as data: stylegan2-ada-pytorch's, and stylegan3's of StyleGAN2.

Such a file embeds the source text of its networks, which the official loader executes. Here the
text is dropped, the modules are taken for what they are, named tensors and settings, and tensors
are cut from their bytes by hand.
"""

import io
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from facetds.errors import BadInput
from facetds.gan.pickle_machine import Shell, plain_set, read_pickle

CLASSES = {
    "Generator", "MappingNetwork", "SynthesisNetwork", "SynthesisBlock", "SynthesisLayer",
    "ToRGBLayer", "FullyConnectedLayer", "Conv2dLayer", "Discriminator", "DiscriminatorBlock",
    "MinibatchStdLayer", "DiscriminatorEpilogue", "AugmentPipe",
}  # fmt: skip
STORAGES = {
    "FloatStorage": torch.float32, "HalfStorage": torch.float16, "DoubleStorage": torch.float64,
    "BFloat16Storage": torch.bfloat16, "LongStorage": torch.int64, "IntStorage": torch.int32,
    "ShortStorage": torch.int16, "CharStorage": torch.int8, "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}  # fmt: skip
NUMBERS = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "b1")
"""Kinds of numbers of NumPy that are read."""
_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_DEFAULTS_OF_STYLEGAN3 = {"num_fp16_res": 4, "conv_clamp": 256}
_SYNTHESIS_KEYS = {
    "channel_base", "channel_max", "num_fp16_res", "conv_clamp", "architecture", "resample_filter",
    "use_noise", "activation", "fp16_channels_last", "fused_modconv_default",
}  # fmt: skip
_NO_EFFECT = {"fused_modconv_default", "fp16_channels_last"}
"""Settings of how fast the official code runs, not of what it computes."""


class Module(NamedTuple):
    """A network or a part of one: the name of its class, and its attributes."""

    class_name: str
    state: dict[str, Any]


def read_networks(content: Any) -> dict[str, dict[str, Any]]:
    """Return {"G", "D", "G_ema": {"init_kwargs", "state"}} of a content, as far as it has them.

    content: what `pickle_machine.read_pickle` made of the file with `STAND_INS`. The settings are
    those of our networks, `state` has the official names. Raises `BadInput` if there is no G_ema,
    or if a network is not one of StyleGAN2.
    """
    if not isinstance(content, dict) or not isinstance(content.get("G_ema"), Module):
        raise BadInput("it holds no networks of the official code (no G_ema)")
    names = [name for name in ("G", "D", "G_ema") if content.get(name) is not None]
    modules = {name: content[name] for name in names}
    for name, module in modules.items():
        expected = "Discriminator" if name == "D" else "Generator"
        if not isinstance(module, Module) or module.class_name != expected:
            raise BadInput(f"its {name} is no {expected}")
    flat = "channel_base" in _kwargs(content["G_ema"])
    return {
        name: {"init_kwargs": _our_kwargs(module, flat), "state": gather_state(module)}
        for name, module in modules.items()
    }


def generation_of(content: dict[str, Any]) -> str:
    """Return which official code wrote a content."""
    return "stylegan3" if "channel_base" in _kwargs(content["G_ema"]) else "stylegan2-ada-pytorch"


def augment_p(content: dict[str, Any]) -> float | None:
    """Return the augmentation's probability that a content has kept, or None."""
    pipe = content.get("augment_pipe")
    if not isinstance(pipe, Module):
        return None
    p = gather_state(pipe).get("p")
    return None if p is None or p.numel() != 1 else float(p)


def gather_state(module: Module) -> dict[str, Tensor]:
    """Return all tensors of a module and its parts by dotted names, as `state_dict` would."""
    state = {}
    for kind in ("_parameters", "_buffers"):
        for name, value in _dict(module.state, kind).items():
            if value is not None:
                if not isinstance(value, Tensor):
                    raise BadInput(f"{name} in its {module.class_name} is no tensor")
                state[str(name)] = value
    for name, part in _dict(module.state, "_modules").items():
        if part is not None:
            if not isinstance(part, Module):
                raise BadInput(f"{name} in its {module.class_name} is no module")
            state |= {f"{name}.{key}": value for key, value in gather_state(part).items()}
    return state


def _our_kwargs(module: Module, flat: bool) -> dict[str, Any]:
    """Return the settings that a network was made with; `flat`: those of stylegan3's StyleGAN2."""
    kwargs = _kwargs(module)
    defaults = _DEFAULTS_OF_STYLEGAN3 if flat else {}
    if module.class_name == "Generator":
        synthesis = dict(kwargs.pop("synthesis_kwargs", {}))
        synthesis |= {key: kwargs.pop(key) for key in _SYNTHESIS_KEYS & set(kwargs)}
        synthesis = {key: value for key, value in synthesis.items() if key not in _NO_EFFECT}
        mapping = dict(kwargs.pop("mapping_kwargs", {}))
        if flat:
            mapping = {"w_avg_beta": 0.998, **mapping}
        parts = {"mapping_kwargs": mapping, "synthesis_kwargs": {**defaults, **synthesis}}
        return {**kwargs, **parts}
    if "block_kwargs" in kwargs:
        block = kwargs["block_kwargs"]
        kwargs["block_kwargs"] = {k: v for k, v in block.items() if k not in _NO_EFFECT}
    return {**defaults, **kwargs}


def _kwargs(module: Module) -> dict[str, Any]:
    if module.state.get("_init_args"):
        raise BadInput(f"its {module.class_name} was made in another way than the official tool's")
    return dict(_dict(module.state, "_init_kwargs"))


def _dict(state: dict[str, Any], name: str) -> dict[str, Any]:
    value = state.get(name, {})
    if not isinstance(value, dict):
        raise BadInput(f"its {name} is no dict")
    return value


def _module(meta: dict[str, Any]) -> Module:
    """Answer `_reconstruct_persistent_obj`; the source text in `meta` is left alone."""
    name, state = meta["class_name"], meta["state"]
    if meta["type"] != "class" or not isinstance(state, dict):
        raise BadInput("it describes an object that is no module")
    if type(name) is not str or name not in CLASSES:
        shown = repr(name[:100]) if type(name) is str else type(name).__name__
        raise BadInput(f"it holds a {shown}, which is no part of StyleGAN2-ADA")
    return Module(name, state)


def _tensor(storage: Tensor, offset: int, size: tuple, stride: tuple, *_ignored: Any) -> Tensor:
    """Answer `_rebuild_tensor_v2`: a view that lies inside its storage."""
    numbers = (offset, *size, *stride)
    if len(size) != len(stride) or not all(type(n) is int and n >= 0 for n in numbers):
        raise BadInput("it has a tensor of an impossible shape")
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    count = math.prod(size)
    if count > len(storage) or (count and last >= len(storage)):
        raise BadInput(f"it has a tensor of {count:,} numbers in a storage of {len(storage):,}")
    return storage.as_strided(size, stride, offset)


def _storage(data: bytes) -> Tensor:
    """Answer `_load_from_bytes`: one storage in torch's format before 1.6 (no zip)."""
    stream = io.BytesIO(data)
    magic, protocol, system = (read_pickle(stream, {}) for _ in range(3))
    if magic != _MAGIC or protocol != _PROTOCOL or system.get("little_endian") is not True:
        raise BadInput("it has a storage in an unknown format")
    kinds = {f"torch.{name}": _unused for name in STORAGES}
    name, key, count = read_pickle(stream, kinds, _describe_storage)
    keys = read_pickle(stream, {})
    written = int.from_bytes(stream.read(8), "little", signed=True)
    dtype = STORAGES[name]
    size = count * dtype.itemsize
    if keys != [key] or written != count or len(data) - stream.tell() != size:
        raise BadInput(f"it has a storage of {written:,} numbers in {len(data):,} bytes")
    if not count:
        return torch.empty(0, dtype=dtype)
    return torch.frombuffer(bytearray(stream.read(size)), dtype=dtype)


def _describe_storage(identity: Any) -> tuple[str, str, int]:
    kind, storage, key, _place, count, view = identity
    if kind != "storage" or view is not None or type(count) is not int or count < 0:
        raise BadInput("it has a storage in an unknown format")
    return storage.name.removeprefix("torch."), key, count


def _unused(*_: Any) -> None:
    raise BadInput("it calls a storage")


def _scalar(dtype: Shell, data: bytes) -> Any:
    """Answer numpy's `scalar`."""
    return np.frombuffer(data, numpy_dtype(dtype), count=1)[0].item()


def numpy_dtype(shell: Shell) -> np.dtype:
    """Return the dtype of numbers that a pickled `numpy.dtype` describes."""
    code, order = shell.args[0], (shell.state or (None, "|"))[1]
    if type(code) is not str or code not in NUMBERS or order not in "<>|=":
        shown = repr(code[:20]) if type(code) is str else type(code).__name__
        raise BadInput(f"it has numbers of the kind {shown}")
    return np.dtype(code).newbyteorder(order)


def _mapping(items: Any = ()) -> dict[Any, Any]:
    if items:
        raise BadInput("it has a dict in an unknown format")
    return {}


STAND_INS: dict[str, Callable[..., Any]] = {
    "torch_utils.persistence._reconstruct_persistent_obj": _module,
    "torch._utils._rebuild_parameter": lambda tensor, *_ignored: tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch.storage._load_from_bytes": _storage,
    "collections.OrderedDict": _mapping,
    "dnnlib.util.EasyDict": _mapping,
    "numpy.core.multiarray.scalar": _scalar,
    "numpy._core.multiarray.scalar": _scalar,
    "numpy.dtype": lambda *args: Shell("dtype", *args),
    "builtins.set": plain_set,
    "__builtin__.set": plain_set,
}
"""All global names of an official pickle of PyTorch, and what answers them."""
