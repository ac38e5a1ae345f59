"""Begin a training: untrained networks, or those of another training (thesis 2.6, 2.7)."""

from pathlib import Path

from facetds import command
from facetds.errors import FacetdsError
from facetds.gan.classes import describe_labels
from facetds.gan.dataset import read_labelled
from facetds.gan.presets import describe_settings, make_settings
from facetds.gan.state import go_on_counting, new_state, write_state
from facetds.gan.transfer import resumed_state
from facetds.progress import say


def start_training(
    dataset: Path,
    out: Path,
    seed: int,
    resolution: int,
    mirror: bool,
    freezed: int,
    tick_kimg: float,
    cfg: str | None = None,
    gpus: int = 1,
    z_dim: int | None = None,
    w_dim: int | None = None,
    mapping_layers: int | None = None,
    channel_base: int | None = None,
    channel_max: int | None = None,
    half_resolutions: int | None = None,
    d_architecture: str | None = None,
    batch: int | None = None,
    micro_batch: int | None = None,
    mbstd_group: int | None = None,
    gamma: float | None = None,
    pl_weight: float | None = None,
    style_mixing: float | None = None,
    lr_g: float | None = None,
    lr_d: float | None = None,
    ema_kimg: float | None = None,
    ema_rampup: str | None = None,
    augment: str | None = None,
    ada_target: float | None = None,
    ada_kimg: float | None = None,
    ada_max: float | None = None,
    subset: int | None = None,
    resume: Path | None = None,
    resume_kimg: int = 0,
    cond: bool = False,
) -> None:
    """Write the state before the first image to `out`; the settings stay in it for all segments.

    What is None is taken from the preset `cfg`. resume: what the networks start from;
    resume_kimg: images in kimg that they have seen and counting goes on from. cond: the networks
    take the labels of the images.
    """
    images, labels = read_labelled(dataset, cond)
    fixed = {
        "seed": seed,
        "resolution": resolution,
        "mirror": mirror,
        "freezed": freezed,
        "tick_kimg": tick_kimg,
        "subset": subset,
        "c_dim": labels.shape[1],
    }
    given = {
        "z_dim": z_dim,
        "w_dim": w_dim,
        "mapping_layers": mapping_layers,
        "channel_base": channel_base,
        "channel_max": channel_max,
        "half_resolutions": half_resolutions,
        "d_architecture": d_architecture,
        "batch": batch,
        "micro_batch": micro_batch,
        "mbstd_group": mbstd_group,
        "gamma": gamma,
        "pl_weight": pl_weight,
        "style_mixing": style_mixing,
        "lr_g": lr_g,
        "lr_d": lr_d,
        "ema_kimg": ema_kimg,
        "ema_rampup": ema_rampup,
        "augment": augment,
        "ada_target": ada_target,
        "ada_kimg": ada_kimg,
        "ada_max": ada_max,
    }
    settings = make_settings(cfg, given, gpus, resume is not None, **fixed)
    say(f"Settings ({cfg or 'as set'}): {describe_settings(settings)}")
    if images.shape[1] != resolution:
        raise FacetdsError(
            f"{dataset} has images of {images.shape[1]} pixels, but gan.resolution is "
            f"{resolution}; make the data set again."
        )
    state = resumed_state(settings, resume) if resume else new_state(settings)
    if resume and resume_kimg:
        go_on_counting(state, resume, resume_kimg)
    sizes = [sum(p.numel() for p in network.parameters()) for network in (state.g, state.d)]
    say(
        f"Data set: {len(images)} images of {resolution} pixels, {describe_labels(labels)}. "
        f"Networks: G {sizes[0]:,} and "
        f"D {sizes[1]:,} trained numbers, {f'from {resume}' if resume else 'untrained'}, "
        f"after {state.shown / 1000:g} kimg."
    )
    write_state(out, state)


if __name__ == "__main__":
    command.run(start_training)
