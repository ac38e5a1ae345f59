"""InceptionV3 (Szegedy et al. 2015) up to its 2048 pooled features, from a local weights file.

Two files with the same names of tensors are known, and they are different networks: the one of
TensorFlow 2015, on which the FID is defined, and torchvision's. Nothing is ever downloaded.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from facetds.errors import FacetdsError
from facetds.files import digest
from facetds.foreign import load_checkpoint

SIZE = 299
FEATURES = 2048


class Weights(NamedTuple):
    """A known file: first digits of its SHA-256, what its distance is called, and its variant."""

    sha256: str
    label: str
    tensorflow: bool


KNOWN = {
    "pt_inception-2015-12-05-6726825d.pth": Weights("6726825d", "inception-2015-12-05", True),
    "weights-inception-2015-12-05-6726825d.pth": Weights("6726825d", "inception-2015-12-05", True),
    "inception_v3_google-0cc3c7bd.pth": Weights("0cc3c7bd", "inception-torchvision", False),
}
"""Files by name. A Fréchet distance is an FID on those of 2015 only."""


class _Convolution(nn.Module):
    """A convolution without bias, batch normalisation (eps 0.001) and ReLU."""

    def __init__(self, inputs: int, outputs: int, size: int | tuple, stride: int = 1, pad=0):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, stride, pad, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.bn(self.conv(x)))


class _Block(nn.Module):
    """Branches side by side: each a chain of convolutions, one of them behind a pooling.

    `branches`: lists of names; a name with | forks into two convolutions on the same input.
    """

    def __init__(self, layers: dict[str, _Convolution], branches: list[list[str]], pool: str):
        super().__init__()
        for name, layer in layers.items():
            setattr(self, name, layer)
        self.branches, self.pool = branches, pool

    def forward(self, x: Tensor) -> Tensor:
        parts = []
        for branch in self.branches:
            y = _pool(x, self.pool) if branch[:1] == ["branch_pool"] else x
            for names in branch:
                y = torch.cat([getattr(self, name)(y) for name in names.split("|")], dim=1)
            parts.append(y)
        if self.pool == "shrink":
            parts.append(functional.max_pool2d(x, 3, stride=2))
        return torch.cat(parts, dim=1)


def _pool(x: Tensor, kind: str) -> Tensor:
    if kind == "max":
        return functional.max_pool2d(x, 3, stride=1, padding=1)
    return functional.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=kind == "mean")


def _block_a(inputs: int, pooled: int, pool: str) -> _Block:
    layers = {
        "branch1x1": _Convolution(inputs, 64, 1),
        "branch5x5_1": _Convolution(inputs, 48, 1),
        "branch5x5_2": _Convolution(48, 64, 5, pad=2),
        "branch3x3dbl_1": _Convolution(inputs, 64, 1),
        "branch3x3dbl_2": _Convolution(64, 96, 3, pad=1),
        "branch3x3dbl_3": _Convolution(96, 96, 3, pad=1),
        "branch_pool": _Convolution(inputs, pooled, 1),
    }
    double = ["branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"]
    branches = [["branch1x1"], ["branch5x5_1", "branch5x5_2"], double, ["branch_pool"]]
    return _Block(layers, branches, pool)


def _block_b(inputs: int) -> _Block:
    layers = {
        "branch3x3": _Convolution(inputs, 384, 3, 2),
        "branch3x3dbl_1": _Convolution(inputs, 64, 1),
        "branch3x3dbl_2": _Convolution(64, 96, 3, pad=1),
        "branch3x3dbl_3": _Convolution(96, 96, 3, 2),
    }
    double = ["branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"]
    return _Block(layers, [["branch3x3"], double], "shrink")


def _block_c(inner: int, pool: str) -> _Block:
    row, column = {"size": (1, 7), "pad": (0, 3)}, {"size": (7, 1), "pad": (3, 0)}
    layers = {
        "branch1x1": _Convolution(768, 192, 1),
        "branch7x7_1": _Convolution(768, inner, 1),
        "branch7x7_2": _Convolution(inner, inner, **row),
        "branch7x7_3": _Convolution(inner, 192, **column),
        "branch7x7dbl_1": _Convolution(768, inner, 1),
        "branch7x7dbl_2": _Convolution(inner, inner, **column),
        "branch7x7dbl_3": _Convolution(inner, inner, **row),
        "branch7x7dbl_4": _Convolution(inner, inner, **column),
        "branch7x7dbl_5": _Convolution(inner, 192, **row),
        "branch_pool": _Convolution(768, 192, 1),
    }
    single = [f"branch7x7_{n}" for n in (1, 2, 3)]
    double = [f"branch7x7dbl_{n}" for n in (1, 2, 3, 4, 5)]
    return _Block(layers, [["branch1x1"], single, double, ["branch_pool"]], pool)


def _block_d() -> _Block:
    layers = {
        "branch3x3_1": _Convolution(768, 192, 1),
        "branch3x3_2": _Convolution(192, 320, 3, 2),
        "branch7x7x3_1": _Convolution(768, 192, 1),
        "branch7x7x3_2": _Convolution(192, 192, (1, 7), pad=(0, 3)),
        "branch7x7x3_3": _Convolution(192, 192, (7, 1), pad=(3, 0)),
        "branch7x7x3_4": _Convolution(192, 192, 3, 2),
    }
    seven = [f"branch7x7x3_{n}" for n in (1, 2, 3, 4)]
    return _Block(layers, [["branch3x3_1", "branch3x3_2"], seven], "shrink")


def _block_e(inputs: int, pool: str) -> _Block:
    row, column = {"size": (1, 3), "pad": (0, 1)}, {"size": (3, 1), "pad": (1, 0)}
    layers = {
        "branch1x1": _Convolution(inputs, 320, 1),
        "branch3x3_1": _Convolution(inputs, 384, 1),
        "branch3x3_2a": _Convolution(384, 384, **row),
        "branch3x3_2b": _Convolution(384, 384, **column),
        "branch3x3dbl_1": _Convolution(inputs, 448, 1),
        "branch3x3dbl_2": _Convolution(448, 384, 3, pad=1),
        "branch3x3dbl_3a": _Convolution(384, 384, **row),
        "branch3x3dbl_3b": _Convolution(384, 384, **column),
        "branch_pool": _Convolution(inputs, 192, 1),
    }
    double = ["branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3a|branch3x3dbl_3b"]
    branches = [
        ["branch1x1"],
        ["branch3x3_1", "branch3x3_2a|branch3x3_2b"],
        double,
        ["branch_pool"],
    ]
    return _Block(layers, branches, pool)


class Inception(nn.Module):
    """The network up to the pooled features; `tensorflow` pools as the network of 2015 does.

    That one leaves the border out of its means, and its last block takes the maximum.
    """

    def __init__(self, tensorflow: bool):
        super().__init__()
        mean, last = ("inner", "max") if tensorflow else ("mean", "mean")
        self.Conv2d_1a_3x3 = _Convolution(3, 32, 3, 2)
        self.Conv2d_2a_3x3 = _Convolution(32, 32, 3)
        self.Conv2d_2b_3x3 = _Convolution(32, 64, 3, pad=1)
        self.Conv2d_3b_1x1 = _Convolution(64, 80, 1)
        self.Conv2d_4a_3x3 = _Convolution(80, 192, 3)
        self.Mixed_5b, self.Mixed_5c = _block_a(192, 32, mean), _block_a(256, 64, mean)
        self.Mixed_5d, self.Mixed_6a = _block_a(288, 64, mean), _block_b(288)
        self.Mixed_6b, self.Mixed_6c = _block_c(128, mean), _block_c(160, mean)
        self.Mixed_6d, self.Mixed_6e = _block_c(160, mean), _block_c(192, mean)
        self.Mixed_7a = _block_d()
        self.Mixed_7b, self.Mixed_7c = _block_e(1280, mean), _block_e(2048, last)

    def forward(self, x: Tensor) -> Tensor:
        """Return features N x 2048 of images N x 3 x 299 x 299 in -1..1."""
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = functional.max_pool2d(x, 3, stride=2)
        x = functional.max_pool2d(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x)), 3, stride=2)
        for name in ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c"):
            x = getattr(self, f"Mixed_{name}")(x)
        return x.mean(dim=(2, 3))


def load_inception(path: Path) -> tuple[Inception, str, str]:
    """Return (network in eval mode, label, SHA-256) of a known weights file.

    Raises `FacetdsError` for a file that is missing, has another name or another content than a
    known one, or lacks a tensor.
    """
    weights = KNOWN.get(path.name)
    if weights is None:
        raise FacetdsError(
            f"{path} is not a known file of Inception weights; iqa.inception_weights takes "
            f"{', '.join(KNOWN)}."
        )
    if not path.is_file():
        raise FacetdsError(f"{path} does not exist; put the file there, as nothing is downloaded.")
    sha256 = digest(path)
    if not sha256.startswith(weights.sha256):
        raise FacetdsError(
            f"{path} has the SHA-256 {sha256[:12]}..., which should begin with {weights.sha256}; "
            "the file is damaged or another one. Fetch it again."
        )
    network = Inception(weights.tensorflow)
    load_tensors(network, load_checkpoint(path), path)
    return network.eval().requires_grad_(False), weights.label, sha256


def load_tensors(network: Inception, tensors: object, path: Path) -> None:
    """Copy the file's tensors into the network, leaving out its classifier."""
    wanted = network.state_dict()
    given = tensors if isinstance(tensors, dict) else {}
    counters = {name for name in wanted if name.endswith("num_batches_tracked")}
    wrong = [
        name
        for name, value in wanted.items()
        if name not in counters and getattr(given.get(name), "shape", None) != value.shape
    ]
    if wrong:
        raise FacetdsError(
            f"{path} lacks the tensor {wrong[0]} of InceptionV3 ({len(wrong)} in all); fetch the "
            "file again."
        )
    network.load_state_dict({n: given[n] if n in given else wanted[n] for n in wanted})


def pooled_features(network: Inception, images: np.ndarray) -> np.ndarray:
    """Return features (float32 N x 2048) of images (uint8 N x H x W x 3).

    Bilinear resize to 299 x 299 without antialiasing, then 2 x - 1: the preprocessing of
    pytorch-fid, with which its published FIDs were computed.
    """
    x = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float() / 255
    x = functional.interpolate(x, (SIZE, SIZE), mode="bilinear", align_corners=False)
    with torch.inference_mode():
        return torch.cat([network(part) for part in (2 * x - 1).split(16)]).numpy()
