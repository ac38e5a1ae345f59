"""Generator and discriminator against the official networks, name by name and number by number."""

import numpy as np
import pytest
import torch

from facetds.errors import FacetdsError
from facetds.gan.networks import Discriminator, Generator
from facetds.gan.sampling import to_uint8, z_of_seeds

NETWORKS = ("net_skip32", "net_cond16", "net_arch_orig16", "net_arch_resnet16", "net_arch_skip16")
SMALL = {
    "z_dim": 8,
    "c_dim": 0,
    "w_dim": 8,
    "img_resolution": 16,
    "img_channels": 3,
    "mapping_kwargs": {"num_layers": 2},
    "synthesis_kwargs": {"channel_base": 64, "channel_max": 8},
}
TOLERANCES = {  # w, images and activations, logits
    torch.float32: (5e-6, 1e-5, 1e-5),
    torch.float64: (2e-7, 2e-7, 2e-7),
}


def build(reference, name, dtype=torch.float32):
    """Return the official weights in our networks, the arrays as tensors, and the config."""
    arrays, config = reference(name)
    networks = []
    for part, make in (("G", Generator), ("D", Discriminator)):
        network = make(**config[f"{part}_kwargs"])
        state = {key[2:]: value for key, value in arrays.items() if key.startswith(f"{part}/")}
        assert list(state) == list(network.state_dict())
        network.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()})
        networks.append(network.to(dtype).eval().requires_grad_(False))
    inputs = {
        key: torch.from_numpy(value).to(dtype)
        for key, value in arrays.items()
        if key.startswith("in/")
    }
    return *networks, arrays, inputs, config


@pytest.fixture(params=NETWORKS)
def network(request):
    return request.param


@pytest.fixture(params=TOLERANCES, ids=["float32", "float64"])
def dtype(request):
    return request.param


def test_mapping_and_images(reference, assert_near, network, dtype):
    g, _, arrays, inputs, config = build(reference, network, dtype)
    t_w, t_img, _ = TOLERANCES[dtype]
    z, c = inputs["in/z"], inputs["in/c"]
    ws = g.mapping(z, c)
    assert ws.shape == (len(z), config["num_ws"], g.w_dim)
    assert g.num_ws == config["num_ws"]
    assert (ws == ws[:, :1]).all()
    cut = config["truncation_cutoff"]
    assert_near(ws[:, 0], arrays["out/w"], t_w)
    assert_near(g.mapping(z, c, 0.7)[:, 0], arrays["out/ws_psi0.7"], t_w)
    assert_near(g.mapping(z, c, 0.7, cut), arrays["out/ws_psi0.7_cutoff"], t_w)

    mixed = ws[:1].clone()
    second = config["style_mix_layers_from_second"]
    mixed[:, second] = ws[1:2, second]
    images = {
        "img_none": g.synthesis(ws, "none"),
        "img_const": g.synthesis(ws, "const"),
        "img_const_psi0.7": g(z[:2], c[:2], 0.7, noise_mode="const"),
        "img_const_psi0.7_cutoff": g(z[:1], c[:1], 0.7, cut, noise_mode="const"),
        "img_mix": g.synthesis(mixed, "const"),
    }
    for name, image in images.items():
        assert image.dtype == dtype
        assert_near(image, arrays[f"out/{name}"], t_img, name)


def test_logits(reference, assert_near, network, dtype):
    _, d, arrays, inputs, _ = build(reference, network, dtype)
    t = TOLERANCES[dtype][2]
    real, c = inputs["in/real"], inputs["in/real_c"]
    assert_near(d(real, c), arrays["out/D_logits"], t)
    assert_near(d(real[:4], c[:4]), arrays["out/D_logits_first4"], t)
    assert_near(d(real[:2], c[:2]), arrays["out/D_logits_first2"], t)
    fakes = torch.from_numpy(arrays["out/img_const"]).to(dtype)
    assert_near(d(fakes, inputs["in/c"]), arrays["out/D_logits_on_img_const"], t)
    if "out/D_cmap" in arrays:
        assert_near(d.mapping(None, c), arrays["out/D_cmap"], TOLERANCES[dtype][0])


def test_activations_of_single_modules(reference, assert_near, network, dtype):
    g, d, arrays, inputs, _ = build(reference, network, dtype)
    outputs = {}
    for part, whole in (("G", g), ("D", d)):
        for name, module in whole.named_modules():
            module.register_forward_hook(
                lambda _m, _i, out, name=f"{part}.{name}": outputs.update({name: out})
            )
    g.synthesis(g.mapping(inputs["in/z"][:1], inputs["in/c"][:1]), "const")
    d(inputs["in/real"][:4], inputs["in/real_c"][:4])
    names = [name for name in arrays if name.startswith("act/")]
    assert names
    for name in names:
        # The official skip of the first block was recorded after the block's sum, in its place.
        recorded = "D.b32" if name == "act/D.b32.skip" else name[4:]
        module, _, which = recorded.rpartition(".")
        if which in ("x", "img"):
            output = outputs[module][which == "img"]
        else:
            output = outputs[recorded]
            output = output[0] if isinstance(output, tuple) else output
        expected = arrays[name]
        assert_near(output[: len(expected)], expected, TOLERANCES[dtype][1], name)


