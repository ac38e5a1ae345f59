"""Generator and discriminator of StyleGAN2-ADA, with the official names of all weights.

Karras et al. 2020, arXiv:1912.04958 (architecture) and arXiv:2006.06676 (ADA); thesis section 2.6.
The arguments are those that official pickles record. Everything runs in the dtype of the weights
(float32, or float64 after `.double()`); the `num_fp16_res` highest resolutions run in half
precision on a GPU only. The layout of values is channels_last, whatever `fp16_channels_last` says.
"""

import copy
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from facetds.errors import FacetdsError
from facetds.gan.layers import (
    FIR_TAPS,
    Conv2dLayer,
    FullyConnectedLayer,
    MinibatchStdLayer,
    SynthesisLayer,
    ToRGBLayer,
)
from facetds.gan.ops import downsample, make_filter, normalize_2nd_moment, upsample

ARCHITECTURES = ("orig", "skip", "resnet")


class MappingNetwork(nn.Module):
    """z and label c to ws, the styles of all layers.

    num_ws: None gives N x w_dim instead of N x num_ws x w_dim. w_avg_beta: decay of the running
    mean of w, which truncation pulls towards; None keeps none.
    """

    def __init__(
        self,
        z_dim: int,
        c_dim: int,
        w_dim: int,
        num_ws: int | None,
        num_layers: int = 8,
        embed_features: int | None = None,
        layer_features: int | None = None,
        activation: str = "lrelu",
        lr_multiplier: float = 0.01,
        w_avg_beta: float | None = 0.995,
    ):
        super().__init__()
        self.z_dim, self.c_dim, self.w_dim, self.num_ws = z_dim, c_dim, w_dim, num_ws
        self.num_layers = num_layers
        self.w_avg_beta = w_avg_beta
        embed_features = w_dim if embed_features is None else embed_features
        hidden = w_dim if layer_features is None else layer_features
        if c_dim > 0:
            self.embed = FullyConnectedLayer(c_dim, embed_features)
        sizes = [z_dim + (embed_features if c_dim > 0 else 0)]
        sizes += [hidden] * (num_layers - 1) + [w_dim]
        for index in range(num_layers):
            layer = FullyConnectedLayer(
                sizes[index], sizes[index + 1], activation, lr_multiplier=lr_multiplier
            )
            setattr(self, f"fc{index}", layer)
        if num_ws is not None and w_avg_beta is not None:
            self.register_buffer("w_avg", torch.zeros(w_dim))

    def forward(
        self,
        z: Tensor | None,
        c: Tensor | None,
        truncation_psi: float = 1.0,
        truncation_cutoff: int | None = None,
        skip_w_avg_update: bool = False,
    ) -> Tensor:
        """Return ws: N x num_ws x w_dim, truncated to w_avg + psi (w - w_avg) below the cutoff.

        z: N x z_dim of any float dtype; c: N x c_dim, or None without labels. In train mode w_avg
        follows the batch, unless `skip_w_avg_update`.
        """
        dtype = next(self.parameters()).dtype
        parts = []
        if self.z_dim > 0:
            parts.append(normalize_2nd_moment(z.to(dtype)))
        if self.c_dim > 0:
            if c is None:
                raise ValueError(f"the network needs labels: c of {self.c_dim} columns")
            parts.append(normalize_2nd_moment(self.embed(c)))
        x = torch.cat(parts, dim=1) if len(parts) > 1 else parts[0]
        for index in range(self.num_layers):
            x = getattr(self, f"fc{index}")(x)
        if self.w_avg_beta is not None and self.training and not skip_w_avg_update:
            mean = x.detach().mean(dim=0)
            self.w_avg.copy_(mean.lerp(self.w_avg, self.w_avg_beta))
        if self.num_ws is None:
            return x
        ws = x[:, None].repeat(1, self.num_ws, 1)
        if truncation_psi == 1:
            return ws
        if truncation_cutoff is None:
            return self.w_avg.lerp(ws, truncation_psi)
        low, high = ws[:, :truncation_cutoff], ws[:, truncation_cutoff:]
        return torch.cat([self.w_avg.lerp(low, truncation_psi), high], dim=1)


