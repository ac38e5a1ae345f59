"""Losses, penalties and their gradients against the official ones; style mixing."""

import pytest
import torch

from facetds.gan.augment import AugmentPipe
from facetds.gan.losses import (
    fake_loss,
    generator_loss,
    mixed_styles,
    path_length_penalty,
    path_lengths,
    r1_penalty,
    real_loss,
)
from facetds.gan.networks import Discriminator, Generator

NETWORKS = ("net_skip32", "net_cond16", "net_arch_orig16", "net_arch_resnet16", "net_arch_skip16")
TOLERANCES = {  # losses, whole gradients, their norms and sums
    torch.float32: (2e-5, 1e-4, 1e-3),
    torch.float64: (2e-7, 1e-6, 1e-6),
}


@pytest.fixture(params=TOLERANCES, ids=["float32", "float64"])
def dtype(request):
    return request.param


@pytest.fixture(params=NETWORKS)
def case(request, reference, dtype):
    """Return the official weights in our networks, the arrays, the inputs, and gamma."""
    arrays, config = reference(request.param)
    networks = []
    for part, make in (("G", Generator), ("D", Discriminator)):
        network = make(**config[f"{part}_kwargs"])
        state = {key[2:]: value for key, value in arrays.items() if key.startswith(f"{part}/")}
        network.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()})
        networks.append(network.to(dtype))
    inputs = {
        key[3:]: torch.from_numpy(value).to(dtype)
        for key, value in arrays.items()
        if key.startswith("in/")
    }
    return *networks, arrays, inputs, config["r1_gamma"]


def check_gradients(network, phase, arrays, dtype, assert_near):
    """Compare with what is stored of the gradients of a phase."""
    _, t_whole, t_summary = TOLERANCES[dtype]
    gradients = {name: parameter.grad for name, parameter in network.named_parameters()}
    summaries = {"_l2norm": [], "_sum": []}
    for label in map(str, arrays[f"grad/{phase}/_names"]):
        name, _, none = label.partition(" ")
        gradient = gradients.pop(name)
        if none:
            assert gradient is None
            gradient = torch.zeros(1)
        summaries["_l2norm"].append(gradient.norm())
        summaries["_sum"].append(gradient.sum())
        whole = arrays.get(f"grad/{phase}/{name}")
        if whole is not None:
            assert_near(gradient, whole, t_whole, f"{phase} {name}", floor=0)
    assert not gradients
    for kind, values in summaries.items():
        expected = arrays[f"grad/{phase}/{kind}"]
        assert_near(torch.stack(values), expected, t_summary, phase + kind, floor=0)


def test_generator_loss(case, dtype, assert_near):
    g, d, arrays, inputs, _ = case
    fakes = g.synthesis(mixed_styles(g, inputs["loss_z"], inputs["loss_c"], 0), "const")
    loss, logits = generator_loss(d, fakes, inputs["loss_c"])
    assert_near(loss, arrays["loss/Gmain/G_loss"], TOLERANCES[dtype][0])
    # It was recorded without an update.
    assert_near(g.mapping.w_avg, arrays["loss/Gmain/w_avg_after"], 0.0)
    torch.testing.assert_close(loss, torch.log1p(torch.exp(-logits)))
    loss.mean().backward()
    check_gradients(g, "Gmain", arrays, dtype, assert_near)


def test_path_length_penalty(case, dtype, assert_near):
    g, _, arrays, inputs, _ = case
    tolerance = TOLERANCES[dtype][0]
    ws = mixed_styles(g, inputs["loss_z"][:2], inputs["loss_c"][:2], 0)
    images = g.synthesis(ws, "const")
    before, noise = inputs["pl_mean_before"], inputs["pl_noise_unit"]
    penalty, mean = path_length_penalty(path_lengths(images, ws, noise), before)
    assert_near(penalty, arrays["loss/Greg/pl_penalty"], tolerance)
    assert_near(penalty * 2, arrays["loss/Greg/G_reg"], tolerance)
    assert_near(mean, arrays["loss/Greg/pl_mean_after"], tolerance)
    (penalty * 2).mean().backward()
    check_gradients(g, "Greg", arrays, dtype, assert_near)


