"""Networks as files: tensors and plain values only, so that reading one runs nothing.

The same content gives the same bytes, whatever the file is called and whoever wrote it.
"""

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from facetds.errors import BadInput, FacetdsError
from facetds.files import replacing
from facetds.foreign import load_checkpoint
from facetds.gan.networks import Discriminator, Generator, freeze, set_conv_type

FORMAT = "facetds network 1"
MAX_LISTED = 20
MAX_WIDTH, MAX_LAYERS, MAX_TAPS = 65536, 64, 64
"""Largest numbers that settings of networks may have; the official ones stay far below."""


def save_network(
    path: Path | str, generator: Generator, discriminator: Discriminator | None, meta: dict
) -> None:
    """Write a generator (its moving average, G_ema), its discriminator or None, and `meta`.

    meta: plain values (text, numbers, lists, dicts with text keys) about the networks.
    """
    networks = {"G_ema": generator, "D": discriminator}
    content = {
        name: {"init_kwargs": network.init_kwargs, "state": dict(network.state_dict())}
        for name, network in networks.items()
        if network is not None
    }
    write_checkpoint(path, {"format": FORMAT, "meta": meta, **content})


def load_generator(path: Path | str, conv_type: str = "float32") -> Generator:
    """Return the generator (G_ema) of a file to make images: eval mode, float32, on the CPU.

    It has no gradients and its weights are frozen. conv_type: float32, or bfloat16 (see
    `Acceleration`).

    Raises `FacetdsError` for a file that `save_network` did not write or that is damaged.
    """
    generator = build_network(Generator, _read(path)["G_ema"], f"{path}: G_ema")
    set_conv_type(generator, getattr(torch, conv_type))
    return freeze(generator)


def load_networks(path: Path | str) -> tuple[Generator, Discriminator | None, dict[str, Any]]:
    """Return (generator, discriminator or None, meta) of a file, the networks as `load_generator`.

    To train them further, call `.train().requires_grad_(True)`.
    """
    content = _read(path)
    return (*build_networks(content, path), content["meta"])


def build_networks(
    parts: dict[str, dict[str, Any]], path: Path | str
) -> tuple[Generator, Discriminator | None]:
    """Return (generator, discriminator or None) of {"G_ema", "D": {"init_kwargs", "state"}}.

    path: names them in errors. Raises `FacetdsError` for what is missing, extra or misshaped.
    """
    generator = build_network(Generator, parts["G_ema"], f"{path}: G_ema")
    discriminator = None
    if "D" in parts:
        discriminator = build_network(Discriminator, parts["D"], f"{path}: D")
    return generator, discriminator


def write_checkpoint(path: Path | str, content: dict) -> None:
    """Write nested dicts and lists of tensors and plain values; the same content, the same bytes.

    Tensors are stored contiguous on the CPU, each by itself; tuples become lists.
    """
    # In memory first: torch.save names the members of its archive after the file.
    buffer = io.BytesIO()
    torch.save(_canonical(content), buffer)
    with replacing(path) as temporary:
        temporary.write_bytes(buffer.getbuffer())


def restore(network: nn.Module, state: dict[str, Tensor], what: str) -> None:
    """Load `state` into `network`, whose names and shapes it must match exactly.

    The values are copied; only a network without storage (device "meta") takes the tensors over.
    what: names the state in the error. Raises `FacetdsError` with a table of what differs, or if
    a value is not finite.
    """
    wanted = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    given = {name: tuple(value.shape) for name, value in state.items()}
    rows = [
        f"  {name}: the network has {_shape(wanted.get(name))}, the file {_shape(given.get(name))}"
        for name in [*wanted, *(name for name in given if name not in wanted)]
        if wanted.get(name) != given.get(name)
    ]
    if rows:
        more = [f"  and {len(rows) - MAX_LISTED} more"] if len(rows) > MAX_LISTED else []
        table = "\n".join(rows[:MAX_LISTED] + more)
        raise FacetdsError(
            f"{what} does not fit the network it is for; use the settings it was made with, or "
            f"another file. {len(rows)} of {len(wanted)} tensors differ:\n{table}"
        )
    for name, value in state.items():
        if not torch.isfinite(value).all():
            raise FacetdsError(f"{what}: {name} is not finite; use an earlier snapshot.")
    if next(network.parameters()).is_meta:
        state = {name: value.float() for name, value in state.items()}
        network.load_state_dict(state, assign=True)
    else:
        network.load_state_dict(state)


def _read(path: Path | str) -> dict[str, Any]:
    try:
        content = load_checkpoint(path)
    except BadInput:
        raise _foreign(path, "torch.load finds more than tensors and plain values") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise _foreign(path, f"it lacks the mark {FORMAT!r}")
    if "G_ema" not in content or not isinstance(content.get("meta"), dict):
        raise _foreign(path, "G_ema or meta is missing")
    return content


def _foreign(path: Path | str, reason: str) -> FacetdsError:
    return FacetdsError(
        f"{path} is not a network of facetds ({reason}); give a network.pkl or snapshot that the "
        "stage gan wrote. Official pickles are for gan.network and gan.resume."
    )


def build_network(make: type[nn.Module], part: dict[str, Any], what: str) -> nn.Module:
    """Return the network of {init_kwargs, state}: eval mode, float32, no gradients."""
    try:
        state = {name: value for name, value in part["state"].items() if torch.is_tensor(value)}
        network = make_empty(make, part["init_kwargs"], what)
    except (TypeError, KeyError, AttributeError) as error:
        raise _undescribed(what, error) from None
    restore(network, state, what)
    return network.eval().requires_grad_(False)


def make_empty(make: type[nn.Module], init_kwargs: dict[str, Any], what: str) -> nn.Module:
    """Return a network without storage: no time or random numbers go into weights to be replaced.

    Raises `FacetdsError` for settings that make no network, or one beyond all sizes in use.
    """
    try:
        _check_sizes(init_kwargs)
        with torch.device("meta"):
            return make(**init_kwargs)
    except (TypeError, KeyError, ValueError, AttributeError, RuntimeError) as error:
        raise _undescribed(what, error) from None


def _undescribed(what: str, error: Exception) -> FacetdsError:
    return FacetdsError(f"{what} does not describe a network ({error}); use another file.")


def _check_sizes(settings: Any, name: str = "it") -> None:
    """Raise `ValueError` for numbers in settings that would make a network without end."""
    if isinstance(settings, dict):
        for key, value in settings.items():
            _check_sizes(value, str(key))
    elif isinstance(settings, list | tuple):
        if len(settings) > MAX_TAPS:
            raise ValueError(f"{name} has {len(settings)} values")
        for value in settings:
            _check_sizes(value, name)
    elif isinstance(settings, int) and abs(settings) > (
        MAX_LAYERS if "layers" in name and name != "freeze_layers" else MAX_WIDTH
    ):
        raise ValueError(f"{name} is {settings}")


def _canonical(value: Any) -> Any:
    """Return `value` so that pickling depends on what it holds only, not on shared objects."""
    if isinstance(value, Tensor):
        return value.detach().cpu().clone(memory_format=torch.contiguous_format)
    if isinstance(value, dict):
        return {_canonical(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, str):
        return sys.intern(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    raise TypeError(f"a checkpoint holds tensors and plain values, not {type(value).__name__}")


def _shape(shape: tuple[int, ...] | None) -> str:
    if shape is None:
        return "nothing"
    return " x ".join(map(str, shape)) if shape else "one number"