class SynthesisBlock(nn.Module):
    """The layers of one resolution: two convolutions (one at 4 x 4) and toRGB.

    in_channels: 0 for the first block, which begins with a learned constant.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        w_dim: int,
        resolution: int,
        img_channels: int,
        is_last: bool,
        architecture: str = "skip",
        resample_filter: Sequence[float] = FIR_TAPS,
        conv_clamp: float | None = None,
        use_fp16: bool = False,
        fp16_channels_last: bool = False,
        **layer_kwargs: Any,
    ):
        super().__init__()
        self.architecture = architecture
        self.half_type = torch.float16 if use_fp16 else None
        self.register_buffer("resample_filter", make_filter(resample_filter))
        layer_kwargs = {
            "w_dim": w_dim,
            "resolution": resolution,
            "resample_filter": resample_filter,
            "conv_clamp": conv_clamp,
            **layer_kwargs,
        }
        if in_channels == 0:
            self.const = nn.Parameter(torch.randn(out_channels, resolution, resolution))
            self.conv0 = None
        else:
            self.conv0 = SynthesisLayer(in_channels, out_channels, up=2, **layer_kwargs)
        self.conv1 = SynthesisLayer(out_channels, out_channels, **layer_kwargs)
        self.torgb = None
        if is_last or architecture == "skip":
            self.torgb = ToRGBLayer(out_channels, img_channels, w_dim, conv_clamp)
        self.skip = None
        if in_channels != 0 and architecture == "resnet":
            self.skip = Conv2dLayer(
                in_channels, out_channels, 1, bias=False, up=2, resample_filter=resample_filter
            )
        self.num_conv = 1 if in_channels == 0 else 2

    def forward(
        self,
        x: Tensor | None,
        img: Tensor | None,
        ws: Tensor,
        noise_mode: str = "random",
        rng: torch.Generator | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Return features N x C x r x r and the image so far N x ch x r x r.

        ws: N x (convolutions + 1) x w_dim, the last of them for toRGB.
        """
        full = self.conv1.weight.dtype
        styles = iter(ws.unbind(dim=1))
        settings = {"noise_mode": noise_mode, "rng": rng}
        if self.conv0 is None:
            x = _to_working(self.const.expand(len(ws), -1, -1, -1), self, full)
            x = self.conv1(x, next(styles), **settings)
        else:
            x = _to_working(x, self, full)
            y = self.skip(x, gain=math.sqrt(0.5)) if self.skip is not None else None
            x = self.conv0(x, next(styles), **settings)
            gain = 1.0 if y is None else math.sqrt(0.5)
            x = self.conv1(x, next(styles), gain=gain, **settings)
            x = x if y is None else y + x
        if img is not None:
            img = upsample(img, self.resample_filter)
        if self.torgb is not None:
            # The image is summed in full precision, as a half would lose what small layers add.
            rgb = self.torgb(x, next(styles)).to(full)
            img = rgb if img is None else img + rgb
        return x, img


class SynthesisNetwork(nn.Module):
    """ws to images: blocks from 4 x 4 to img_resolution."""

    def __init__(
        self,
        w_dim: int,
        img_resolution: int,
        img_channels: int,
        channel_base: int = 32768,
        channel_max: int = 512,
        num_fp16_res: int = 0,
        architecture: str = "skip",
        **block_kwargs: Any,
    ):
        super().__init__()
        _check(img_resolution, architecture)
        self.w_dim = w_dim
        self.img_resolution = img_resolution
        self.block_resolutions = _resolutions(img_resolution)
        self.num_ws = 2 * len(self.block_resolutions)
        in_channels = 0
        for resolution in self.block_resolutions:
            out_channels = _channels(resolution, channel_base, channel_max)
            block = SynthesisBlock(
                in_channels,
                out_channels,
                w_dim,
                resolution,
                img_channels,
                is_last=resolution == img_resolution,
                architecture=architecture,
                use_fp16=_is_half(resolution, img_resolution, num_fp16_res),
                **block_kwargs,
            )
            setattr(self, f"b{resolution}", block)
            in_channels = out_channels

    def forward(
        self, ws: Tensor, noise_mode: str = "random", rng: torch.Generator | None = None
    ) -> Tensor:
        """Return images N x img_channels x R x R, nominally in -1..1 but not clipped.

        ws: N x num_ws x w_dim. noise_mode: "random" draws from `rng` (torch's global generator
        without one), "const" takes the stored maps, "none" leaves noise out.
        """
        if ws.shape[1:] != (self.num_ws, self.w_dim):
            expected = f"N x {self.num_ws} x {self.w_dim}"
            raise ValueError(f"ws has the shape {tuple(ws.shape)}, not {expected}")
        ws = ws.to(self.b4.const.dtype)
        x = img = None
        start = 0
        for resolution in self.block_resolutions:
            block = getattr(self, f"b{resolution}")
            # A block's toRGB and the next block's first convolution take the same w.
            x, img = block(x, img, ws[:, start : start + block.num_conv + 1], noise_mode, rng)
            start += block.num_conv
        return img


