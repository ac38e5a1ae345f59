"""Resampling, convolution and activation against the official operations."""

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from facetds.gan.layers import MinibatchStdLayer, modulated_conv
from facetds.gan.ops import (
    ACTIVATIONS,
    activate_,
    conv_resampled,
    downsample,
    gain_before,
    make_filter,
    normalize_2nd_moment,
    upfirdn,
    upsample,
)

DTYPES = {torch.float32: 2e-6, torch.float64: 2e-7}
KERNEL = make_filter([1, 3, 3, 1])


@pytest.fixture(params=DTYPES, ids=["float32", "float64"])
def ops(request, reference, assert_near):
    """Return (tensor by name, cases by the start of their id, check) in one precision."""
    arrays, config = reference("ops")
    dtype = request.param
    tensors = {name: torch.from_numpy(value).to(dtype) for name, value in arrays.items()}
    cases = {case["id"]: case for case in config["cases"]}

    def check(actual, name):
        assert actual.dtype == dtype
        assert_near(actual, arrays[f"out/{name}"], DTYPES[dtype], name)

    return tensors, cases, check


def test_filters_are_normalised(ops):
    tensors, _, check = ops
    dtype = tensors["in/x"].dtype
    taps = torch.tensor([1, 3, 3, 1], dtype=dtype)
    check(make_filter(taps), "setup_filter_1331")
    check(make_filter(taps) * 2, "setup_filter_1331_gain2")
    check(make_filter(tensors["in/f1d_8taps"]), "setup_filter_f1d")
    check(make_filter(None).to(dtype), "setup_filter_none")
    assert taps.tolist() == [1, 3, 3, 1]


def test_upfirdn(ops):
    tensors, cases, check = ops
    found = {name: case for name, case in cases.items() if name.startswith("upfirdn")}
    assert len(found) == 23
    for name, case in found.items():
        kernel = KERNEL if case["filter"] == "1331" else tensors["in/" + case["filter"]]
        factors = [tuple(f) if isinstance(f, list) else f for f in (case["up"], case["down"])]
        padding = case["padding_x0x1y0y1"]
        result = upfirdn(
            tensors["in/x"], kernel, *factors, padding, case["flip_filter"], case["gain"]
        )
        check(result, name)


def test_resampling_keeps_the_place(ops):
    tensors, _, check = ops
    x, asymmetric = tensors["in/x"][..., :6, :], tensors["in/f2d_asym"]
    for function, name in ((upsample, "upsample2d"), (downsample, "downsample2d")):
        check(function(x, KERNEL), f"{name}_1331")
        check(function(x, asymmetric), f"{name}_asym")
        check(function(x, asymmetric, flip=True), f"{name}_asym_flip")
    check(upfirdn(x, KERNEL, padding=(2, 1, 2, 1)), "filter2d_1331")
    check(upfirdn(x, asymmetric, padding=(2, 1, 1, 1)), "filter2d_asym")
    check(upfirdn(x, asymmetric, padding=(2, 1, 1, 1), flip=True), "filter2d_asym_flip")


def test_convolution_with_resampling(ops):
    tensors, cases, check = ops
    found = {name: case for name, case in cases.items() if name.startswith("conv2d_resample")}
    assert len(found) == 16
    for name, case in found.items():
        x, weight = tensors["in/" + case["x"]], tensors["in/" + case["w"]]
        up, down, padding = case["up"], case["down"], case["padding"]
        check(conv_resampled(x, weight, KERNEL, up, down, padding, case["flip_weight"]), name)


def test_modulated_convolution(ops):
    tensors, cases, check = ops
    found = {name: case for name, case in cases.items() if name.startswith("modconv")}
    assert len(found) == 4
    x, styles = tensors["in/xc"], tensors["in/styles"]
    for name, case in found.items():
        noise = tensors["in/noise12"] if case["noise"] else None
        weight, demodulate = tensors["in/w3"], case["demodulate"]
        result = modulated_conv(x, weight, styles, KERNEL, noise, case["up"], demodulate)
        check(result, name)
    result = modulated_conv(x, tensors["in/w1"], styles, KERNEL, demodulate=False)
    check(result, "modconv_w1_nodemod")


def test_modulated_convolution_in_half_precision_does_not_overflow():
    rng = torch.Generator().manual_seed(0)
    x, weight = torch.randn(2, 32, 8, 8, generator=rng), torch.randn(16, 32, 3, 3, generator=rng)
    styles = torch.randn(2, 32, generator=rng)
    full = modulated_conv(x, weight, styles, KERNEL, up=2)
    half = modulated_conv(x.half() * 100, weight * 1000, styles * 1000, KERNEL, up=2)
    assert half.dtype == torch.float16
    torch.testing.assert_close(half.float() / 100, full, rtol=0, atol=0.01)


def test_bias_and_activation(ops):
    tensors, _, check = ops
    x = tensors["in/xb"]
    biased = x + tensors["in/bb"].reshape(1, -1, *(1,) * (x.ndim - 2))
    for activation, (_, gain) in ACTIVATIONS.items():
        check(activate_(biased.clone(), activation, gain), f"bias_act_{activation}")
        share = gain_before(activation, gain)
        result = activate_(biased * share, activation, gain / share)
        check(result, f"bias_act_{activation}")
    check(activate_(biased.clone(), "lrelu", 0.5, 0.4), "bias_act_lrelu_gain0.5_clamp0.4")
    check(activate_(x.clone(), "linear", 1.0, clamp=1), "bias_act_linear_nobias_clamp1")


def test_minibatch_deviation(ops):
    tensors, _, check = ops
    names = [name[4:] for name in tensors if name.startswith("out/mbstd")]
    assert len(names) == 6
    for name in names:
        group, features = re.fullmatch(r"mbstd_g(\w+)_f(\d)", name).groups()
        group = None if group == "None" else int(group)
        check(MinibatchStdLayer(group, int(features))(tensors["in/xm"]), name)


def test_minibatch_deviation_refuses_a_batch_it_cannot_part():
    with pytest.raises(ValueError, match="6 images cannot be parted into groups of 4"):
        MinibatchStdLayer(4)(torch.zeros(6, 2, 4, 4))


def test_normalisation(ops):
    tensors, _, check = ops
    check(normalize_2nd_moment(tensors["in/xn"]), "normalize_2nd_moment")


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(0, 4),
    st.integers(0, 4),
    st.integers(0, 2**20),
)
def test_mirrored_filter_is_the_adjoint(up, down, left, top, seed):
    """<upfirdn(x), y> = <x, adjoint(y)>: what autograd computes is again such an operation."""
    rng = torch.Generator().manual_seed(seed)
    x = torch.randn(1, 2, 5, 6, generator=rng, dtype=torch.float64, requires_grad=True)
    kernel = torch.randn(3, 4, generator=rng, dtype=torch.float64)
    forward = upfirdn(x, kernel, up, down, (left, 3, top, 3))
    y = torch.randn(forward.shape, generator=rng, dtype=torch.float64)
    (adjoint,) = torch.autograd.grad((forward * y).sum(), x)
    # Swap the factors, mirror the filter, and pad so that the size comes out as that of x.
    before = (4 - left - 1, 3 - top - 1)
    after = [
        size * up - (out * down + pad) + taps - 1
        for size, out, pad, taps in zip((6, 5), forward.shape[:1:-1], before, (4, 3), strict=True)
    ]
    padding = (before[0], after[0], before[1], after[1])
    torch.testing.assert_close(upfirdn(y, kernel, down, up, padding, flip=True), adjoint)
