"""All that a half-trained GAN is: its settings, networks, optimisers and statistics, as one file.

The file is a network file (`checkpoint.load_generator` reads it) with the part "training" beside.
Randomness needs no room in it: every iteration draws from a seed of its own (see `training`).
"""

import copy
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch

from facetds.errors import BadInput, FacetdsError
from facetds.foreign import load_checkpoint
from facetds.gan.checkpoint import FORMAT, restore, write_checkpoint
from facetds.gan.networks import Discriminator, Generator
from facetds.gan.schedule import lazy_adam
from facetds.randomness import seed_for

VERSION = 3
G_INTERVAL, D_INTERVAL = 4, 16
"""Iterations between two regularisations of G (path lengths) and of D (R1)."""
STATISTICS = (
    "loss_g",
    "loss_d",
    "score_real",
    "score_fake",
    "sign_real",
    "sign_fake",
    "r1_penalty",
    "loss_d_reg",
    "pl_penalty",
    "loss_g_reg",
    "spread_real",
    "spread_fake",
)
"""What is averaged from tick to tick: the official statistics, and how much images differ."""


@dataclass(frozen=True)
class Settings:
    """What a training is defined by; the keys of the config section gan of the same names.

    None where a key may say `none` or null: no augmentation, no ramp of the average, all images.
    c_dim: how many numbers a label has, 0 without (`gan.cond`).
    """

    seed: int
    resolution: int
    z_dim: int
    w_dim: int
    mapping_layers: int
    channel_base: int
    channel_max: int
    half_resolutions: int
    d_architecture: str
    freezed: int
    batch: int
    mbstd_group: int
    micro_batch: int
    gamma: float
    pl_weight: float
    style_mixing: float
    lr_g: float
    lr_d: float
    ema_kimg: float
    ema_rampup: float | None
    mirror: bool
    subset: int | None
    augment: str | None
    ada_target: float
    ada_kimg: float
    ada_max: float
    tick_kimg: float
    c_dim: int = 0


def check_settings(settings: Settings, gpus: int = 1) -> None:
    """Raise `FacetdsError` naming the keys, if batch sizes do not divide each other."""
    batch, part, group = settings.batch, settings.micro_batch, settings.mbstd_group
    if part < 1 or batch % part:
        raise FacetdsError(
            f"gan.batch is {batch} and gan.micro_batch {part}: make the first a multiple of the "
            "second."
        )
    if part % min(group, part):
        raise FacetdsError(
            f"gan.micro_batch is {part} and gan.mbstd_group {group}: make the first a multiple of "
            "the second, as the minibatch standard deviation is taken over groups."
        )
    if batch // part % gpus:
        raise FacetdsError(
            f"gan.batch is {batch} and gan.micro_batch {part}, so a step has {batch // part} "
            f"rounds, which {gpus} processes (gan.gpus) cannot share evenly; set gan.micro_batch "
            f"to a divisor of {batch / gpus:g}, or gan.batch to a multiple of {gpus * part}."
        )


_PLAIN = ("iteration", "shown", "p", "rows")
_TENSORS = ("pl_mean", "signs", "sums")


@dataclass
class TrainingState:
    """A GAN in training, after `iteration` steps and `shown` images.

    pl_mean: running mean of path lengths, 0-d; signs: sum and number of the signs of D's outputs
    on reals since p was last adjusted; sums: sum, sum of squares and number of each of
    `STATISTICS` since the last tick (float64, processes x statistics x 3); rows: one dict per tick.
    """

    settings: Settings
    g: torch.nn.Module
    d: torch.nn.Module
    g_ema: torch.nn.Module
    adam_g: torch.optim.Adam
    adam_d: torch.optim.Adam
    pl_mean: torch.Tensor
    signs: torch.Tensor
    sums: torch.Tensor
    iteration: int = 0
    shown: int = 0
    p: float = 0.0
    rows: list[dict[str, float]] = field(default_factory=list)


def new_state(settings: Settings, device: str = "cpu") -> TrainingState:
    """Return an untrained GAN on `device`, its weights drawn from the settings' seed."""
    torch.manual_seed(seed_for(settings.seed, "gan.weights"))
    g, d = make_networks(settings)
    return assemble(settings, g, d, copy.deepcopy(g), device)


def write_state(path: Path | str, state: TrainingState) -> None:
    """Write a state in one step; equal states give equal bytes."""
    s = state
    content = {
        "format": FORMAT,
        "meta": {"kimg": s.shown / 1000},
        "G_ema": {"init_kwargs": s.g_ema.init_kwargs, "state": dict(s.g_ema.state_dict())},
        "D": {"init_kwargs": s.d.init_kwargs, "state": dict(s.d.state_dict())},
        "training": {
            "version": VERSION,
            "settings": asdict(s.settings),
            "G": dict(s.g.state_dict()),
            "adam_G": _moments(s.adam_g, s.g),
            "adam_D": _moments(s.adam_d, s.d),
            **{name: getattr(s, name) for name in (*_PLAIN, *_TENSORS)},
        },
    }
    write_checkpoint(path, content)


