"""Half precision and compiled networks, as far as a CPU can run them, and frozen weights."""

import pytest
import torch
from torch._dynamo.utils import counters

from facetds.gan import networks
from facetds.gan.acceleration import Acceleration, accelerate, compile_networks
from facetds.gan.state import new_state
from facetds.gan.training import Batch, run_iteration


@pytest.mark.parametrize("half_type", [torch.float16, torch.bfloat16])
def test_half_precision_is_near_full(toy, monkeypatch, half_type):
    state = new_state(toy(half_resolutions=1))
    z = torch.randn(4, 32, generator=torch.Generator().manual_seed(0))
    full = state.g(z, None, noise_mode="const").detach()
    score = state.d(full, None)
    monkeypatch.setattr(networks, "_has_fast_halves", lambda x: True)
    seen = []
    for network in (state.g, state.d):
        networks.set_half_type(network, half_type)
    for block in (state.g.synthesis.b16, state.d.b16):
        block.register_forward_hook(lambda _m, _i, out: seen.append(out[0].dtype))
    half = state.g(z, None, noise_mode="const")
    logits = state.d(half, None)
    assert seen == [half_type, half_type]
    assert half.dtype == logits.dtype == torch.float32
    # bfloat16 rounds to 2^-9, float16 to 2^-12, once or twice per layer.
    tolerance = 0.03 if half_type == torch.bfloat16 else 0.004
    assert 0 < float((half.detach() - full).std() / full.std()) < tolerance
    torch.testing.assert_close(logits, score, rtol=0, atol=tolerance * 10)
    logits.sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in state.g.parameters())


def test_a_cpu_stays_exact(toy):
    state = new_state(toy(half_resolutions=2))
    before = torch.backends.cuda.matmul.allow_tf32
    accelerate(state.g, state.d, Acceleration("bfloat16", tf32=True, compile=True), "cpu")
    assert state.g.synthesis.b16.half_type == torch.float16
    assert torch.backends.cuda.matmul.allow_tf32 == before
    z = torch.zeros(2, 32)
    again = new_state(toy(half_resolutions=0))
    images = [s.g(z, None, noise_mode="const") for s in (state, again)]
    assert torch.equal(*images)


@pytest.mark.parametrize("conv_type", ["float32", "bfloat16"])
def test_convolutions_of_a_cpu_in_another_type_train_nearly_alike(toy, conv_type):
    """One iteration with both regularisations: weights move by at most the learning rate."""
    states = [new_state(toy(batch=4, micro_batch=4)) for _ in range(2)]
    accelerate(states[1].g, states[1].d, Acceleration(conv_type=conv_type), "cpu")
    rng = torch.Generator().manual_seed(0)
    reals, z = torch.randn(4, 3, 16, 16, generator=rng), torch.randn(4, 4, 32, generator=rng)
    for state in states:
        run_iteration(state, Batch(reals, z, None, "const"))
    plain, other = (state.sums[0, :, 0] for state in states)
    assert torch.equal(plain, other) == (conv_type == "float32")
    torch.testing.assert_close(other, plain, rtol=0.05, atol=0.05)
    assert all(p.dtype == torch.float32 for p in states[1].g.parameters())


@pytest.mark.parametrize("resolution", [16, 64])
def test_frozen_weights_make_the_same_images(toy, resolution):
    g = new_state(toy(resolution=resolution)).g.eval().requires_grad_(False)
    z = torch.randn(3, 32, generator=torch.Generator().manual_seed(0))
    plain = g(z, None, noise_mode="const")
    names = set(g.state_dict())
    networks.freeze(g)
    assert set(g.state_dict()) == names
    torch.testing.assert_close(g(z, None, noise_mode="const"), plain, rtol=0, atol=1e-5)
    networks.set_conv_type(g, torch.bfloat16)
    rounded = networks.freeze(g)(z, None, noise_mode="const")
    assert 0 < float((rounded - plain).std() / plain.std()) < 0.03


def test_compiled_networks_train_as_the_others(toy):
    """One iteration with both regularisations, traced and derived but not made machine code."""
    states = [
        new_state(toy(resolution=8, style_mixing=0.0, batch=4, micro_batch=4)) for _ in range(2)
    ]
    compile_networks(states[1].g, states[1].d, backend="aot_eager", fullgraph=True)
    rng = torch.Generator().manual_seed(0)
    reals, z = torch.randn(4, 3, 8, 8, generator=rng), torch.randn(4, 4, 32, generator=rng)
    counters.clear()
    for state in states:
        run_iteration(state, Batch(reals, z, None, "const"))
    assert counters["stats"]["unique_graphs"] == 4
    for network in ("g", "d"):
        pairs = (getattr(state, network).state_dict().values() for state in states)
        for plain, compiled in zip(*pairs, strict=True):
            torch.testing.assert_close(compiled, plain, rtol=0, atol=1e-5)
