"""The layers of StyleGAN2 with equalized learning rate (Karras et al. 2018, 2020).

Weights are stored as unit normal numbers and scaled when they are used, so that Adam's step has
the same relative size in every layer. Names and shapes of parameters are those of the official
StyleGAN2-ADA, so that its weights fit. Initial weights are drawn from torch's global generator.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from facetds.gan.ops import ACTIVATIONS, activate_, conv_resampled, gain_before, make_filter

FIR_TAPS = (1, 3, 3, 1)


class FullyConnectedLayer(nn.Module):
    """activation(x W^T + b): N x in_features -> N x out_features.

    lr_multiplier: learns by this factor slower or faster than the other layers.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        activation: str = "linear",
        lr_multiplier: float = 1.0,
        bias_init: float = 0.0,
    ):
        super().__init__()
        self.activation = activation
        self.weight = nn.Parameter(torch.randn(out_features, in_features) / lr_multiplier)
        self.bias = nn.Parameter(torch.full((out_features,), float(bias_init)))
        self.weight_gain = lr_multiplier / math.sqrt(in_features)
        self.bias_gain = lr_multiplier
        self.act_gain = ACTIVATIONS[activation][1]

    def forward(self, x: Tensor) -> Tensor:
        """Return N x out_features, in the dtype of the weights."""
        before = gain_before(self.activation, self.act_gain)
        weight = self.weight * (self.weight_gain * before)
        bias_gain = self.bias_gain * before
        bias = self.bias * bias_gain if bias_gain != 1 else self.bias
        x = F.linear(x.to(weight.dtype), weight, bias)
        return activate_(x, self.activation, self.act_gain / before)


