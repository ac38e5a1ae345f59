"""FIR resampling, convolution with resampling, and activations (StyleGAN2, appendix B).

Pure PyTorch, differentiable twice, in the dtype of the input. Images are N x C x H x W.
Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", arXiv:1912.04958.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

Pair = tuple[int, int]
Four = tuple[int, int, int, int]

SEPARABLE_TAPS = 8  # a filter at least this long is kept one-dimensional and applied per axis
FOLD_CHANNELS = 16  # below, samples are filtered as channels of one: else most lanes of a CPU idle

LRELU_SLOPE = 0.2
HOMOGENEOUS = ("linear", "relu", "lrelu")

# Name: the function, and the gain that keeps the variance of a unit normal input near 1.
ACTIVATIONS: dict[str, tuple[Callable[[Tensor], Tensor], float]] = {
    "linear": (lambda x: x, 1.0),
    "relu": (F.relu, math.sqrt(2)),
    "lrelu": (lambda x: F.leaky_relu(x, LRELU_SLOPE), math.sqrt(2)),
    "tanh": (torch.tanh, 1.0),
    "sigmoid": (torch.sigmoid, 1.0),
    "elu": (F.elu, 1.0),
    "selu": (F.selu, 1.0),
    "softplus": (F.softplus, 1.0),
    "swish": (F.silu, math.sqrt(2)),
}
IN_PLACE = {"lrelu": lambda x: F.leaky_relu_(x, LRELU_SLOPE), "relu": F.relu_}


def make_filter(taps: Sequence[float] | Tensor | None) -> Tensor:
    """Return the FIR filter of a list of taps, normalised to the sum 1.

    Fewer than 8 taps become their outer product (k x k), as filters that short are faster in two
    dimensions; more stay one-dimensional, and None is the 1 x 1 identity. float32, or the dtype of
    a given tensor.
    """
    if taps is None:
        return torch.ones(1, 1)
    taps = torch.as_tensor(taps)
    taps = taps if taps.is_floating_point() else taps.to(torch.float32)
    if taps.ndim == 1 and len(taps) < SEPARABLE_TAPS:
        taps = torch.outer(taps, taps)
    return taps / taps.sum()


def upfirdn(
    x: Tensor,
    kernel: Tensor,
    up: int | Pair = 1,
    down: int | Pair = 1,
    padding: int | Four = 0,
    flip: bool = False,
    gain: float = 1.0,
) -> Tensor:
    """Insert zeros, pad, convolve with a FIR filter, and keep every `down`-th sample.

    kernel: k_y x k_x, or k taps for both axes; a true convolution, unless `flip`. up, down: one
    factor, or (x, y). padding: (left, right, top, bottom) of the up-sampled image; negative crops.
    """
    up_x, up_y = _pair(up)
    down_x, down_y = _pair(down)
    if kernel.ndim == 1:
        left, right, top, bottom = _four(padding)
        row, column = kernel[None, :], kernel[:, None]
        root = math.sqrt(gain)
        x = upfirdn(x, row, (up_x, 1), (down_x, 1), (left, right, 0, 0), flip, root)
        return upfirdn(x, column, (1, up_y), (1, down_y), (0, 0, top, bottom), flip, root)
    factors = (up_y, up_x), (down_y, down_x)
    return _Resampling.apply(x, kernel * gain, *factors, _four(padding), flip)


def upsample(x: Tensor, kernel: Tensor, factor: int = 2, flip: bool = False) -> Tensor:
    """Return `x` enlarged by `factor`, brightness kept."""
    left, right, top, bottom = _resampling_padding(kernel, factor, 1)
    return upfirdn(x, kernel, factor, 1, (left, right, top, bottom), flip, factor**2)


def downsample(x: Tensor, kernel: Tensor, factor: int = 2, flip: bool = False) -> Tensor:
    """Return `x` reduced by `factor`."""
    return upfirdn(x, kernel, 1, factor, _resampling_padding(kernel, 1, factor), flip)


def conv_resampled(
    x: Tensor,
    weight: Tensor,
    kernel: Tensor,
    up: int = 1,
    down: int = 1,
    padding: int = 0,
    correlate: bool = True,
    bias: Tensor | None = None,
    conv_type: torch.dtype | None = None,
) -> Tensor:
    """Return `x` up-sampled, convolved with `weight` (O x I x k x k), and down-sampled, plus bias.

    The filter is merged with the convolution where that saves work: a stride instead of samples
    that are thrown away, a transposed convolution instead of inserted zeros. padding: at the
    up-sampled size. correlate: as torch's convolution; False flips the weight in both axes, which
    is how the weights of up-sampling layers are stored. conv_type: see `_convolve`.
    """
    size = weight.shape[-1]
    if up > 1 and size > 1:
        # The transposed convolution flips the weight by itself.
        weight = (weight.flip((2, 3)) if correlate else weight).transpose(0, 1)
    elif not correlate:
        weight = weight.flip((2, 3))
    if up == 1 and down == 1:
        return _convolve(F.conv2d, x, weight, conv_type, bias, padding=padding)
    pads = tuple(p + padding for p in _resampling_padding(kernel, up, down))
    if up == 1 and size == 1:
        x = upfirdn(x, kernel, down=down, padding=pads)
        return _convolve(F.conv2d, x, weight, conv_type, bias)
    if up == 1:
        x = upfirdn(x, kernel, padding=pads)
        return _convolve(F.conv2d, x, weight, conv_type, bias, stride=down)
    if size == 1:
        x = _convolve(F.conv2d, x, weight, conv_type)
        x = upfirdn(x, kernel, up, padding=pads, gain=up**2)
    else:
        left, right, top, bottom = pads
        left, top = left - (size - 1), top - (size - 1)
        right, bottom = right - (size - up), bottom - (size - up)
        x = _convolve(F.conv_transpose2d, x, weight, conv_type, stride=up)
        x = upfirdn(x, kernel, padding=(left, right, top, bottom), gain=up**2)
    x = upfirdn(x, kernel, down=down) if down > 1 else x
    return x if bias is None else x + bias[:, None, None]


def _convolve(
    function: Callable[..., Tensor],
    x: Tensor,
    weight: Tensor,
    conv_type: torch.dtype | None,
    bias: Tensor | None = None,
    **options: Any,
) -> Tensor:
    """Return a convolution of torch, whose factors are rounded to `conv_type` if `x` is float32.

    Products are summed in float32, and the result is float32: bfloat16 costs the accuracy of
    single factors (2^-9) and on CPUs that multiply it in hardware is several times as fast.
    """
    if conv_type in (None, x.dtype) or x.dtype != torch.float32:
        return function(x, weight.to(x.dtype), bias, **options)
    x = function(x.to(conv_type), weight.to(conv_type), **options).to(torch.float32)
    return x if bias is None else x + bias[:, None, None]


def gain_before(activation: str, gain: float) -> float:
    """Return the share of `gain` that may be applied before the activation, where it is cheaper.

    f(g x) = g f(x) for g > 0 holds for the linear ones; weights and biases take up their gain,
    which spares a pass over all values.
    """
    return gain if activation in HOMOGENEOUS else 1.0


def activate_(x: Tensor, activation: str, gain: float, clamp: float | None = None) -> Tensor:
    """Return clip(gain * activation(x), -clamp, clamp), in the memory of `x` where that is safe.

    `x` must not be used after, nor be what another operation's derivative needs.
    """
    function = IN_PLACE.get(activation, ACTIVATIONS[activation][0])
    x = function(x)
    if gain != 1:
        x = x * gain
    return x if clamp is None else x.clamp(-clamp, clamp)


def normalize_2nd_moment(x: Tensor) -> Tensor:
    """Return the rows of `x` (N x D) scaled to a mean square of 1."""
    return x * (x.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()


class _Resampling(torch.autograd.Function):
    """Zero insertion, padding, FIR filter and decimation as one linear operation.

    Its derivative is again one, with the factors swapped and the filter mirrored. So autograd
    neither keeps the input, nor derives by the filter, which it would when deriving twice.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, kernel: Tensor, up: Pair, down: Pair, padding: Four, flip: bool
    ) -> Tensor:
        """Return the filtered images; up and down are (y, x)."""
        ctx.save_for_backward(kernel)
        n, channels, *size = x.shape
        folded = x.reshape(1, n * channels, *size) if channels < FOLD_CHANNELS else x
        if up == (1, 1):
            y = _filter(folded, kernel, down, padding, flip)
        else:
            y = _enlarge(folded, kernel, up, padding, flip)[..., :: down[0], :: down[1]]
        y = y.reshape(n, channels, *y.shape[2:])
        ctx.settings = up, down, padding, flip, size, y.shape[2:]
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradient by the images."""
        (kernel,) = ctx.saved_tensors
        up, down, (left, _, top, _), flip, size, out = ctx.settings
        sides = []
        for axis, first in ((1, left), (0, top)):
            taps = kernel.shape[axis]
            before = taps - 1 - first
            after = size[axis] * up[axis] - out[axis] * down[axis] - before + taps - 1
            sides += [before, after]
        grad = _Resampling.apply(grad, kernel, down, up, tuple(sides), not flip)
        return grad, None, None, None, None, None


def _filter(x: Tensor, kernel: Tensor, down: Pair, padding: Four, flip: bool) -> Tensor:
    """Pad, filter and keep every `down`-th sample."""
    channels = x.shape[1]
    kernel = (kernel if flip else kernel.flip((0, 1))).to(x.dtype)
    kernel = kernel.expand(channels, 1, *kernel.shape)
    left, right, top, bottom = padding
    if left == right >= 0 and top == bottom >= 0:
        return F.conv2d(x, kernel, None, down, (top, left), groups=channels)
    return F.conv2d(F.pad(x, padding), kernel, None, down, groups=channels)


def _enlarge(x: Tensor, kernel: Tensor, up: Pair, padding: Four, flip: bool) -> Tensor:
    """Insert zeros, pad and filter, as a transposed convolution that is cropped or padded."""
    channels = x.shape[1]
    k_y, k_x = kernel.shape
    kernel = (kernel.flip((0, 1)) if flip else kernel).to(x.dtype)
    kernel = kernel.expand(channels, 1, *kernel.shape)
    left, right, top, bottom = padding
    left, right, top, bottom = (
        left - k_x + 1,
        right + up[1] - k_x,
        top - k_y + 1,
        bottom + up[0] - k_y,
    )
    # What both sides lose need not be computed.
    cut_x, cut_y = max(min(-left, -right), 0), max(min(-top, -bottom), 0)
    x = F.conv_transpose2d(x, kernel, None, up, (cut_y, cut_x), groups=channels)
    rest = (left + cut_x, right + cut_x, top + cut_y, bottom + cut_y)
    return F.pad(x, rest) if any(rest) else x


def _resampling_padding(kernel: Tensor, up: int, down: int) -> Four:
    """Return the padding (left, right, top, bottom) that keeps the image where it is."""
    sides = []
    for taps in (kernel.shape[-1], kernel.shape[0]):
        before = after = 0
        if up > 1:
            before, after = (taps + up - 1) // 2, (taps - up) // 2
        if down > 1:
            before, after = before + (taps - down + 1) // 2, after + (taps - down) // 2
        sides += [before, after]
    return tuple(sides)


def _pair(value: int | Pair) -> Pair:
    return (value, value) if isinstance(value, int) else tuple(value)


def _four(value: int | Four) -> Four:
    return (value,) * 4 if isinstance(value, int) else tuple(value)