def read_state(path: Path | str, device: str = "cpu") -> TrainingState:
    """Return a state written by `write_state`, on `device`.

    Raises `FacetdsError` if the file is missing, is something else, or does not fit its settings.
    """
    content = _read_training(path)
    if content is None:
        raise BadInput(
            f"{path} is not a training snapshot of this version of facetds; remove it, and it is "
            "made again."
        )
    part = content["training"]
    settings = Settings(**part["settings"])
    g, d = make_networks(settings)
    g_ema = copy.deepcopy(g)
    restore(g, part["G"], f"{path}: G")
    restore(g_ema, content["G_ema"]["state"], f"{path}: G_ema")
    restore(d, content["D"]["state"], f"{path}: D")
    state = assemble(settings, g, d, g_ema, device)
    restore_moments(state.adam_g, state.g, part["adam_G"])
    restore_moments(state.adam_d, state.d, part["adam_D"])
    for name in _PLAIN:
        setattr(state, name, part[name])
    for name in _TENSORS:
        setattr(state, name, part[name].to(device))
    return state


def go_on_counting(state: TrainingState, path: Path | str, kimg: int) -> None:
    """Count images from `kimg` on in a state that starts from `path`.

    If that is a snapshot of a training, its number of steps, its place in the data and its
    statistics go on, too. Raises `FacetdsError` if it was made at another kimg.
    """
    content = _read_training(path)
    if content is None:
        state.shown = kimg * 1000
        return
    part = content["training"]
    if part["shown"] // 1000 != kimg:
        raise FacetdsError(
            f"gan.resume: {path} is a snapshot after {part['shown'] / 1000:g} kimg; set "
            f"gan.resume_kimg to {part['shown'] // 1000} to go on counting, or to 0 to count anew."
        )
    state.iteration, state.shown, state.rows = part["iteration"], part["shown"], part["rows"]
    state.signs.copy_(part["signs"])
    state.sums = part["sums"].to(state.sums.device)


def _read_training(path: Path | str) -> dict | None:
    """Return the content of a snapshot, or None if the file is something else."""
    try:
        content = load_checkpoint(path)
        part = content["training"]
        Settings(**part["settings"])
        known = part["version"] == VERSION and content["format"] == FORMAT
        return content if known else None
    except (BadInput, TypeError, KeyError, AttributeError):
        return None


def make_networks(settings: Settings) -> tuple[Generator, Discriminator]:
    """Return the untrained networks of `settings`, weights drawn from torch's global generator."""
    half = {
        "num_fp16_res": settings.half_resolutions,
        "conv_clamp": 256 if settings.half_resolutions else None,
    }
    widths = {"channel_base": settings.channel_base, "channel_max": settings.channel_max}
    g = Generator(
        z_dim=settings.z_dim,
        c_dim=settings.c_dim,
        w_dim=settings.w_dim,
        img_resolution=settings.resolution,
        img_channels=3,
        mapping_kwargs={"num_layers": settings.mapping_layers},
        synthesis_kwargs={**widths, **half},
    )
    d = Discriminator(
        c_dim=settings.c_dim,
        img_resolution=settings.resolution,
        img_channels=3,
        architecture=settings.d_architecture,
        **widths,
        **half,
        block_kwargs={"freeze_layers": settings.freezed},
        epilogue_kwargs={"mbstd_group_size": settings.mbstd_group},
    )
    return g, d


def assemble(
    settings: Settings, g: Generator, d: Discriminator, g_ema: Generator, device: str
) -> TrainingState:
    """Return a state around networks, which must have their final weights."""
    g, d = g.to(device).train(), d.to(device).train()
    g_ema = g_ema.to(device).eval().requires_grad_(False)
    adam_g = torch.optim.Adam(g.parameters(), **lazy_adam(settings.lr_g, G_INTERVAL))
    adam_d = torch.optim.Adam(d.parameters(), **lazy_adam(settings.lr_d, D_INTERVAL))
    pl_mean = torch.zeros((), device=device)
    signs = torch.zeros(2, dtype=torch.float64, device=device)
    sums = torch.zeros(1, len(STATISTICS), 3, dtype=torch.float64, device=device)
    return TrainingState(settings, g, d, g_ema, adam_g, adam_d, pl_mean, signs, sums)


def _moments(adam: torch.optim.Adam, network: torch.nn.Module) -> dict[str, dict]:
    """Return Adam's step count and moments of every parameter that has had a step, by name."""
    return {
        name: dict(sorted(adam.state[parameter].items()))
        for name, parameter in network.named_parameters()
        if parameter in adam.state
    }


def restore_moments(
    adam: torch.optim.Adam, network: torch.nn.Module, moments: dict[str, dict]
) -> None:
    """Give `adam` step counts and moments by the names of the parameters of `network`."""
    parameters = dict(network.named_parameters())
    for name, values in moments.items():
        parameter = parameters[name]
        adam.state[parameter] = {
            # Adam counts its steps on the CPU.
            kind: value if kind == "step" else value.to(parameter.device)
            for kind, value in values.items()
        }