class Generator(nn.Module):
    """z and label to image: `mapping`, then `synthesis`."""

    def __init__(
        self,
        z_dim: int,
        c_dim: int,
        w_dim: int,
        img_resolution: int,
        img_channels: int,
        mapping_kwargs: dict[str, Any] | None = None,
        synthesis_kwargs: dict[str, Any] | None = None,
    ):
        super().__init__()
        mapping_kwargs = dict(mapping_kwargs or {})
        synthesis_kwargs = dict(synthesis_kwargs or {})
        self.init_kwargs = copy.deepcopy(
            {
                "z_dim": z_dim,
                "c_dim": c_dim,
                "w_dim": w_dim,
                "img_resolution": img_resolution,
                "img_channels": img_channels,
                "mapping_kwargs": mapping_kwargs,
                "synthesis_kwargs": synthesis_kwargs,
            }
        )
        self.z_dim, self.c_dim, self.w_dim = z_dim, c_dim, w_dim
        self.img_resolution, self.img_channels = img_resolution, img_channels
        self.synthesis = SynthesisNetwork(w_dim, img_resolution, img_channels, **synthesis_kwargs)
        self.num_ws = self.synthesis.num_ws
        self.mapping = MappingNetwork(z_dim, c_dim, w_dim, self.num_ws, **mapping_kwargs)

    def forward(
        self,
        z: Tensor,
        c: Tensor | None,
        truncation_psi: float = 1.0,
        truncation_cutoff: int | None = None,
        noise_mode: str = "random",
        rng: torch.Generator | None = None,
    ) -> Tensor:
        """Return images N x img_channels x R x R of z (N x z_dim) and labels c (N x c_dim)."""
        ws = self.mapping(z, c, truncation_psi, truncation_cutoff)
        return self.synthesis(ws, noise_mode, rng)


