"""What StyleGAN2-ADA trains on: logistic losses, R1 and path lengths, one function per phase.

Karras et al. 2020, arXiv:1912.04958, and the settings of StyleGAN2-ADA. Every function returns one
value per sample; training takes the mean and multiplies by the interval of the phase. c: labels,
N x c_dim, or None without. augment: what images pass through before the discriminator.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Augment = Callable[[Tensor], Tensor]

PL_DECAY = 0.01
PL_BATCH_SHRINK = 2


def mixed_styles(
    g: nn.Module,
    z: Tensor,
    c: Tensor | None,
    probability: float,
    rng: torch.Generator | None = None,
) -> Tensor:
    """Return ws (N x num_ws x w_dim) of z, with style mixing (Karras et al. 2019, section 3.1).

    With the given probability, the layers from a random one on take a second latent's styles; one
    draw serves the whole batch. ws[:, 0] is always of z. The running mean of w stays as it is.
    """
    ws = g.mapping(z, c, skip_w_avg_update=True)
    device = None if rng is None else rng.device
    if probability <= 0 or torch.rand((), generator=rng, device=device) >= probability:
        return ws
    first = int(torch.randint(1, g.num_ws, (), generator=rng, device=device))
    other = torch.randn(z.shape, generator=rng, dtype=z.dtype, device=device or z.device)
    other_ws = g.mapping(other.to(z.device), c, skip_w_avg_update=True)
    return torch.cat([ws[:, :first], other_ws[:, first:]], dim=1)


def generator_loss(
    d: nn.Module, fakes: Tensor, c: Tensor | None, augment: Augment | None = None
) -> tuple[Tensor, Tensor]:
    """Return (loss N x 1, logits N x 1) of phase Gmain: softplus(-D(fake)), non-saturating."""
    logits = _judge(d, fakes, c, augment)
    return F.softplus(-logits), logits


def fake_loss(
    d: nn.Module, fakes: Tensor, c: Tensor | None, augment: Augment | None = None
) -> tuple[Tensor, Tensor]:
    """Return (loss N x 1, logits N x 1) of the first half of phase Dmain: softplus(D(fake))."""
    logits = _judge(d, fakes, c, augment)
    return F.softplus(logits), logits


def real_loss(
    d: nn.Module, reals: Tensor, c: Tensor | None, augment: Augment | None = None
) -> tuple[Tensor, Tensor]:
    """Return (loss N x 1, logits N x 1) of the second half of phase Dmain: softplus(-D(real))."""
    return generator_loss(d, reals, c, augment)


def r1_penalty(
    d: nn.Module, reals: Tensor, c: Tensor | None, augment: Augment | None = None
) -> tuple[Tensor, Tensor]:
    """Return (penalty N, logits N x 1) of phase Dreg: |gradient of D(augment(x)) by x|^2.

    The loss is gamma / 2 times the penalty (Mescheder et al. 2018, arXiv:1801.04406).
    """
    reals = reals.detach().requires_grad_(True)
    logits = _judge(d, reals, c, augment)
    (gradient,) = torch.autograd.grad(logits.sum(), reals, create_graph=True)
    # Every parameter gets a gradient, 0 for the last bias, so that Adam steps it as any other.
    return gradient.square().sum(dim=(1, 2, 3)) + logits[:, 0] * 0, logits


def path_lengths(images: Tensor, ws: Tensor, noise: Tensor) -> Tensor:
    """Return how fast images move with w, N: |J^T y|, its square averaged over the layers.

    images: G's synthesis of ws, which must require gradients; noise: standard normal, like images;
    y = noise / sqrt(H W) (Karras et al. 2020, StyleGAN2, section 3.2).
    """
    height, width = images.shape[2:]
    projection = (images * noise).sum() / math.sqrt(height * width)
    (gradient,) = torch.autograd.grad(projection, ws, create_graph=True)
    # Every parameter gets a gradient, 0 for the biases of RGB, so that Adam steps it as any other.
    return gradient.square().sum(dim=2).mean(dim=1).sqrt() + images[:, 0, 0, 0] * 0


def path_length_penalty(lengths: Tensor, mean: Tensor) -> tuple[Tensor, Tensor]:
    """Return (penalty N, new running mean 0-d) of phase Greg: (length - new mean)^2.

    The gradient flows through the share of the lengths in the new mean, too, as in the official
    code; detach what is kept of it. The loss is `pl_weight` times the penalty.
    """
    mean = mean.to(lengths.dtype).lerp(lengths.mean(), PL_DECAY)
    return (lengths - mean).square(), mean


def _judge(d: nn.Module, images: Tensor, c: Tensor | None, augment: Augment | None) -> Tensor:
    return d(images if augment is None else augment(images), c)