def test_discriminator_loss(case, dtype, assert_near):
    g, d, arrays, inputs, _ = case
    with torch.no_grad():
        fakes = g.synthesis(mixed_styles(g, inputs["loss_z"], inputs["loss_c"], 0), "const")
    fake, _ = fake_loss(d, fakes, inputs["loss_c"])
    real, _ = real_loss(d, inputs["real"][:4], inputs["real_c"][:4])
    assert_near(fake + real, arrays["loss/Dmain/D_loss"], TOLERANCES[dtype][0])
    fake.mean().backward()
    real.mean().backward()
    check_gradients(d, "Dmain", arrays, dtype, assert_near)


def test_r1_penalty(case, dtype, assert_near):
    _, d, arrays, inputs, gamma = case
    tolerance = TOLERANCES[dtype][0]
    penalty, logits = r1_penalty(d, inputs["real"][:4], inputs["real_c"][:4])
    assert logits.shape == (4, 1)
    assert_near(penalty, arrays["loss/Dreg/r1_penalty"], tolerance)
    assert_near(penalty * (gamma / 2), arrays["loss/Dreg/D_reg"], tolerance)
    (penalty * (gamma / 2)).mean().backward()
    check_gradients(d, "Dreg", arrays, dtype, assert_near)


@pytest.fixture
def small():
    torch.manual_seed(0)
    g = Generator(8, 0, 8, 16, 3, {"num_layers": 2}, {"channel_base": 64, "channel_max": 8})
    return g, Discriminator(0, 16, 3, channel_base=64, channel_max=8)


def test_penalties_reach_every_parameter(small):
    """As in the official training, where Adam also steps parameters whose gradient is 0."""
    g, d = small
    ws = mixed_styles(g, torch.randn(4, 8), None, 0.9)
    images = g.synthesis(ws)
    lengths = path_lengths(images, ws, torch.randn_like(images))
    path_length_penalty(lengths, torch.zeros(()))[0].mean().backward()
    r1_penalty(d, images, None)[0].mean().backward()
    for network in (g, d):
        assert all(parameter.grad is not None for parameter in network.parameters())


def test_r1_penalty_through_augmentation(small):
    """The penalty is the squared slope of D along images before they are augmented."""
    _, d = small
    d.double()
    pipe = AugmentPipe("bgc")
    pipe.p = 0.6
    rng = torch.Generator().manual_seed(0)
    images = torch.randn(4, 3, 16, 16, generator=rng, dtype=torch.float64)

    def augment(x):
        return pipe(x, rng=torch.Generator().manual_seed(1))

    penalty, _ = r1_penalty(d, images, None, augment)
    images.requires_grad_()
    (gradient,) = torch.autograd.grad(d(augment(images), None).sum(), images)
    step = 1e-5 * gradient.detach()
    with torch.no_grad():
        rise = d(augment(images + step), None).sum() - d(augment(images - step), None).sum()
    assert float(penalty.detach().sum()) == pytest.approx(float(rise) / 2e-5, rel=1e-5)


def test_style_mixing(small):
    g, _ = small
    z = torch.randn(4, 8)
    plain = mixed_styles(g.eval(), z, None, 0)
    firsts = set()
    for seed in range(60):
        ws = mixed_styles(g, z, None, 0.5, torch.Generator().manual_seed(seed))
        taken = (ws == plain).all(dim=2)
        assert (taken == taken[:1]).all()
        first = int(taken[0].sum())
        assert taken[0, :first].all()
        firsts.add(first)
    assert firsts == {1, 2, 3, 4, 5, 6}
    again = [mixed_styles(g, z, None, 1, torch.Generator().manual_seed(7)) for _ in range(2)]
    assert torch.equal(*again)


def test_mixing_leaves_the_mean_of_w_and_the_first_styles(small):
    g, _ = small
    z = torch.randn(4, 8)
    ws = mixed_styles(g, z, None, 1, torch.Generator().manual_seed(0))
    assert torch.equal(g.mapping.w_avg, torch.zeros(8))
    assert torch.equal(ws[:, 0], g.mapping(z, None)[:, 0])
