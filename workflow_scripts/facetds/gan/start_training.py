"""Begin a training: untrained networks, or those of another training (thesis 2.6, 2.7)."""

from pathlib import Path

from facetds import command
from facetds.errors import FacetdsError
from facetds.gan.dataset import read_dataset
from facetds.gan.state import Settings, check_settings, new_state, resumed_state, write_state
from facetds.progress import say


def start_training(
    dataset: Path,
    out: Path,
    seed: int,
    resolution: int,
    z_dim: int,
    w_dim: int,
    mapping_layers: int,
    channel_base: int,
    channel_max: int,
    half_resolutions: int,
    batch: int,
    micro_batch: int,
    mbstd_group: int,
    gamma: float,
    lr_g: float,
    lr_d: float,
    ema_kimg: float,
    mirror: bool,
    ada_target: float,
    ada_kimg: float,
    ada_max: float,
    freezed: int,
    tick_kimg: float,
    augment: str | None = None,
    ema_rampup: float | None = None,
    resume: Path | None = None,
) -> None:
    """Write the state before the first image to `out`; the settings stay in it for all segments."""
    settings = Settings(
        seed=seed,
        resolution=resolution,
        z_dim=z_dim,
        w_dim=w_dim,
        mapping_layers=mapping_layers,
        channel_base=channel_base,
        channel_max=channel_max,
        half_resolutions=half_resolutions,
        batch=batch,
        micro_batch=micro_batch,
        mbstd_group=mbstd_group,
        gamma=gamma,
        lr_g=lr_g,
        lr_d=lr_d,
        ema_kimg=ema_kimg,
        ema_rampup=ema_rampup,
        mirror=mirror,
        augment=augment,
        ada_target=ada_target,
        ada_kimg=ada_kimg,
        ada_max=ada_max,
        freezed=freezed,
        tick_kimg=tick_kimg,
    )
    check_settings(settings)
    shape = read_dataset(dataset).shape
    if shape[1] != resolution:
        raise FacetdsError(
            f"{dataset} has images of {shape[1]} pixels, but gan.resolution is {resolution}; "
            "make the data set again."
        )
    state = resumed_state(settings, resume) if resume else new_state(settings)
    sizes = [sum(p.numel() for p in network.parameters()) for network in (state.g, state.d)]
    say(
        f"Data set: {shape[0]} images of {resolution} pixels. Networks: G {sizes[0]:,} and "
        f"D {sizes[1]:,} trained numbers, {f'from {resume}' if resume else 'untrained'}."
    )
    write_state(out, state)


if __name__ == "__main__":
    command.run(start_training)
