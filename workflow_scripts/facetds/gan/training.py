"""Training StyleGAN2 with adaptive discriminator augmentation, one iteration after another.

Karras et al. 2020, arXiv:1912.04958 (losses, lazy regularisation) and arXiv:2006.06676
(augmentation); thesis 2.4-2.7, 3.7. A batch passes through the networks in rounds of
`micro_batch` images, whose gradients add up. Every round draws from a seed of its own, so that it
draws the same wherever a training was cut, stopped or continued, and whichever of several
processes it falls to.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from facetds.errors import FacetdsError
from facetds.gan import losses
from facetds.gan.augment import AugmentPipe
from facetds.gan.classes import check_labels
from facetds.gan.parallel import ALONE, Team
from facetds.gan.schedule import ADA_INTERVAL, adjust_p, draw_order, draw_subset, ema_beta
from facetds.gan.state import D_INTERVAL, G_INTERVAL, STATISTICS, TrainingState
from facetds.gan.workplace import send
from facetds.randomness import seed_for

DEVICE_BYTES = 8_000_000_000
"""Data sets up to this size are kept on the GPU."""


def train(
    state: TrainingState,
    images: np.ndarray,
    until: int,
    team: Team = ALONE,
    labels: np.ndarray | None = None,
) -> Iterator[bool]:
    """Train `state` in place on images (uint8 N x R x R x 3) until `until` of them were shown.

    labels: float32 N x c_dim, which networks of classes need. Fakes have labels of images drawn
    at random, so that both have the same shares.

    Yields after every iteration, when the state is whole (with several processes, `state.signs`
    and `state.sums` hold this one's part, see `gather_statistics`): True where a tick has ended and
    a row was added to `state.rows`.

    Raises `FacetdsError` if the images do not fit, if the GPU's memory is too small, and at the
    end of a tick whose losses or weights are not finite.
    """
    s = state.settings
    if images.shape[1] != s.resolution:
        raise FacetdsError(
            f"The images have {images.shape[1]} pixels, the networks {s.resolution}; make the "
            "data set again."
        )
    labels = np.zeros((len(images), 0), np.float32) if labels is None else labels
    check_labels(labels, s.c_dim)
    device = next(state.g.parameters()).device
    subset = draw_subset(len(images), s.subset, s.seed)
    chosen, labels = torch.from_numpy(images[subset]), torch.from_numpy(labels[subset]).to(device)
    if chosen.numel() <= DEVICE_BYTES:
        chosen = chosen.to(device)
    augment = AugmentPipe(s.augment) if s.augment else None
    tick = round(s.tick_kimg * 1000)
    while state.shown < until:
        sides = 2 if s.mirror else 1
        order = torch.from_numpy(draw_order(len(chosen) * sides, state.shown, s.batch, s.seed))
        reals = send(take_reals(chosen, order), device)
        torch.manual_seed(seed_for(s.seed, "gan.step", state.iteration))
        z = torch.randn(4, s.batch, s.z_dim, device=device)
        drawn = torch.randint(len(labels), (4, s.batch), device=device)
        of_reals = labels[send(order % len(labels), device)]
        batch = Batch(reals, z, augment, real_labels=of_reals, labels=labels[drawn])
        try:
            run_iteration(state, batch, team)
        except torch.OutOfMemoryError as error:
            raise FacetdsError(
                f"The GPU's memory is too small for {s.micro_batch} images at once; set "
                f"gan.micro_batch to {max(s.micro_batch // 2, 1)}. gan.batch can stay: the rounds "
                "of a step add up."
            ) from error
        ticked = state.shown // tick > (state.shown - s.batch) // tick
        if ticked:
            end_tick(state, team)
        yield ticked


def take_reals(images: Tensor, order: Tensor) -> Tensor:
    """Return the reals of the numbers `order`: float32 count x 3 x R x R in -1..1.

    images: uint8 N x R x R x 3. A mirrored data set is twice as large: every image, and from number
    N on every image flipped.
    """
    order = send(order, images.device)
    chosen = images[order % len(images)]
    flipped = (order >= len(images))[:, None, None, None]
    chosen = torch.where(flipped, chosen.flip(2), chosen)
    return chosen.permute(0, 3, 1, 2).float() / 127.5 - 1


@dataclass(frozen=True)
class Batch:
    """What one iteration works on.

    reals: batch x 3 x R x R; z: 4 x batch x z_dim, latents of the phases Gmain, Greg, Dmain and
    Dreg (which needs none); pl_noise: standard normal, batch/2 x 3 x R x R, drawn if it is None.
    real_labels: batch x c_dim, labels: 4 x batch x c_dim, of the latents; None without labels.
    """

    reals: Tensor
    z: Tensor
    augment: AugmentPipe | None = None
    noise_mode: str = "random"
    pl_noise: Tensor | None = None
    real_labels: Tensor | None = None
    labels: Tensor | None = None


def run_iteration(state: TrainingState, batch: Batch, team: Team = ALONE) -> None:
    """Show G and D one batch: the four phases, then G's moving average and the augmentation.

    The regularisations run every `G_INTERVAL` and `D_INTERVAL` iterations, weighted so many times.
    Gradients of rounds are summed, as in the official code; to Adam their scale is the same.
    """
    s = state.settings
    state.g.requires_grad_(False)
    state.d.requires_grad_(False)
    if batch.augment is not None:
        batch.augment.p = state.p
    _run_phase(_main_g, state, batch, team)
    if s.pl_weight and state.iteration % G_INTERVAL == 0:
        _run_phase(_regularise_g, state, batch, team)
    _run_phase(_main_d, state, batch, team)
    if state.iteration % D_INTERVAL == 0:
        _run_phase(_regularise_d, state, batch, team)
    beta = ema_beta(s.batch, state.shown, s.ema_kimg, s.ema_rampup)
    average_weights(state.g, state.g_ema, beta)
    state.iteration += 1
    state.shown += s.batch
    if state.iteration % ADA_INTERVAL == 0:
        _adjust_augmentation(state, team)


def average_weights(g: nn.Module, g_ema: nn.Module, beta: float) -> None:
    """Move the weights of `g_ema` towards those of `g`, keeping the share `beta`; copy buffers."""
    with torch.no_grad():
        for mean, now in zip(g_ema.parameters(), g.parameters(), strict=True):
            mean.copy_(now.lerp(mean, beta))
        for mean, now in zip(g_ema.buffers(), g.buffers(), strict=True):
            mean.copy_(now)


def end_tick(state: TrainingState, team: Team = ALONE) -> None:
    """Add a row about the images since the last tick to `state.rows`, and forget the sums.

    The row has the mean and (as name_std) the standard deviation of each of `STATISTICS`, None of
    what was not taken. Raises `FacetdsError` if a mean or a weight of G's average is not finite.
    """
    team.add_up([state.sums])
    row = {"kimg": state.shown / 1000, "pl_mean": float(state.pl_mean), "p": state.p}
    for name, (total, squares, count) in zip(STATISTICS, state.sums[0].tolist(), strict=True):
        mean = total / count if count else None
        row[name] = mean
        row[f"{name}_std"] = math.sqrt(max(squares / count - mean**2, 0)) if count else None
    row["r_t"] = row["sign_real"]
    spread = row.pop("spread_real"), row.pop("spread_fake")
    del row["spread_real_std"], row["spread_fake_std"]
    row["spread"] = spread[1] / spread[0] if spread[0] else None
    state.rows.append(row)
    state.sums.zero_()
    team.check_equal([*state.g.parameters(), *state.d.parameters()])
    if not all(math.isfinite(value) for value in row.values() if value is not None) or not all(
        bool(torch.isfinite(weight).all()) for weight in state.g_ema.parameters()
    ):
        raise FacetdsError(
            f"The training diverged before {row['kimg']:g} kimg (NaN or infinity). Raise gan.gamma "
            "or lower gan.lr_g and gan.lr_d; the earlier snapshots are good, and gan.total_kimg "
            "may end before this point."
        )


def gather_statistics(state: TrainingState, team: Team) -> None:
    """Make `state.signs` and `state.sums` those of all processes, as they are saved."""
    team.add_up([state.signs])
    state.sums = team.gather(state.sums[0])


def share_statistics(state: TrainingState, team: Team) -> None:
    """Leave of saved `state.signs` and `state.sums` what is this process's, to go on with.

    The sums of each process are kept apart, as adding them up in another order would round
    otherwise; if they were another number of processes, the first goes on with all.
    """
    alike = len(state.sums) == team.size
    own = state.sums[team.rank] if alike else state.sums.sum(dim=0) * (team.rank == 0)
    state.sums = own[None].clone()
    if team.rank:
        state.signs.zero_()


def _run_phase(
    phase: Callable[..., Iterator[Tensor]], state: TrainingState, batch: Batch, team: Team
) -> None:
    """Take one step of Adam down the sum of a phase's terms over all rounds.

    Each term is made and followed back in its turn.
    """
    g_learns = phase in (_main_g, _regularise_g)
    network, adam = (state.g, state.adam_g) if g_learns else (state.d, state.adam_d)
    network.requires_grad_(True)
    adam.zero_grad(set_to_none=True)
    means = []
    for number in team.share(state.settings.batch // state.settings.micro_batch):
        name = f"gan{phase.__name__}"
        torch.manual_seed(seed_for(state.settings.seed, name, state.iteration, number))
        for term in phase(state, batch, number, team, means):
            term.backward()
    network.requires_grad_(False)
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    team.add_up(gradients)
    for gradient in gradients:
        torch.nan_to_num(gradient, nan=0.0, posinf=1e5, neginf=-1e5, out=gradient)
    adam.step()
    if means:
        rounds = team.gather(torch.stack(means)).transpose(0, 1).flatten(0, 1)
        _follow_styles(state.g.mapping, rounds)


def _main_g(
    state: TrainingState, batch: Batch, number: int, _team: Team, means: list[Tensor]
) -> Iterator[Tensor]:
    """Yield the term of a round of phase Gmain: G wants its images to be taken for real."""
    fakes, _, c = _make_fakes(state, batch, 0, number, means)
    loss, logits = losses.generator_loss(state.d, fakes, c, batch.augment)
    _note(state, "loss_g", loss)
    _note_logits(state, "fake", logits)
    yield loss.mean()


def _regularise_g(
    state: TrainingState, batch: Batch, number: int, team: Team, means: list[Tensor]
) -> Iterator[Tensor]:
    """Yield the term of phase Greg: steps in w change the image evenly, on half the latents."""
    half = max(state.settings.micro_batch // losses.PL_BATCH_SHRINK, 1)
    # The second derivative is taken past what is compiled, see `acceleration`.
    synthesis = state.g.synthesis.forward
    fakes, ws, _ = _make_fakes(state, batch, 1, number, means, synthesis, half)
    given = batch.pl_noise
    noise = torch.randn_like(fakes) if given is None else given.split(half)[number]
    lengths = losses.path_lengths(fakes, ws, noise)
    # The mean moves from round to round, so processes take in the rounds before their own.
    mean = state.pl_mean.to(lengths.dtype)
    for rank, length in enumerate(team.gather(lengths.detach().mean())):
        if rank == team.rank:
            penalty, _ = losses.path_length_penalty(lengths, mean)
        mean = mean.lerp(length, losses.PL_DECAY)
    state.pl_mean = mean
    loss = penalty * state.settings.pl_weight
    _note(state, "pl_penalty", penalty)
    _note(state, "loss_g_reg", loss)
    yield loss.mean() * G_INTERVAL


def _main_d(
    state: TrainingState, batch: Batch, number: int, _team: Team, means: list[Tensor]
) -> Iterator[Tensor]:
    """Yield the terms of a round of phase Dmain: D tells fakes from reals."""
    with torch.no_grad():
        fakes, _, c = _make_fakes(state, batch, 2, number, means)
    fake_loss, logits = losses.fake_loss(state.d, fakes, c, batch.augment)
    _note_logits(state, "fake", logits)
    yield fake_loss.mean()
    reals, c = _take_round(state, number, batch.reals, batch.real_labels)
    real_loss, logits = losses.real_loss(state.d, reals, c, batch.augment)
    _note_logits(state, "real", logits)
    _note(state, "loss_d", fake_loss.detach() + real_loss)
    for name, images in (("spread_fake", fakes), ("spread_real", reals)):
        _note(state, name, images.clamp(-1, 1).var(dim=0, correction=0))
    yield real_loss.mean()


def _regularise_d(
    state: TrainingState, batch: Batch, number: int, _team: Team, _means: list[Tensor]
) -> Iterator[Tensor]:
    """Yield the term of a round of phase Dreg: D is flat around the reals (R1)."""
    reals, c = _take_round(state, number, batch.reals, batch.real_labels)
    penalty, logits = losses.r1_penalty(state.d.forward, reals, c, batch.augment)
    loss = penalty * (state.settings.gamma / 2)
    _note(state, "r1_penalty", penalty)
    _note(state, "loss_d_reg", loss)
    _note_logits(state, "real", logits)
    yield loss.mean() * D_INTERVAL


def _make_fakes(
    state: TrainingState,
    batch: Batch,
    phase: int,
    number: int,
    means: list[Tensor],
    synthesis: Callable[..., Tensor] | None = None,
    count: int | None = None,
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Return (fakes, ws, labels) of a round, or of its first `count` images; note the mean of w."""
    labels = None if batch.labels is None else batch.labels[phase]
    z, c = _take_round(state, number, batch.z[phase], labels, count)
    ws = losses.mixed_styles(state.g, z, c, state.settings.style_mixing)
    means.append(ws[:, 0].detach().mean(dim=0))
    return (synthesis or state.g.synthesis)(ws, batch.noise_mode), ws, c


def _take_round(
    state: TrainingState,
    number: int,
    values: Tensor,
    labels: Tensor | None,
    count: int | None = None,
) -> tuple[Tensor, Tensor | None]:
    """Return what of values and labels belongs to a round, or the first `count` of it."""
    size = state.settings.micro_batch
    parts = [None if v is None else v.split(size)[number][:count] for v in (values, labels)]
    return parts[0], parts[1]


def _follow_styles(mapping: nn.Module, means: Tensor) -> None:
    """Let the running mean of w follow the means of rounds (rounds x w_dim), in their order."""
    for mean in means:
        mapping.w_avg.copy_(mean.lerp(mapping.w_avg, mapping.w_avg_beta))


def _note(state: TrainingState, name: str, values: Tensor) -> None:
    """Add values to the sums that the row of a tick is made of."""
    values = values.detach().double()
    total = state.sums[0, STATISTICS.index(name)]
    total[0] += values.sum()
    total[1] += values.square().sum()
    total[2] += values.numel()


def _note_logits(state: TrainingState, kind: str, logits: Tensor) -> None:
    """Note D's outputs and their signs, of which, on reals, the mean is r_t."""
    signs = logits.detach().sign()
    _note(state, f"score_{kind}", logits)
    _note(state, f"sign_{kind}", signs)
    if kind == "real":
        state.signs[0] += signs.double().sum()
        state.signs[1] += signs.numel()


def _adjust_augmentation(state: TrainingState, team: Team) -> None:
    s = state.settings
    if s.augment:
        team.add_up([state.signs])
        total, count = state.signs.tolist()
        shown = s.batch * ADA_INTERVAL
        state.p = adjust_p(state.p, total / count, s.ada_target, shown, s.ada_kimg, s.ada_max)
    state.signs.zero_()