class Conv2dLayer(nn.Module):
    """A convolution with optional resampling, bias and activation (discriminator, skips).

    trainable: False keeps weight and bias as buffers, which no optimizer sees (FreezeD, Mo et al.
    2020, arXiv:2002.10964).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        bias: bool = True,
        activation: str = "linear",
        up: int = 1,
        down: int = 1,
        resample_filter: Sequence[float] = FIR_TAPS,
        conv_clamp: float | None = None,
        trainable: bool = True,
    ):
        super().__init__()
        self.activation = activation
        self.up, self.down = up, down
        self.padding = kernel_size // 2
        self.conv_clamp = conv_clamp
        self.conv_type: torch.dtype | None = None
        self.weight_gain = 1 / math.sqrt(in_channels * kernel_size**2)
        self.act_gain = ACTIVATIONS[activation][1]
        weight = torch.randn(out_channels, in_channels, kernel_size, kernel_size)
        values = {"weight": weight, "bias": torch.zeros(out_channels) if bias else None}
        for name, value in values.items():
            if value is not None and trainable:
                self.register_parameter(name, nn.Parameter(value))
            else:
                self.register_buffer(name, value)
        self.register_buffer("resample_filter", make_filter(resample_filter))

    def forward(self, x: Tensor, gain: float = 1.0) -> Tensor:
        """Return N x out_channels x H' x W'; `gain` scales the output and its clamp."""
        clamp = None if self.conv_clamp is None else self.conv_clamp * gain
        gain = self.act_gain * gain
        before = gain_before(self.activation, gain)
        weight = (self.weight * (self.weight_gain * before)).to(x.dtype)
        bias = None if self.bias is None else (self.bias * before).to(x.dtype)
        x = conv_resampled(
            x,
            weight,
            self.resample_filter,
            self.up,
            self.down,
            self.padding,
            correlate=self.up == 1,
            bias=bias,
            conv_type=self.conv_type,
        )
        return activate_(x, self.activation, gain / before, clamp)


def modulated_conv(
    x: Tensor,
    weight: Tensor,
    styles: Tensor,
    kernel: Tensor | None,
    noise: Tensor | None = None,
    up: int = 1,
    demodulate: bool = True,
    bias: Tensor | None = None,
    gain: float = 1.0,
    power: Tensor | None = None,
    conv_type: torch.dtype | None = None,
) -> Tensor:
    """Return `x` (N x I x H x W) convolved with weights scaled per sample by `styles` (N x I).

    weight: O x I x k x k; kernel: the filter for up-sampling, unused with up = 1; noise (broadcast
    to the output) and bias (O) are added after the convolution; gain scales the whole. power: the
    sums of squared weights, I x O, where they are known. conv_type: as in `conv_resampled`.
    The activations are scaled instead of the weights, which is the same and needs no convolution
    in groups. The factor of demodulation is 1 / sqrt(sum_i s_i^2 sum_k w_oik^2 + 1e-8) (equation
    3 of StyleGAN2), one matrix product.
    """
    if x.dtype == torch.float16 and demodulate:
        # Demodulation cancels both scales; without them half precision would overflow.
        fan_in = weight[0].numel()
        weight = weight / (math.sqrt(fan_in) * weight.abs().amax(dim=(1, 2, 3), keepdim=True))
        styles = styles / styles.abs().amax(dim=1, keepdim=True)
    if demodulate:
        power = weight.square().sum(dim=(2, 3)).T if power is None else power
        factor = (styles.square() @ power + 1e-8).rsqrt() * gain
    else:
        styles, factor = styles * gain, None
    x = x * styles.to(x.dtype)[:, :, None, None]
    padding = weight.shape[-1] // 2
    x = conv_resampled(x, weight, kernel, up, 1, padding, correlate=up == 1, conv_type=conv_type)
    return _scale_and_add(x, factor, bias, noise, gain)


def _scale_and_add(
    x: Tensor, factor: Tensor | None, bias: Tensor | None, noise: Tensor | None, gain: float
) -> Tensor:
    """Return x factor + gain (bias + noise), in few passes; `x` may be overwritten."""
    scale = None if factor is None else factor.to(x.dtype)[:, :, None, None]
    shift = None if bias is None else (bias * gain).to(x.dtype)[:, None, None]
    if scale is not None:
        x = x * scale if shift is None else torch.addcmul(shift, x, scale)
    elif shift is not None:
        x = x + shift
    return x if noise is None else x.add_((noise * gain).to(x.dtype))


class SynthesisLayer(nn.Module):
    """A modulated convolution with noise, bias and activation."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        w_dim: int,
        resolution: int,
        kernel_size: int = 3,
        up: int = 1,
        use_noise: bool = True,
        activation: str = "lrelu",
        resample_filter: Sequence[float] = FIR_TAPS,
        conv_clamp: float | None = None,
    ):
        super().__init__()
        self.resolution = resolution
        self.up = up
        self.use_noise = use_noise
        self.activation = activation
        self.conv_clamp = conv_clamp
        self.conv_type: torch.dtype | None = None
        self.act_gain = ACTIVATIONS[activation][1]
        self.register_buffer("resample_filter", make_filter(resample_filter))
        self.register_buffer("frozen_weight", None, persistent=False)
        self.register_buffer("frozen_power", None, persistent=False)
        self.affine = FullyConnectedLayer(w_dim, in_channels, bias_init=1)
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, kernel_size, kernel_size))
        if use_noise:
            self.register_buffer("noise_const", torch.randn(resolution, resolution))
            self.noise_strength = nn.Parameter(torch.zeros([]))
        self.bias = nn.Parameter(torch.zeros(out_channels))

    def forward(
        self,
        x: Tensor,
        w: Tensor,
        noise_mode: str = "random",
        gain: float = 1.0,
        rng: torch.Generator | None = None,
    ) -> Tensor:
        """Return N x out_channels x resolution x resolution; `gain` scales output and clamp."""
        noise = self._noise(len(x), noise_mode, rng)
        styles = self.affine(w)
        clamp = None if self.conv_clamp is None else self.conv_clamp * gain
        gain = self.act_gain * gain
        before = gain_before(self.activation, gain)
        # In half precision the raw weights are needed.
        frozen = self.frozen_weight is not None and x.dtype == self.weight.dtype
        x = modulated_conv(
            x,
            self.frozen_weight if frozen else self.weight,
            styles,
            self.resample_filter,
            noise,
            self.up,
            bias=self.bias,
            gain=before,
            power=self.frozen_power if frozen else None,
            conv_type=self.conv_type,
        )
        return activate_(x, self.activation, gain / before, clamp)

    def freeze(self) -> None:
        """Keep what `forward` makes of the weight, which must not change from now on.

        That is a good half of the time of one image. The copy lies as its convolution reads it.
        """
        self.frozen_power = self.weight.detach().square().sum(dim=(2, 3)).T.contiguous()
        weight = self.weight.detach().to(self.conv_type or self.weight.dtype)
        weight = weight.transpose(0, 1) if self.up > 1 else weight
        weight = weight.contiguous(memory_format=torch.channels_last)
        self.frozen_weight = weight.transpose(0, 1) if self.up > 1 else weight

    def _noise(self, n: int, mode: str, rng: torch.Generator | None) -> Tensor | None:
        if not self.use_noise or mode == "none":
            return None
        if mode == "const":
            return self.noise_const * self.noise_strength
        if mode != "random":
            raise ValueError(f"noise_mode is {mode!r}, not random, const or none")
        shape = (n, 1, self.resolution, self.resolution)
        like = self.noise_const
        noise = torch.randn(shape, generator=rng, dtype=like.dtype, device=like.device)
        return noise * self.noise_strength


