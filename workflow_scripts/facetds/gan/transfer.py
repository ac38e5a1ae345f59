"""Starting a training from what another has learned (transfer; thesis 2.7).

A snapshot of facetds gives all it holds: both networks, the average of G, the optimisers' moments,
the augmentation's p and the mean path length. Official pickles, exported weights and chosen
networks hold weights only. Counting goes on in `state.go_on_counting`.

Networks of classes can start from networks without: what labels pass through begins untrained.
"""

import copy
import math
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from facetds.errors import FacetdsError
from facetds.gan.checkpoint import build_networks, restore
from facetds.gan.network_files import Networks, read_networks
from facetds.gan.state import (
    VERSION,
    Settings,
    TrainingState,
    assemble,
    make_networks,
    restore_moments,
)
from facetds.progress import say
from facetds.randomness import seed_for

_G_KEYS = {
    "resolution": ("img_resolution", None, 0),
    "z_dim": ("z_dim", None, 0),
    "w_dim": ("w_dim", None, 0),
    "mapping_layers": ("num_layers", "mapping_kwargs", 8),
    "channel_base": ("channel_base", "synthesis_kwargs", 32768),
    "channel_max": ("channel_max", "synthesis_kwargs", 512),
}
_D_KEYS = {"d_architecture": ("architecture", None, "resnet")}
"""Key of gan: name in the settings of a network, part of them it stands in, and its default."""

_FIRST = "mapping.fc0.weight"
_OF_LABELS = {"G": ("mapping.embed.",), "D": ("mapping.", "b4.out.")}
"""Beginnings of the names that classes add to a generator, and add or change in a discriminator."""


def resumed_state(settings: Settings, path: Path | str, device: str = "cpu") -> TrainingState:
    """Return a GAN that goes on from the file `path`: ours, an official pickle or safetensors.

    Without a generator in training in the file, G starts from its average as G_ema does.

    Raises `FacetdsError` unless names and shapes of all weights fit the networks of `settings`: it
    names the keys to set, and has a table of what is missing, extra or misshaped. Only what labels
    pass through may be missing from a file without classes; it is told.
    """
    try:
        networks = read_networks(path)
        if "D" not in networks.parts:
            raise FacetdsError(f"{path} holds no discriminator that a training could go on with.")
        build_networks(networks.parts, path)
        torch.manual_seed(seed_for(settings.seed, "gan.weights"))
        g, d = make_networks(settings)
        g_ema = copy.deepcopy(g)
        advice = advise(networks, settings)
        for network, name in ((g_ema, "G_ema"), (d, "D"), (g, "G")):
            part = networks.parts.get(name, networks.parts["G_ema"])
            weights = part["state"]
            if settings.c_dim and not part["init_kwargs"].get("c_dim") and not advice:
                weights = _add_classes(network, weights, name)
            _restore(network, weights, f"{path}: {name}", advice)
    except FacetdsError as error:
        raise FacetdsError(f"gan.resume: {error}") from None
    state = assemble(settings, g, d, g_ema, device)
    training = networks.training
    if training is not None and training.get("version") == VERSION:
        _restore_course(state, training)
        say(f"{path}: all of a training after {networks.meta.get('kimg'):g} kimg, p {state.p:.3f}.")
    else:
        say(f"{path}: the weights of a {networks.kind}; optimisers, p and averages start anew.")
    return state


def advise(networks: Networks, settings: Settings) -> str:
    """Return which keys of gan have to be set to what for the networks of a file; "" if none."""
    wrong = []
    for name, keys in (("G_ema", _G_KEYS), ("D", _D_KEYS)):
        given = networks.parts[name]["init_kwargs"]
        for key, (theirs, part, default) in keys.items():
            value = (given.get(part) or {} if part else given).get(theirs, default)
            if value != getattr(settings, key):
                wrong.append(f"gan.{key}: {value} (it is {getattr(settings, key)})")
    c_dim = networks.parts["G_ema"]["init_kwargs"].get("c_dim") or 0
    if c_dim not in (0, settings.c_dim):
        wrong.append(f"gan.cond: true, with labels of {c_dim} numbers (they have {settings.c_dim})")
    return "; ".join(wrong)


def _add_classes(
    network: torch.nn.Module, weights: dict[str, Tensor], name: str
) -> dict[str, Tensor]:
    """Return weights without classes with those that labels pass through, and tell which.

    The generator begins with the same images for all labels, as new inputs of its mapping have
    weights of 0; the discriminator's last layer begins untrained.
    """
    fresh = network.state_dict()
    new = [key for key in fresh if key.startswith(_OF_LABELS[name[0]])]
    weights = weights | {key: fresh[key] for key in new}
    if name != "D":
        first, inputs = weights[_FIRST], fresh[_FIRST].shape[1]
        # The layer divides by the root of its inputs.
        grown = first * math.sqrt(inputs / first.shape[1])
        weights[_FIRST] = F.pad(grown, (0, inputs - first.shape[1]))
    say(f"{name} had no classes; untrained: {', '.join(new)}.")
    return weights


def _restore(network: torch.nn.Module, state: dict[str, Any], what: str, advice: str) -> None:
    try:
        restore(network, state, what)
    except FacetdsError as error:
        remedy = f"For this file, set {advice}.\n" if advice else ""
        raise FacetdsError(f"{remedy}{error}") from None


def _restore_course(state: TrainingState, training: dict[str, Any]) -> None:
    """Take over optimisers, p and mean path length; what is frozen or new has no moments."""
    for adam, network, name in (
        (state.adam_g, state.g, "adam_G"),
        (state.adam_d, state.d, "adam_D"),
    ):
        shapes = {key: value.shape for key, value in network.named_parameters()}
        moments = {
            key: value
            for key, value in training[name].items()
            if shapes.get(key) == value["exp_avg"].shape
        }
        restore_moments(adam, network, moments)
    state.p = min(float(training["p"]), state.settings.ada_max)
    state.pl_mean.copy_(training["pl_mean"])
