"""Training StyleGAN2 with adaptive discriminator augmentation, one iteration after another.

Karras et al. 2020, arXiv:1912.04958 (losses, lazy regularisation) and arXiv:2006.06676
(augmentation); thesis 2.4-2.7, 3.7. Every iteration seeds torch from the root seed and its own
number, so that it draws the same wherever a training was cut, stopped or continued.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from facetds.errors import FacetdsError
from facetds.gan import losses
from facetds.gan.augment import AugmentPipe
from facetds.gan.schedule import ADA_INTERVAL, adjust_p, draw_order, ema_beta
from facetds.gan.state import D_INTERVAL, G_INTERVAL, TrainingState
from facetds.randomness import seed_for


def train(state: TrainingState, images: np.ndarray, until: int) -> Iterator[bool]:
    """Train `state` in place on images (uint8 N x R x R x 3) up to iteration `until`.

    Yields after every iteration, when the state is whole: True where a tick has ended and a row
    was added to `state.rows`. Raises `FacetdsError` if the images do not fit, and at the end of a
    tick whose losses or weights are not finite.
    """
    s = state.settings
    if images.shape[1] != s.resolution:
        raise FacetdsError(
            f"The images have {images.shape[1]} pixels, the networks {s.resolution}; make the "
            "data set again."
        )
    device = next(state.g.parameters()).device
    augment = AugmentPipe(s.augment).to(device) if s.augment else None
    tick = s.tick_kimg * 1000
    while state.iteration < until:
        torch.manual_seed(seed_for(s.seed, "gan.step", state.iteration))
        reals = take_reals(images, state.shown, s.batch, s.mirror, s.seed).to(device)
        z = torch.randn(4, s.batch, s.z_dim, device=device)
        run_iteration(state, Batch(reals, z, augment))
        ticked = state.shown // tick > (state.shown - s.batch) // tick
        if ticked:
            end_tick(state)
        yield ticked


def take_reals(images: np.ndarray, first: int, count: int, mirror: bool, seed: int) -> Tensor:
    """Return the reals shown as number `first` and the next: float32 count x 3 x R x R in -1..1.

    With `mirror` the data set is twice as large: every image, and every image flipped.
    """
    order = draw_order(len(images) * (2 if mirror else 1), first, count, seed)
    chosen = images[order % len(images)]
    flipped = order >= len(images)
    chosen[flipped] = chosen[flipped, :, ::-1]
    return torch.from_numpy(chosen).permute(0, 3, 1, 2).float() / 127.5 - 1


@dataclass(frozen=True)
class Batch:
    """What one iteration works on.

    reals: batch x 3 x R x R; z: 4 x batch x z_dim, latents of the phases Gmain, Greg, Dmain and
    Dreg (which needs none); pl_noise: standard normal, batch/2 x 3 x R x R, drawn if it is None;
    mixing: probability of style mixing.
    """

    reals: Tensor
    z: Tensor
    augment: AugmentPipe | None = None
    mixing: float = losses.MIXING_PROBABILITY
    noise_mode: str = "random"
    pl_noise: Tensor | None = None


def run_iteration(state: TrainingState, batch: Batch) -> None:
    """Show G and D one batch: the four phases, then G's moving average and the augmentation.

    The regularisations run every `G_INTERVAL` and `D_INTERVAL` iterations, weighted so many times.
    Gradients of micro-batches are summed, as in the official code; to Adam their scale is the same.
    """
    s = state.settings
    state.g.requires_grad_(False)
    state.d.requires_grad_(False)
    if batch.augment is not None:
        batch.augment.p.fill_(state.p)
    _step(state.g, state.adam_g, _main_g(state, batch))
    if state.iteration % G_INTERVAL == 0:
        _step(state.g, state.adam_g, _regularise_g(state, batch))
    _step(state.d, state.adam_d, _main_d(state, batch))
    if state.iteration % D_INTERVAL == 0:
        _step(state.d, state.adam_d, _regularise_d(state, batch))
    beta = ema_beta(s.batch, state.shown, s.ema_kimg, s.ema_rampup)
    average_weights(state.g, state.g_ema, beta)
    state.iteration += 1
    if state.iteration % ADA_INTERVAL == 0:
        _adjust_augmentation(state)


def average_weights(g: nn.Module, g_ema: nn.Module, beta: float) -> None:
    """Move the weights of `g_ema` towards those of `g`, keeping the share `beta`; copy buffers."""
    with torch.no_grad():
        for mean, now in zip(g_ema.parameters(), g.parameters(), strict=True):
            mean.copy_(now.lerp(mean, beta))
        for mean, now in zip(g_ema.buffers(), g.buffers(), strict=True):
            mean.copy_(now)


def end_tick(state: TrainingState) -> None:
    """Add a row of means since the last tick to `state.rows`, and forget the sums.

    Raises `FacetdsError` if a value or a weight of G's average is not finite.
    """
    means = {name: total / count for name, (total, count) in state.sums.items()}
    row = {
        "kimg": state.shown / 1000,
        "loss_g": means["loss_g"],
        "loss_d": means["loss_d_fake"] + means["loss_d_real"],
        "score_real": means["score_real"],
        "score_fake": means["score_fake"],
        "r1_penalty": means.get("r1_penalty"),
        "pl_penalty": means.get("pl_penalty"),
        "pl_mean": state.pl_mean,
        "r_t": means["sign_real"],
        "p": state.p,
    }
    state.rows.append(row)
    state.sums = {}
    if not all(math.isfinite(value) for value in row.values() if value is not None) or not all(
        bool(torch.isfinite(weight).all()) for weight in state.g_ema.parameters()
    ):
        raise FacetdsError(
            f"The training diverged before {row['kimg']:g} kimg (NaN or infinity). Raise gan.gamma "
            "or lower gan.lr_g and gan.lr_d; the earlier snapshots are good, and gan.total_kimg "
            "may end before this point."
        )


def _main_g(state: TrainingState, batch: Batch) -> Iterator[Tensor]:
    """Yield the terms of phase Gmain: G wants its images to be taken for real."""
    for z in batch.z[0].split(state.settings.micro_batch):
        ws = losses.mixed_styles(state.g, z, None, batch.mixing)
        fakes = state.g.synthesis(ws, batch.noise_mode)
        loss, logits = losses.generator_loss(state.d, fakes, None, batch.augment)
        _note(state, "loss_g", loss)
        _note(state, "score_fake", logits)
        yield loss.mean()


def _regularise_g(state: TrainingState, batch: Batch) -> Iterator[Tensor]:
    """Yield the terms of phase Greg: steps in w change the image evenly, on half the latents."""
    size = state.settings.micro_batch
    half = max(size // losses.PL_BATCH_SHRINK, 1)
    for number, z in enumerate(batch.z[1].split(size)):
        ws = losses.mixed_styles(state.g, z[:half], None, batch.mixing)
        fakes = state.g.synthesis(ws, batch.noise_mode)
        given = batch.pl_noise
        noise = torch.randn_like(fakes) if given is None else given.split(half)[number]
        penalty, mean = losses.path_length_penalty(fakes, ws, state.pl_mean, noise)
        state.pl_mean = float(mean.detach())
        _note(state, "pl_penalty", penalty)
        yield penalty.mean() * (losses.PL_WEIGHT * G_INTERVAL)


def _main_d(state: TrainingState, batch: Batch) -> Iterator[Tensor]:
    """Yield the terms of phase Dmain: D tells fakes from reals."""
    size = state.settings.micro_batch
    for z, reals in zip(batch.z[2].split(size), batch.reals.split(size), strict=True):
        with torch.no_grad():
            ws = losses.mixed_styles(state.g, z, None, batch.mixing)
            fakes = state.g.synthesis(ws, batch.noise_mode)
        loss, logits = losses.fake_loss(state.d, fakes, None, batch.augment)
        _note(state, "loss_d_fake", loss)
        _note(state, "score_fake", logits)
        yield loss.mean()
        loss, logits = losses.real_loss(state.d, reals, None, batch.augment)
        _note(state, "loss_d_real", loss)
        _note(state, "score_real", logits)
        _note_signs(state, logits)
        yield loss.mean()


def _regularise_d(state: TrainingState, batch: Batch) -> Iterator[Tensor]:
    """Yield the terms of phase Dreg: D is flat around the reals (R1)."""
    for reals in batch.reals.split(state.settings.micro_batch):
        penalty, logits = losses.r1_penalty(state.d, reals, None, batch.augment)
        _note(state, "r1_penalty", penalty)
        _note_signs(state, logits)
        yield penalty.mean() * (state.settings.gamma / 2 * D_INTERVAL)


def _step(network: nn.Module, adam: torch.optim.Adam, terms: Iterable[Tensor]) -> None:
    """Take one step of Adam down the sum of `terms`, each made and followed back in its turn."""
    network.requires_grad_(True)
    adam.zero_grad(set_to_none=True)
    for term in terms:
        term.backward()
    network.requires_grad_(False)
    for parameter in network.parameters():
        if parameter.grad is not None:
            torch.nan_to_num(parameter.grad, nan=0.0, posinf=1e5, neginf=-1e5, out=parameter.grad)
    adam.step()


def _note(state: TrainingState, name: str, values: Tensor) -> None:
    """Add values to the sums that the row of a tick is made of."""
    total = state.sums.setdefault(name, [0.0, 0])
    total[0] += float(values.detach().double().sum())
    total[1] += values.numel()


def _note_signs(state: TrainingState, logits: Tensor) -> None:
    """Count the signs of D's outputs on reals, of which r_t is the mean."""
    signs = float(logits.detach().sign().sum())
    for total in (state.signs, state.sums.setdefault("sign_real", [0.0, 0])):
        total[0] += signs
        total[1] += logits.numel()


def _adjust_augmentation(state: TrainingState) -> None:
    s = state.settings
    if s.augment:
        r_t = state.signs[0] / state.signs[1]
        shown = s.batch * ADA_INTERVAL
        state.p = adjust_p(state.p, r_t, s.ada_target, shown, s.ada_kimg, s.ada_max)
    state.signs = [0.0, 0]
