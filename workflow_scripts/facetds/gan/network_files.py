"""Networks out of files of any kind: ours, official pickles of three generations, safetensors."""

import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import torch

from facetds.errors import BadInput, FacetdsError
from facetds.files import replacing
from facetds.foreign import load_checkpoint, load_tensors, read_bytes
from facetds.gan import tf_pickle, torch_pickle
from facetds.gan.checkpoint import FORMAT
from facetds.gan.pickle_machine import read_pickle

MAX_BYTES = 4_000_000_000
"""Largest file of networks; official ones of 1024 pixels have 0.4 GB."""
METADATA = "facetds"
"""Key of the metadata of a safetensors file that holds its settings, as JSON."""


class Networks(NamedTuple):
    """What a file holds: its kind, networks {"G_ema", "D", "G"} of {"init_kwargs", "state"}, facts.

    G_ema is always there. G is the generator in training beside its average. training: what else
    a snapshot of facetds holds of its training.
    """

    kind: str
    parts: dict[str, dict[str, Any]]
    meta: dict[str, Any]
    training: dict[str, Any] | None = None


def read_networks(path: Path | str) -> Networks:
    """Return the networks of a file of facetds, an official pickle or a safetensors export.

    The kind is told by the bytes, not by the name. Nothing in the file is run. Raises
    `FacetdsError` if the file is missing or none of these, and says what it holds instead: the
    name of the first global or instruction that no network needs, for a pickle.
    """
    if not Path(path).exists():
        raise FacetdsError(f"{path} does not exist.")
    head = read_bytes(path, MAX_BYTES, count=16)
    if head.startswith(b"PK"):
        return _read_ours(path)
    if head.startswith(b"\x80"):
        return _read_official(path)
    if head[8:9] == b"{":
        return _read_safetensors(path)
    raise _refused(path, "it is neither a pickle nor a zip nor safetensors")


def export_safetensors(path: Path | str, networks: Networks) -> None:
    """Write networks as safetensors: tensors "G_ema.mapping.fc0.weight", settings as metadata."""
    from safetensors.torch import save

    tensors = {
        f"{name}.{key}": value.detach().float().contiguous().clone()
        for name, part in networks.parts.items()
        for key, value in part["state"].items()
    }
    settings = {
        "format": FORMAT,
        "init_kwargs": {name: part["init_kwargs"] for name, part in networks.parts.items()},
        "meta": networks.meta,
    }
    content = save(tensors, {METADATA: json.dumps(settings, sort_keys=True)})
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def _read_ours(path: Path | str) -> Networks:
    try:
        content = load_checkpoint(path)
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise BadInput(f"it lacks the mark {FORMAT!r}")
        parts = {name: content[name] for name in ("G_ema", "D") if name in content}
        training = content.get("training")
        if training is not None:
            part = {"init_kwargs": content["G_ema"]["init_kwargs"], "state": training["G"]}
            parts["G"] = part
        meta = dict(content["meta"])
    except BadInput:
        raise _refused(path, "its zip is not one that facetds wrote") from None
    except (TypeError, KeyError) as error:
        raise _refused(path, f"G_ema, D or meta is missing ({error})") from None
    if "G_ema" not in parts:
        raise _refused(path, "G_ema is missing")
    kind = "network of facetds" if training is None else "snapshot of facetds"
    return Networks(kind, parts, meta, training)


def _read_official(path: Path | str) -> Networks:
    stand_ins = torch_pickle.STAND_INS | tf_pickle.STAND_INS
    stream = io.BytesIO(read_bytes(path, MAX_BYTES))
    try:
        content = read_pickle(stream, stand_ins)
        if stream.read(1):
            raise BadInput("there are bytes after its end")
        if tf_pickle.is_tensorflow(content):
            return Networks(
                "stylegan2-ada pickle (TensorFlow)", tf_pickle.read_networks(content), {}
            )
        parts = torch_pickle.read_networks(content)
        meta = {"augment_p": torch_pickle.augment_p(content)}
        return Networks(f"{torch_pickle.generation_of(content)} pickle (PyTorch)", parts, meta)
    except BadInput as error:
        raise _refused(path, str(error)) from None
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as error:
        # Values of other kinds than a network's, where its settings and tensors are looked for.
        raise _refused(path, f"its networks have another form ({error!r})") from None


def _read_safetensors(path: Path | str) -> Networks:
    tensors, metadata = load_tensors(path, MAX_BYTES)
    try:
        settings = json.loads(metadata[METADATA])
        if settings["format"] != FORMAT:
            raise ValueError(f"format {settings['format']!r}")
        parts = {
            name: {"init_kwargs": dict(init_kwargs), "state": _part_of(tensors, name)}
            for name, init_kwargs in settings["init_kwargs"].items()
            if name in ("G", "D", "G_ema")
        }
        meta = dict(settings["meta"])
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        reason = f"its metadata lack the settings of the networks ({error!r})"
        raise _refused(path, reason) from None
    if "G_ema" not in parts:
        raise _refused(path, "G_ema is missing")
    return Networks("safetensors of facetds", parts, meta)


def _part_of(tensors: dict[str, torch.Tensor], name: str) -> dict[str, torch.Tensor]:
    start = f"{name}."
    return {key.removeprefix(start): v for key, v in tensors.items() if key.startswith(start)}


def _refused(path: Path | str, reason: str) -> FacetdsError:
    return FacetdsError(
        f"{path} is not read, and nothing in it was run: {reason}. Give a network.pkl or snapshot "
        "of facetds, an official pickle of stylegan2-ada-pytorch, of stylegan3's StyleGAN2 or of "
        "stylegan2-ada (TensorFlow), or safetensors that facetds.gan.inspect exported."
    )