class ToRGBLayer(nn.Module):
    """A modulated 1 x 1 convolution to image channels, without demodulation."""

    def __init__(
        self, in_channels: int, out_channels: int, w_dim: int, conv_clamp: float | None = None
    ):
        super().__init__()
        self.conv_clamp = conv_clamp
        self.weight_gain = 1 / math.sqrt(in_channels)
        self.affine = FullyConnectedLayer(w_dim, in_channels, bias_init=1)
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(out_channels))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """Return N x out_channels x H x W."""
        # So few output channels are the cheaper ones to scale: a product of matrices per sample.
        weight = self.weight[:, :, 0, 0] * (self.affine(w) * self.weight_gain)[:, None]
        n, channels, height, width = x.shape
        flat = x.permute(0, 2, 3, 1).reshape(n, height * width, channels)
        rgb = flat @ weight.to(x.dtype).transpose(1, 2) + self.bias.to(x.dtype)
        rgb = rgb.reshape(n, height, width, -1).permute(0, 3, 1, 2)
        return rgb if self.conv_clamp is None else rgb.clamp(-self.conv_clamp, self.conv_clamp)


class MinibatchStdLayer(nn.Module):
    """Append channels with the standard deviation of a group of samples (Karras et al. 2018).

    group_size: None is the whole batch. Sample i belongs to group i mod (N / group_size).
    """

    def __init__(self, group_size: int | None, num_channels: int = 1):
        super().__init__()
        self.group_size = group_size
        self.num_channels = num_channels

    def forward(self, x: Tensor) -> Tensor:
        """Return N x (C + num_channels) x H x W; N must be a multiple of the group's size."""
        n, channels, height, width = x.shape
        group = n if self.group_size is None else min(self.group_size, n)
        if n % group:
            raise ValueError(f"a batch of {n} images cannot be parted into groups of {group}")
        features = self.num_channels
        y = x.reshape(group, -1, features, channels // features, height, width)
        y = y - y.mean(dim=0)
        y = (y.square().mean(dim=0) + 1e-8).sqrt()
        y = y.mean(dim=(2, 3, 4)).reshape(-1, features, 1, 1)
        return torch.cat([x, y.repeat(group, 1, height, width)], dim=1)