def test_images_of_seeds(reference, assert_near):
    g, *_ = build(reference, "net_skip32")
    arrays, config = reference("generate_seeds")
    psi, seeds = config["truncation_psi"], config["seeds"]
    for seed, z in zip(seeds, z_of_seeds(seeds, g.z_dim), strict=True):
        np.testing.assert_array_equal(z[None], arrays[f"in/z_seed{seed}"])
        image = g(torch.from_numpy(z[None]), None, psi, noise_mode="const")
        assert_near(image, arrays[f"out/img_seed{seed}"], 1e-5)
        pixels = to_uint8(image)[0]
        assert pixels.dtype == np.uint8
        assert_near(pixels, arrays[f"out/uint8_seed{seed}"], 1 / 255, floor=255)


def test_pixels_are_truncated_and_grey_becomes_rgb():
    values = torch.tensor([-9.0, -1.0, 0.0, 0.0039, 0.99, 9.0]).reshape(1, 1, 2, 3)
    pixels = to_uint8(values)
    assert pixels.shape == (1, 2, 3, 3)
    assert (pixels == pixels[..., :1]).all()
    assert pixels[0, ..., 0].tolist() == [[0, 0, 128], [128, 254, 255]]


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_seeds_beyond_the_range_are_refused(seed):
    with pytest.raises(FacetdsError, match="is not a seed"):
        z_of_seeds([3, seed], 8)


@pytest.mark.parametrize(
    ("resolution", "base", "layers", "g_size", "d_size"),
    [
        (64, 16384, 2, 22_243_608, 23_407_361),
        (256, 16384, 8, 24_767_458, 24_001_089),
        (1024, 32768, 8, 30_370_060, 29_012_513),
    ],
)
def test_official_sizes(resolution, base, layers, g_size, d_size):
    with torch.device("meta"):
        kwargs = {"channel_base": base, "num_fp16_res": 4, "conv_clamp": 256}
        g = Generator(512, 0, 512, resolution, 3, {"num_layers": layers}, kwargs)
        d = Discriminator(0, resolution, 3, **kwargs)
    assert sum(p.numel() for p in g.parameters()) == g_size
    assert sum(p.numel() for p in d.parameters()) == d_size
    half = [r for r in g.synthesis.block_resolutions if getattr(g.synthesis, f"b{r}").half_type]
    assert half == [r for r in g.synthesis.block_resolutions if r >= max(resolution // 8, 8)]


def test_grey_networks():
    g = Generator(**{**SMALL, "img_channels": 1})
    d = Discriminator(0, 16, 1, channel_base=64, channel_max=8)
    images = g(torch.randn(2, 8), None)
    assert images.shape == (2, 1, 16, 16)
    assert d(images, None).shape == (2, 1)


def test_half_precision_falls_back_on_the_cpu():
    torch.manual_seed(0)
    full = Generator(**SMALL)
    kwargs = {**SMALL["synthesis_kwargs"], "num_fp16_res": 4, "fp16_channels_last": True}
    half = Generator(**{**SMALL, "synthesis_kwargs": kwargs})
    half.load_state_dict(full.state_dict())
    z = torch.randn(2, 8)
    assert torch.equal(half(z, None, noise_mode="const"), full(z, None, noise_mode="const"))


def test_mean_of_w_follows_in_train_mode_only():
    torch.manual_seed(0)
    g = Generator(**SMALL)
    g.mapping.w_avg.normal_()
    before, z = g.mapping.w_avg.clone(), torch.randn(5, 8)
    w = g.mapping(z, None, skip_w_avg_update=True)[:, 0]
    assert torch.equal(g.mapping.w_avg, before)
    g.mapping(z, None)
    torch.testing.assert_close(g.mapping.w_avg, 0.995 * before + 0.005 * w.mean(dim=0).detach())
    g.eval()
    after = g.mapping.w_avg.clone()
    g.mapping(z, None)
    assert torch.equal(g.mapping.w_avg, after)


def test_noise_comes_from_the_given_generator():
    torch.manual_seed(0)
    g = Generator(**SMALL).requires_grad_(False)
    for name, value in g.named_parameters():
        if name.endswith("noise_strength"):
            value.fill_(0.5)
    ws = torch.randn(2, g.num_ws, 8)
    images = [g.synthesis(ws, rng=torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)]
    assert torch.equal(images[0], images[1])
    assert not torch.equal(images[0], images[2])
    with pytest.raises(ValueError, match="noise_mode is 'fixed'"):
        g.synthesis(ws, "fixed")


@pytest.mark.parametrize(("freeze", "trained"), [(4, {"b8", "b4"}), (7, {"b4"})])
def test_frozen_layers_are_buffers_with_the_same_names(freeze, trained):
    kwargs = {"channel_base": 64, "channel_max": 8}
    d = Discriminator(0, 16, 3, **kwargs)
    frozen = Discriminator(0, 16, 3, **kwargs, block_kwargs={"freeze_layers": freeze})
    assert {*frozen.state_dict()} == {*d.state_dict()}
    assert {name.split(".")[0] for name, _ in frozen.named_parameters()} == trained
    frozen(torch.randn(4, 3, 16, 16), None).sum().backward()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"img_resolution": 48}, "resolution 48"),
        ({"img_resolution": 4}, "resolution 4"),
        ({"synthesis_kwargs": {"architecture": "dense"}}, "no architecture 'dense'"),
    ],
)
def test_impossible_networks_are_refused(change, words):
    with pytest.raises(FacetdsError, match=words):
        Generator(**{**SMALL, **change})


def test_wrong_inputs_are_refused():
    g = Generator(**{**SMALL, "c_dim": 3})
    with pytest.raises(ValueError, match="needs labels: c of 3 columns"):
        g(torch.randn(2, 8), None)
    with pytest.raises(ValueError, match=r"not N x 6 x 8"):
        g.synthesis(torch.randn(2, 5, 8))
