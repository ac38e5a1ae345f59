"""Labels of images, and networks of classes of which one is made a network without.

A label is a vector: numbers of the user's own, or of class k the unit vector k (Mirza and Osindero
2014, arXiv:1411.1784). In StyleGAN2-ADA, the generator's mapping takes its embedding beside z, and
the discriminator's output is projected on a mapping of it (Miyato and Koyama 2018,
arXiv:1802.05637).
"""

import copy
import math

import numpy as np
import torch
from torch import Tensor, nn

from facetds.errors import FacetdsError
from facetds.gan.networks import Discriminator, Generator
from facetds.gan.ops import normalize_2nd_moment
from facetds.randomness import generator as random_generator

STYLES = 10_000
"""Latents that the mean style of one class is taken over."""


def encode_labels(labels: list[int] | list[list[float]]) -> np.ndarray:
    """Return labels as float32 N x c_dim: classes as unit vectors, c_dim the largest and one."""
    values = np.asarray(labels)
    if values.ndim == 1:
        values = np.eye(values.max() + 1)[values]
    return values.astype(np.float32)


def distinct_labels(labels: np.ndarray, most: int) -> np.ndarray:
    """Return the labels (N x c_dim) that differ, class 0 first; of more than `most` some evenly."""
    found = np.unique(labels, axis=0)[::-1]
    return found[np.linspace(0, len(found) - 1, min(len(found), most)).round().astype(int)]


def describe_labels(labels: np.ndarray) -> str:
    """Return what labels (N x c_dim) there are, such as "3 classes (20, 20, 18 images)"."""
    classes = ((labels == 0) | (labels == 1)).all() and (labels.sum(axis=1) == 1).all()
    if not labels.shape[1] or not classes:
        return f"labels of {labels.shape[1]} numbers" if labels.shape[1] else "no labels"
    counts = ", ".join(str(int(count)) for count in labels.sum(axis=0))
    return f"{labels.shape[1]} classes ({counts} images)"


def check_labels(labels: np.ndarray, c_dim: int) -> None:
    """Raise `FacetdsError` if labels (N x c_dim) are of another size than the networks'."""
    if labels.shape[1] != c_dim:
        raise FacetdsError(
            f"The images have labels of {labels.shape[1]} numbers, the networks of {c_dim}; give "
            "the data set that they were trained on, or begin a training anew."
        )


def choose_label(label: list[float], c_dim: int) -> Tensor:
    """Return the label 1 x c_dim that `gan.label` means: of a class, or all of its numbers."""
    if not c_dim:
        raise FacetdsError("The network makes images without classes; set gan.label to null.")
    if len(label) == c_dim:
        return torch.tensor([label], dtype=torch.float32)
    if len(label) == 1 and label[0] in range(c_dim):
        return torch.eye(c_dim)[int(label[0])][None]
    given = ", ".join(f"{number:g}" for number in label) or "null"
    raise FacetdsError(
        f"gan.label is {given}, but the network makes images of {c_dim} classes; set it to the one "
        f"that all images shall be of, from 0 to {c_dim - 1}, or to a list of {c_dim} numbers."
    )


def fix_generator(generator: Generator, label: Tensor) -> Generator:
    """Return a generator without labels that makes the images that `generator` makes of `label`.

    What the label adds to the first layer of the mapping becomes part of its bias. The mean style,
    which is one of all classes, is taken anew, over 10,000 latents. label: 1 x c_dim.
    """
    state = generator.state_dict()
    mapping, z_dim = generator.mapping, generator.z_dim
    weight, bias = state["mapping.fc0.weight"], state["mapping.fc0.bias"]
    inputs = weight.shape[1]
    with torch.no_grad():
        embedded = normalize_2nd_moment(mapping.embed(label))
    # The layer divides by the root of its inputs, which are fewer from now on.
    state["mapping.fc0.weight"] = weight[:, :z_dim] * math.sqrt(z_dim / inputs)
    state["mapping.fc0.bias"] = bias + weight[:, z_dim:] @ embedded[0] / math.sqrt(inputs)
    fixed = _without_labels(Generator, generator.init_kwargs, state)
    if "mapping.w_avg" in state:
        z = random_generator(0, "gan.mean_style").normal(size=(STYLES, z_dim))
        with torch.inference_mode():
            fixed.mapping.w_avg.copy_(fixed.mapping(torch.from_numpy(z), None)[:, 0].mean(dim=0))
    return fixed


def fix_discriminator(discriminator: Discriminator, label: Tensor) -> Discriminator:
    """Return a discriminator without labels that judges as `discriminator` does with `label`."""
    state = discriminator.state_dict()
    with torch.no_grad():
        cmap = discriminator.mapping(None, label)
    for name in ("b4.out.weight", "b4.out.bias"):
        state[name] = (cmap @ state[name]) / math.sqrt(cmap.shape[1])
    return _without_labels(Discriminator, discriminator.init_kwargs, state)


def _without_labels(make: type[nn.Module], init_kwargs: dict, state: dict) -> nn.Module:
    network = make(**{**copy.deepcopy(init_kwargs), "c_dim": 0})
    network.load_state_dict({name: state[name] for name in network.state_dict()})
    return network.eval().requires_grad_(False)
