"""Named sets of training settings: the demo's, and those of the official StyleGAN2-ADA.

The official ones are the configurations of its tool (Karras et al. 2020, arXiv:2006.06676), which
were tuned for a number of GPUs each; the batch of one pass is that of one of those GPUs.
"""

from dataclasses import asdict

from facetds.errors import FacetdsError
from facetds.gan.state import Settings, check_settings

NONE = "none"
"""How a key says that it wants nothing, as null leaves it to the preset."""

_COMMON = {
    "z_dim": 512,
    "w_dim": 512,
    "channel_max": 512,
    "half_resolutions": 4,
    "d_architecture": "resnet",
    "augment": "bgc",
    "ada_target": 0.6,
    "ada_max": 0.8,
    "pl_weight": 2.0,
    "style_mixing": 0.9,
}
_ROW = ("gpus", "batch", "mbstd_group", "channel_base", "lr", "gamma", "ema_kimg", "ema_rampup",
        "mapping_layers")  # fmt: skip
_TABLE = {
    "stylegan2": (8, 32, 4, 32768, 0.002, 10.0, 10.0, NONE, 8),
    "paper256": (8, 64, 8, 16384, 0.0025, 1.0, 20.0, NONE, 8),
    "paper512": (8, 64, 8, 32768, 0.0025, 0.5, 20.0, NONE, 8),
    "paper1024": (8, 32, 4, 32768, 0.002, 2.0, 10.0, NONE, 8),
    "cifar": (2, 64, 32, 32768, 0.0025, 0.01, 500.0, 0.05, 2),
}
_DEMO = {"z_dim": 128, "w_dim": 128, "channel_max": 128, "half_resolutions": 0}
_DEMO_ROW = (1, 16, 4, 1024, 0.0025, 0.1, 5.0, NONE, 2)
_CIFAR = {"d_architecture": "orig", "pl_weight": 0.0, "style_mixing": 0.0}

PRESETS = ("demo", "auto", *_TABLE)


def make_settings(
    cfg: str | None, given: dict, gpus: int = 1, resumed: bool = False, **fixed: object
) -> Settings:
    """Return the settings of preset `cfg`, each replaced by what `given` has that is not None.

    given: by names of `Settings`; without a preset it must have them all. gpus: processes that
    share a batch. resumed: the networks are trained already; the augmentation then moves five
    times as fast, and the average of G needs no ramp. fixed: the settings that no preset has.

    Raises `FacetdsError` naming the key, if one is missing or does not fit the others.
    """
    given = {key: value for key, value in given.items() if value is not None}
    values = {}
    if cfg:
        values = preset(cfg, int(fixed["resolution"]), gpus, resumed)
        if "batch" in given:
            values["micro_batch"] = given["batch"] // gpus
        part = given.get("micro_batch", values["micro_batch"])
        values["mbstd_group"] = min(values["mbstd_group"], part)
    values |= given
    for name in Settings.__dataclass_fields__:
        if name not in values and name not in fixed:
            raise FacetdsError(f"gan.cfg is null, so gan.{name} needs a value; set either.")
    if values["augment"] == NONE:
        values["augment"] = None
    values["ema_rampup"] = _read_rampup(values["ema_rampup"])
    settings = Settings(**values, **fixed)
    check_settings(settings, gpus)
    return settings


def describe_settings(settings: Settings) -> str:
    """Return all settings in one line, named as their keys."""
    return ", ".join(f"{name} {value}" for name, value in asdict(settings).items())


def preset(cfg: str, resolution: int, gpus: int = 1, resumed: bool = False) -> dict:
    """Return the settings of a preset by the names of `Settings`."""
    if cfg not in PRESETS:
        raise FacetdsError(f"gan.cfg is {cfg!r}; take one of {', '.join(PRESETS)}, or null.")
    values = dict(_COMMON)
    if cfg == "demo":
        values |= _DEMO
        row = _DEMO_ROW
    elif cfg == "auto":
        row = _auto(resolution, gpus)
    else:
        row = _TABLE[cfg]
        values |= _CIFAR if cfg == "cifar" else {}
    values |= dict(zip(_ROW, row, strict=True))
    lr, tuned_for = values.pop("lr"), values.pop("gpus")
    values |= {"lr_g": lr, "lr_d": lr, "micro_batch": values["batch"] // max(tuned_for, gpus)}
    values["ada_kimg"] = 100.0 if resumed else 500.0
    if resumed:
        values["ema_rampup"] = NONE
    return values


def _read_rampup(value: float | str) -> float | None:
    try:
        return None if value == NONE else float(value)
    except ValueError:
        raise FacetdsError(f"gan.ema_rampup is {value!r}; give a number or {NONE}.") from None


def _auto(resolution: int, gpus: int) -> tuple:
    """Return the row that the official tool guesses from the resolution and the GPUs."""
    batch = max(min(gpus * min(4096 // resolution, 32), 64), gpus)
    return (
        gpus,
        batch,
        min(batch // gpus, 4),
        32768 if resolution >= 512 else 16384,
        0.002 if resolution >= 1024 else 0.0025,
        0.0002 * resolution**2 / batch,
        batch * 10 / 32,
        0.05,
        2,
    )
