"""The presets of the official tool, and what goes before them."""

from pathlib import Path

import pytest
import yaml

from facetds.errors import FacetdsError
from facetds.gan.presets import PRESETS, make_settings, preset

FIXED = {"seed": 1, "mirror": True, "freezed": 0, "tick_kimg": 4.0, "subset": None, "c_dim": 0}
SCHEMA = Path(__file__).parents[2] / "schemas/gan.schema.yaml"


def make(cfg, resolution=256, gpus=1, resumed=False, **given):
    return make_settings(cfg, given, gpus, resumed, resolution=resolution, **FIXED)


@pytest.mark.parametrize(
    ("cfg", "resolution", "gpus", "expected"),
    [  # batch, micro_batch, mbstd_group, channel_base, lr, gamma, ema_kimg, ema_rampup, layers
        ("auto", 64, 1, (32, 32, 4, 16384, 0.0025, 0.0256, 10, 0.05, 2)),
        ("auto", 128, 1, (32, 32, 4, 16384, 0.0025, 0.1024, 10, 0.05, 2)),
        ("auto", 256, 1, (16, 16, 4, 16384, 0.0025, 0.8192, 5, 0.05, 2)),
        ("auto", 256, 4, (64, 16, 4, 16384, 0.0025, 0.2048, 20, 0.05, 2)),
        ("auto", 512, 1, (8, 8, 4, 32768, 0.0025, 6.5536, 2.5, 0.05, 2)),
        ("auto", 1024, 1, (4, 4, 4, 32768, 0.002, 52.4288, 1.25, 0.05, 2)),
        ("stylegan2", 1024, 1, (32, 4, 4, 32768, 0.002, 10, 10, None, 8)),
        ("paper256", 256, 1, (64, 8, 8, 16384, 0.0025, 1, 20, None, 8)),
        ("paper256", 256, 16, (64, 4, 4, 16384, 0.0025, 1, 20, None, 8)),
        ("paper512", 512, 8, (64, 8, 8, 32768, 0.0025, 0.5, 20, None, 8)),
        ("paper1024", 1024, 8, (32, 4, 4, 32768, 0.002, 2, 10, None, 8)),
        ("cifar", 32, 1, (64, 32, 32, 32768, 0.0025, 0.01, 500, 0.05, 2)),
    ],
)
def test_presets_are_the_official_configurations(cfg, resolution, gpus, expected):
    s = make(cfg, resolution, gpus)
    assert s.lr_g == s.lr_d
    assert (s.batch, s.micro_batch, s.mbstd_group, s.channel_base, s.lr_g, s.gamma, s.ema_kimg,
            s.ema_rampup, s.mapping_layers) == pytest.approx(expected)  # fmt: skip
    assert (s.z_dim, s.w_dim, s.channel_max, s.half_resolutions) == (512, 512, 512, 4)
    plain = cfg == "cifar"
    assert (s.pl_weight, s.style_mixing, s.d_architecture) == (
        (0, 0, "orig") if plain else (2, 0.9, "resnet")
    )
    assert (s.augment, s.ada_target, s.ada_kimg) == ("bgc", 0.6, 500)


def test_what_is_set_goes_before_the_preset():
    changed = {"gamma": 3.0, "lr_g": 0.001, "z_dim": 64, "augment": "none", "ema_rampup": "0.1"}
    s = make("paper256", **changed)
    assert (s.gamma, s.lr_g, s.lr_d, s.z_dim) == (3, 0.001, 0.0025, 64)
    assert s.augment is None
    assert s.ema_rampup == 0.1
    assert make("paper256", gamma=None).gamma == 1


def test_a_batch_of_ones_own_is_shared_by_the_gpus():
    s = make("paper256", gpus=2, batch=12)
    assert (s.micro_batch, s.mbstd_group) == (6, 6)
    assert make("paper256", micro_batch=4).mbstd_group == 4
    with pytest.raises(FacetdsError, match=r"3 processes \(gan\.gpus\) cannot share"):
        make("paper256", gpus=3)


def test_resuming_augments_faster_and_needs_no_ramp():
    s = make("auto", resumed=True)
    assert (s.ada_kimg, s.ema_rampup) == (100, None)


def test_without_a_preset_every_key_is_needed():
    values = preset("demo", 64)
    missing = dict(values)
    del missing["gamma"]
    assert make(None, 64, **values) == make("demo", 64)
    with pytest.raises(FacetdsError, match=r"gan\.cfg is null, so gan\.gamma needs a value"):
        make(None, 64, **missing)
    with pytest.raises(FacetdsError, match=r"gan\.cfg is 'paper'"):
        make("paper")
    with pytest.raises(FacetdsError, match=r"gan\.ema_rampup is 'soon'"):
        make("demo", 64, ema_rampup="soon")


def test_the_schema_lists_the_presets():
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    assert schema["properties"]["cfg"]["enum"] == [*PRESETS, None]
