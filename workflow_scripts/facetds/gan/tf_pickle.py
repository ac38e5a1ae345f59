"""Official pickles of TensorFlow (stylegan2-ada), as data: variables renamed and turned round.

Their weights have other names and orders of axes than PyTorch's, and up-sampling convolutions are
flipped.
"""

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from facetds.errors import BadInput
from facetds.gan import torch_pickle
from facetds.gan.checkpoint import make_empty
from facetds.gan.networks import Discriminator, Generator
from facetds.gan.ops import make_filter
from facetds.gan.pickle_machine import Shell

OLDEST = 4
"""First version of pickled networks whose settings are known."""

STAND_INS: dict[str, Callable[..., Any]] = {
    "dnnlib.tflib.network.Network": lambda: Shell("Network"),
    "numpy.core.multiarray._reconstruct": lambda *args: Shell("array", *args),
    "numpy._core.multiarray._reconstruct": lambda *args: Shell("array", *args),
    "numpy.ndarray": lambda *_: Shell("array"),
    **{
        name: torch_pickle.STAND_INS[name]
        for name in (
            "numpy.core.multiarray.scalar",
            "numpy._core.multiarray.scalar",
            "numpy.dtype",
            "dnnlib.util.EasyDict",
            "collections.OrderedDict",
        )
    },
}
"""All global names of an official pickle of TensorFlow, and what answers them."""

_SHARED = {"num_channels": "img_channels", "resolution": "img_resolution", "label_size": "c_dim"}
_WIDTHS = {
    "num_fp16_res": "num_fp16_res",
    "conv_clamp": "conv_clamp",
    "architecture": "architecture",
    "fmap_max": "channel_max",
}


def is_tensorflow(content: Any) -> bool:
    """Say whether a content is a tuple of three networks (G, D, Gs)."""
    return (
        isinstance(content, tuple)
        and len(content) == 3
        and all(isinstance(part, Shell) and part.kind == "Network" for part in content)
    )


def read_networks(content: tuple[Shell, Shell, Shell]) -> dict[str, dict[str, Any]]:
    """Return {"G", "D", "G_ema": {"init_kwargs", "state"}} with PyTorch's names and orders of axes.

    A conditional discriminator is left out, as TensorFlow's conditions in another way.
    """
    g, d, g_ema = content
    networks = {"G": _generator(g), "G_ema": _generator(g_ema)}
    if not _settings(d).get("label_size", 0):
        networks["D"] = _discriminator(d)
    return networks


def _generator(network: Shell) -> dict[str, Any]:
    given = _settings(network)
    mapping = {
        "num_layers": given.get("mapping_layers", 8),
        "embed_features": given.get("mapping_fmaps", 512),
        "layer_features": given.get("mapping_fmaps", 512),
        "activation": given.get("mapping_nonlinearity", "lrelu"),
        "lr_multiplier": given.get("mapping_lrmul", 0.01),
        "w_avg_beta": given.get("w_avg_beta", 0.995),
    }
    taps = given.get("resample_kernel", [1, 3, 3, 1])
    synthesis = {
        **_widths(given),
        "use_noise": given.get("use_noise", True),
        "activation": given.get("nonlinearity", "lrelu"),
        "resample_filter": taps,
    }
    init_kwargs = {
        "z_dim": given.get("latent_size", 512),
        "w_dim": given.get("dlatent_size", 512),
        **_shapes(given),
        "mapping_kwargs": mapping,
        "synthesis_kwargs": synthesis,
    }
    state = _convert(_variables(network), _GENERATOR)
    return _with_filters(Generator, init_kwargs, state, taps)


def _discriminator(network: Shell) -> dict[str, Any]:
    given = _settings(network)
    taps = given.get("resample_kernel", [1, 3, 3, 1])
    activation = given.get("nonlinearity", "lrelu")
    init_kwargs = {
        **_shapes(given),
        **_widths(given),
        "block_kwargs": {"activation": activation, "resample_filter": taps},
        "epilogue_kwargs": {
            "activation": activation,
            "mbstd_group_size": given.get("mbstd_group_size"),
            "mbstd_num_channels": given.get("mbstd_num_features", 1),
        },
    }
    state = _convert(_variables(network), _DISCRIMINATOR)
    return _with_filters(Discriminator, init_kwargs, state, taps)


def _shapes(given: dict[str, Any]) -> dict[str, Any]:
    shapes = {"img_channels": 3, "img_resolution": 1024, "c_dim": 0}
    return shapes | {ours: given[theirs] for theirs, ours in _SHARED.items() if theirs in given}


def _widths(given: dict[str, Any]) -> dict[str, Any]:
    widths = {ours: given[theirs] for theirs, ours in _WIDTHS.items() if theirs in given}
    return {"channel_max": 512, "channel_base": 2 * given.get("fmap_base", 16384), **widths}


def _settings(network: Shell) -> dict[str, Any]:
    state = network.state
    if not isinstance(state, dict) or not isinstance(state.get("static_kwargs"), dict):
        raise BadInput("it holds a network without settings")
    version = state.get("version")
    if not isinstance(version, int) or version < OLDEST:
        raise BadInput(
            f"it holds a network of version {str(version)[:20]}, older than StyleGAN2-ADA's (4)"
        )
    return dict(state["static_kwargs"])


def _variables(network: Shell) -> dict[str, np.ndarray]:
    """Return all variables of a network and of its components, whose names they begin with."""
    state = network.state
    listed = state.get("variables") or []
    found = {name: _array(value) for name, value in listed if name not in _UNUSED}
    for name, part in (state.get("components") or {}).items():
        if not isinstance(part, Shell) or not isinstance(part.state, dict):
            raise BadInput(f"its component {name} is no network")
        found |= {f"{name}/{key}": value for key, value in _variables(part).items()}
    return found