class DiscriminatorBlock(nn.Module):
    """The layers of one resolution: fromRGB (first block, or all of "skip"), two convolutions.

    in_channels: 0 for the first block. first_layer: number of this block's first layer, counted
    from the image; layers below `freeze_layers` are not trained.
    """

    def __init__(
        self,
        in_channels: int,
        tmp_channels: int,
        out_channels: int,
        img_channels: int,
        first_layer: int,
        architecture: str = "resnet",
        activation: str = "lrelu",
        resample_filter: Sequence[float] = FIR_TAPS,
        conv_clamp: float | None = None,
        use_fp16: bool = False,
        fp16_channels_last: bool = False,
        freeze_layers: int = 0,
    ):
        super().__init__()
        self.architecture = architecture
        self.half_type = torch.float16 if use_fp16 else None
        self.register_buffer("resample_filter", make_filter(resample_filter))
        self.num_layers = 0

        def conv(inputs: int, outputs: int, size: int, **kwargs: Any) -> Conv2dLayer:
            trainable = first_layer + self.num_layers >= freeze_layers
            self.num_layers += 1
            return Conv2dLayer(
                inputs,
                outputs,
                size,
                resample_filter=resample_filter,
                trainable=trainable,
                **kwargs,
            )

        active = {"activation": activation, "conv_clamp": conv_clamp}
        self.fromrgb = None
        if in_channels == 0 or architecture == "skip":
            self.fromrgb = conv(img_channels, tmp_channels, 1, **active)
        self.conv0 = conv(tmp_channels, tmp_channels, 3, **active)
        self.conv1 = conv(tmp_channels, out_channels, 3, down=2, **active)
        self.skip = None
        if architecture == "resnet":
            self.skip = conv(tmp_channels, out_channels, 1, bias=False, down=2)

    def forward(self, x: Tensor | None, img: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Return features and ("skip" only) the image, both at half the resolution."""
        full = self.resample_filter.dtype
        if x is not None:
            x = _to_working(x, self, full)
        if self.fromrgb is not None:
            img = _to_working(img, self, full)
            y = self.fromrgb(img)
            x = y if x is None else x + y
            img = downsample(img, self.resample_filter) if self.architecture == "skip" else None
        if self.skip is None:
            return self.conv1(self.conv0(x)), img
        y = self.skip(x, gain=math.sqrt(0.5))
        return y + self.conv1(self.conv0(x), gain=math.sqrt(0.5)), img


class DiscriminatorEpilogue(nn.Module):
    """The layers at 4 x 4: deviation within the batch, a convolution, two full connections."""

    def __init__(
        self,
        in_channels: int,
        cmap_dim: int,
        resolution: int,
        img_channels: int,
        architecture: str = "resnet",
        mbstd_group_size: int | None = 4,
        mbstd_num_channels: int = 1,
        activation: str = "lrelu",
        conv_clamp: float | None = None,
    ):
        super().__init__()
        self.cmap_dim = cmap_dim
        self.fromrgb = None
        if architecture == "skip":
            self.fromrgb = Conv2dLayer(img_channels, in_channels, 1, activation=activation)
        self.mbstd = None
        if mbstd_num_channels > 0:
            self.mbstd = MinibatchStdLayer(mbstd_group_size, mbstd_num_channels)
        self.conv = Conv2dLayer(
            in_channels + mbstd_num_channels,
            in_channels,
            3,
            activation=activation,
            conv_clamp=conv_clamp,
        )
        self.fc = FullyConnectedLayer(in_channels * resolution**2, in_channels, activation)
        self.out = FullyConnectedLayer(in_channels, cmap_dim if cmap_dim > 0 else 1)

    def forward(self, x: Tensor, img: Tensor | None, cmap: Tensor | None) -> Tensor:
        """Return logits N x 1; cmap: mapped labels N x cmap_dim (Miyato and Koyama 2018)."""
        full = self.conv.weight.dtype
        x = x.to(full)
        if self.fromrgb is not None:
            x = x + self.fromrgb(img.to(full))
        if self.mbstd is not None:
            x = self.mbstd(x)
        x = self.out(self.fc(self.conv(x).flatten(1)))
        if cmap is None:
            return x
        return (x * cmap).sum(dim=1, keepdim=True) / math.sqrt(self.cmap_dim)


class Discriminator(nn.Module):
    """Images and labels to logits: blocks from img_resolution to 8 x 8, then the epilogue `b4`."""

    def __init__(
        self,
        c_dim: int,
        img_resolution: int,
        img_channels: int,
        architecture: str = "resnet",
        channel_base: int = 32768,
        channel_max: int = 512,
        num_fp16_res: int = 0,
        conv_clamp: float | None = None,
        cmap_dim: int | None = None,
        block_kwargs: dict[str, Any] | None = None,
        mapping_kwargs: dict[str, Any] | None = None,
        epilogue_kwargs: dict[str, Any] | None = None,
    ):
        super().__init__()
        block_kwargs = dict(block_kwargs or {})
        mapping_kwargs = dict(mapping_kwargs or {})
        epilogue_kwargs = dict(epilogue_kwargs or {})
        self.init_kwargs = copy.deepcopy(
            {
                "c_dim": c_dim,
                "img_resolution": img_resolution,
                "img_channels": img_channels,
                "architecture": architecture,
                "channel_base": channel_base,
                "channel_max": channel_max,
                "num_fp16_res": num_fp16_res,
                "conv_clamp": conv_clamp,
                "cmap_dim": cmap_dim,
                "block_kwargs": block_kwargs,
                "mapping_kwargs": mapping_kwargs,
                "epilogue_kwargs": epilogue_kwargs,
            }
        )
        _check(img_resolution, architecture)
        self.c_dim = c_dim
        self.img_resolution, self.img_channels = img_resolution, img_channels
        self.block_resolutions = _resolutions(img_resolution)[:0:-1]
        common = {"architecture": architecture, "conv_clamp": conv_clamp}
        in_channels = layer = 0
        for resolution in self.block_resolutions:
            out_channels = _channels(resolution // 2, channel_base, channel_max)
            block = DiscriminatorBlock(
                in_channels,
                _channels(resolution, channel_base, channel_max),
                out_channels,
                img_channels,
                first_layer=layer,
                use_fp16=_is_half(resolution, img_resolution, num_fp16_res),
                **common,
                **block_kwargs,
            )
            setattr(self, f"b{resolution}", block)
            layer += block.num_layers
            in_channels = out_channels
        channels = _channels(4, channel_base, channel_max)
        cmap_dim = channels if cmap_dim is None else cmap_dim
        self.mapping = None
        if c_dim > 0:
            self.mapping = MappingNetwork(
                0, c_dim, cmap_dim, None, w_avg_beta=None, **mapping_kwargs
            )
        self.b4 = DiscriminatorEpilogue(
            channels, cmap_dim if c_dim > 0 else 0, 4, img_channels, **common, **epilogue_kwargs
        )

    def forward(self, img: Tensor, c: Tensor | None) -> Tensor:
        """Return logits N x 1 (positive: real) of images N x img_channels x R x R and labels."""
        x = None
        for resolution in self.block_resolutions:
            x, img = getattr(self, f"b{resolution}")(x, img)
        cmap = self.mapping(None, c) if self.mapping is not None else None
        return self.b4(x, img, cmap)


def set_half_type(network: nn.Module, half_type: torch.dtype) -> None:
    """Let the blocks of `network` that run in half precision use `half_type`."""
    for block in network.modules():
        if getattr(block, "half_type", None) is not None:
            block.half_type = half_type


def set_conv_type(network: nn.Module, conv_type: torch.dtype) -> None:
    """Let the convolutions of `network` that run in float32 multiply in `conv_type`."""
    for layer in network.modules():
        if isinstance(layer, (Conv2dLayer, SynthesisLayer)):
            layer.conv_type = conv_type


def freeze(generator: Generator) -> Generator:
    """Make images of single latents faster with weights that do not change any more; return it."""
    for layer in generator.modules():
        if isinstance(layer, SynthesisLayer):
            layer.freeze()
    return generator


def _to_working(x: Tensor, block: nn.Module, full: torch.dtype) -> Tensor:
    """Return `x` in the precision of the block: half on a GPU if it says so, else full."""
    half = block.half_type is not None and _has_fast_halves(x)
    # Channels last: FIR filters and transposed convolutions on a CPU are up to three times as fast.
    return x.to(dtype=block.half_type if half else full, memory_format=torch.channels_last)


def _has_fast_halves(x: Tensor) -> bool:
    return x.is_cuda


def _resolutions(img_resolution: int) -> list[int]:
    return [2**power for power in range(2, img_resolution.bit_length())]


def _channels(resolution: int, channel_base: int, channel_max: int) -> int:
    return min(channel_base // resolution, channel_max)


def _is_half(resolution: int, img_resolution: int, num_fp16_res: int) -> bool:
    """Say whether a resolution is among the `num_fp16_res` highest; 4 x 4 never is."""
    return resolution >= 8 and resolution * 2**num_fp16_res > img_resolution


def _check(img_resolution: int, architecture: str) -> None:
    if img_resolution < 8 or img_resolution.bit_count() != 1:
        raise FacetdsError(
            f"A network cannot have the resolution {img_resolution}; take a power of two from 8."
        )
    if architecture not in ARCHITECTURES:
        raise FacetdsError(
            f"There is no architecture {architecture!r}; take one of {', '.join(ARCHITECTURES)}."
        )