def _array(shell: Any) -> np.ndarray:
    """Return a pickled array, which must have as many bytes as its shape says, or a number."""
    if isinstance(shell, int | float):
        return np.array(shell, dtype=np.float32)
    try:
        _, shape, dtype, fortran, data = shell.state
        kind = torch_pickle.numpy_dtype(dtype)
        fits = len(data) == math.prod(shape) * kind.itemsize and min(shape, default=1) >= 0
        if not fits:
            raise BadInput(f"it has an array of {shape} in {len(data):,} bytes")
        return np.frombuffer(data, kind).reshape(shape, order="F" if fortran else "C")
    except (AttributeError, TypeError, ValueError) as error:
        raise BadInput(f"it has an array in an unknown format ({error})") from None


def _as_is(value: np.ndarray) -> np.ndarray:
    return value


def _first(value: np.ndarray) -> np.ndarray:
    return value[0]


def _map(value: np.ndarray) -> np.ndarray:
    return value[0, 0]


def _transpose(value: np.ndarray) -> np.ndarray:
    return value.T


def _conv(value: np.ndarray) -> np.ndarray:
    return value.transpose(3, 2, 0, 1)


def _conv_flipped(value: np.ndarray) -> np.ndarray:
    return _conv(value)[:, :, ::-1, ::-1]


def _one_more(value: np.ndarray) -> np.ndarray:
    return value + 1


_Rule = tuple[str, str, Callable[[np.ndarray], np.ndarray]]
_BLOCK = r"(?P<r>\d+)x\d+"
_LAYERS = {"Conv": "conv1", "Conv0_up": "conv0", "Conv1": "conv1", "ToRGB": "torgb"}
_GENERATOR: list[_Rule] = [
    (r"dlatent_avg", "mapping.w_avg", _as_is),
    (r"mapping/Dense(?P<i>\d+)/weight", "mapping.fc{i}.weight", _transpose),
    (r"mapping/Dense(?P<i>\d+)/bias", "mapping.fc{i}.bias", _as_is),
    (r"mapping/LabelEmbed/weight", "mapping.embed.weight", _transpose),
    (r"mapping/LabelEmbed/bias", "mapping.embed.bias", _as_is),
    (r"synthesis/4x4/Const/const", "synthesis.b4.const", _first),
    (rf"synthesis/{_BLOCK}/Skip/weight", "synthesis.b{r}.skip.weight", _conv_flipped),
    *(
        (rf"synthesis/{_BLOCK}/{theirs}/{variable}", f"synthesis.b{{r}}.{ours}.{name}", turn)
        for theirs, ours in _LAYERS.items()
        for variable, name, turn in (
            ("weight", "weight", _conv_flipped if theirs == "Conv0_up" else _conv),
            ("bias", "bias", _as_is),
            ("noise_strength", "noise_strength", _as_is),
            ("mod_weight", "affine.weight", _transpose),
            ("mod_bias", "affine.bias", _one_more),
        )
    ),
]
_DISCRIMINATOR: list[_Rule] = [
    *(
        (rf"{_BLOCK}/{theirs}/{name}", f"b{{r}}.{ours}.{name}", turn)
        for theirs, ours in {
            "FromRGB": "fromrgb",
            "Conv0": "conv0",
            "Conv1_down": "conv1",
            "Skip": "skip",
            "Conv": "conv",
        }.items()
        for name, turn in (("weight", _conv), ("bias", _as_is))
    ),
    (rf"{_BLOCK}/Dense0/weight", "b{r}.fc.weight", _transpose),
    (rf"{_BLOCK}/Dense0/bias", "b{r}.fc.bias", _as_is),
    (r"Output/weight", "b4.out.weight", _transpose),
    (r"Output/bias", "b4.out.bias", _as_is),
]
_UNUSED = ("lod",)
"""Variables of progressive growing, which every network has and none of StyleGAN2-ADA uses."""


def _convert(variables: dict[str, np.ndarray], rules: list[_Rule]) -> dict[str, Tensor]:
    """Return the variables with PyTorch's names; raises `BadInput` for one without a rule."""
    state = {}
    for name, value in variables.items():
        key, turn = _find_rule(name, rules)
        state[key] = torch.from_numpy(np.array(turn(value), dtype=np.float32, order="C"))
    return state


def _find_rule(name: str, rules: list[_Rule]) -> tuple[str, Callable[[np.ndarray], np.ndarray]]:
    noise = re.fullmatch(r"synthesis/noise(\d+)", name)
    if noise:
        number = int(noise[1])
        # Noise 0 belongs to 4 x 4, which has one convolution, 1 and 2 to 8 x 8, and so on.
        resolution, layer = 2 ** ((number + 5) // 2), "conv0" if number % 2 else "conv1"
        return f"synthesis.b{resolution}.{layer}.noise_const", _map
    for pattern, key, turn in rules:
        match = re.fullmatch(pattern, name)
        if match:
            return key.format(**match.groupdict()), turn
    reason = "progressive growing is not supported" if "_lod" in name else "not StyleGAN2-ADA's"
    raise BadInput(f"it has the variable {name[:100]} ({reason})")


def _with_filters(
    make: type[torch.nn.Module], init_kwargs: dict[str, Any], state: dict[str, Tensor], taps: Any
) -> dict[str, Any]:
    """Return {init_kwargs, state} with the FIR filters that PyTorch's networks store."""
    names = make_empty(make, init_kwargs, "The network").state_dict()
    filters = {name: make_filter(taps) for name in names if name.endswith("resample_filter")}
    return {"init_kwargs": init_kwargs, "state": {**state, **filters}}
