"""Augmentations of adaptive discriminator augmentation (ADA), differentiable twice.

Karras et al. 2020, "Training Generative Adversarial Networks with Limited Data",
arXiv:2006.06676, appendix B. Every transform is applied to a sample with its own chance, so that
the generator learns the distribution of images without them while the chance stays below about
0.8. Images are N x C x H x W with C = 1 or 3, nominally in -1..1.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from facetds.errors import FacetdsError
from facetds.gan.ops import make_filter, upfirdn, upsample
from facetds.gan.workplace import send

GROUPS = {
    "blit": ("xflip", "rotate90", "xint"),
    "geom": ("scale", "rotate", "aniso", "xfrac"),
    "color": ("brightness", "contrast", "lumaflip", "hue", "saturation"),
    "filter": ("imgfilter",),
    "noise": ("noise",),
    "cutout": ("cutout",),
}
SPECS = {
    **{name: (name,) for name in GROUPS},
    "bg": ("blit", "geom"),
    "bgc": ("blit", "geom", "color"),
    "bgcf": ("blit", "geom", "color", "filter"),
    "bgcfn": ("blit", "geom", "color", "filter", "noise"),
    "bgcfnc": ("blit", "geom", "color", "filter", "noise", "cutout"),
}
TRANSFORMS = tuple(name for group in GROUPS.values() for name in group)

# Strengths: largest shift in image widths, or standard deviation.
SHIFT_MAX, SHIFT_STD = 0.125, 0.125
SCALE_STD, ANISO_STD = 0.2, 0.2
BRIGHTNESS_STD, CONTRAST_STD, SATURATION_STD = 0.2, 0.5, 1.0
FILTER_STD, NOISE_STD, CUTOUT_SIZE = 1.0, 0.1, 0.5

# Low-pass filter of the symlet of 12 taps (Daubechies 1992), for resampling by 2.
SYM6 = (
    0.015404109327027373,
    0.0034907120842174702,
    -0.11799011114819057,
    -0.048311742585633,
    0.4910559419267466,
    0.787641141030194,
    0.3379294217276218,
    -0.07263752278646252,
    -0.021060292512300564,
    0.04472490177066578,
    0.0017677118642428036,
    -0.007800708325034148,
)
WARPED_TOGETHER = 4  # on a CPU: larger chunks share the widest margin of more samples
TAPS_MARGIN = len(SYM6) // 4  # image pixels that the filter reaches to one side

# Half-band pair of the symlet of 4 taps: autocorrelations of its low-pass and high-pass filter.
HALF_LOW = tuple(value / 32 for value in (-1, 0, 9, 16, 9, 0, -1))
HALF_HIGH = tuple(value / 32 for value in (1, 0, -9, 16, -9, 0, 1))
# Share of the power of natural images in the four bands, low to high.
BAND_POWER = tuple(value / 13 for value in (10, 1, 1, 1))


class AugmentPipe:
    """Random augmentation of images with the probability `p`, which training adapts.

    transforms: the name of a set (`SPECS`), or {transform: multiplier of p} (`TRANSFORMS`).
    """

    def __init__(self, transforms: str | dict[str, float] = "bgc", p: float = 1.0):
        if isinstance(transforms, str):
            if transforms not in SPECS:
                raise FacetdsError(
                    f"There is no set of augmentations {transforms!r}; take one of "
                    f"{', '.join(SPECS)}."
                )
            transforms = {name: 1.0 for group in SPECS[transforms] for name in GROUPS[group]}
        unknown = sorted(set(transforms) - set(TRANSFORMS))
        if unknown:
            raise FacetdsError(
                f"There is no augmentation {unknown[0]!r}; take some of {', '.join(TRANSFORMS)}."
            )
        self.multipliers = {name: float(value) for name, value in transforms.items() if value > 0}
        self.p = p

    def __call__(
        self,
        images: Tensor,
        debug_percentile: float | None = None,
        rng: torch.Generator | None = None,
    ) -> Tensor:
        """Return augmented images of the same shape.

        rng: a generator on the CPU that draws everything; without one, torch's global one does.
        debug_percentile: a value in 0..1 makes every draw the same one, to compare implementations.
        """
        if self.p <= 0 or not self.multipliers:
            return images
        draw = Draw(len(images), images.dtype, self.multipliers, self.p, debug_percentile, rng)
        height, width = images.shape[2:]
        images = apply_geometry(images, inverse_geometry(draw, height, width))
        images = apply_color(images, color_matrix(draw, images.shape[1]))
        if draw.has("imgfilter"):
            images = apply_filter(images, band_gains(draw))
        if draw.has("noise"):
            images = add_noise(images, draw)
        if draw.has("cutout"):
            images = cut_out(images, draw)
        return images


@dataclass(frozen=True)
class Draw:
    """The draws for one batch of n samples: values, and which samples they apply to.

    They stay on the CPU, where it is known at once which samples need a transform and how much
    margin: a GPU would have to be waited for.
    """

    n: int
    dtype: torch.dtype
    multipliers: dict[str, float]
    p: float
    percentile: float | None = None
    rng: torch.Generator | None = None

    def has(self, name: str) -> bool:
        """Say whether a transform is enabled at all."""
        return name in self.multipliers

    def uniform(self, *shape: int) -> Tensor:
        """Return n x shape numbers in 0..1."""
        if self.percentile is not None:
            return torch.full((self.n, *shape), self.percentile, dtype=self.dtype)
        return self._random(torch.rand, shape)

    def normal(self, *shape: int) -> Tensor:
        """Return n x shape standard normal numbers.

        With a percentile it is erfinv(2q - 1), short of the true quantile by the square root of 2,
        as in the official code.
        """
        if self.percentile is not None:
            quantile = 2 * self.percentile - 1
            return torch.erfinv(torch.full((self.n, *shape), quantile, dtype=self.dtype))
        return self._random(torch.randn, shape)

    def gate(self, name: str, value: Tensor, neutral: float, twice: bool = False) -> Tensor:
        """Return `value` for the samples that a transform applies to, `neutral` for the others.

        twice: the transform is drawn two times, and p is the chance that either applies.
        """
        chance = min(self.multipliers[name] * self.p, 1.0)
        chance = 1 - math.sqrt(1 - chance) if twice else chance
        active = self._random(torch.rand, ()) < chance
        active = active.reshape(self.n, *(1,) * (value.ndim - 1))
        return torch.where(active, value, torch.full_like(value, neutral))

    def _random(self, sampler: Callable[..., Tensor], shape: tuple[int, ...]) -> Tensor:
        return sampler((self.n, *shape), generator=self.rng, dtype=self.dtype)


def inverse_geometry(draw: Draw, height: int, width: int) -> Tensor:
    """Return the maps from output to input positions: n x 3 x 3, pixels from the image's centre."""
    g = torch.eye(3, dtype=draw.dtype).expand(draw.n, 3, 3)
    if draw.has("xflip"):
        flips = draw.gate("xflip", torch.floor(draw.uniform() * 2), 0)
        g = g @ _scale(1 - 2 * flips, torch.ones_like(flips))
    if draw.has("rotate90"):
        turns = draw.gate("rotate90", torch.floor(draw.uniform() * 4), 0)
        g = g @ _rotation(turns * (math.pi / 2))
    if draw.has("xint"):
        shift = draw.gate("xint", (draw.uniform(2) * 2 - 1) * SHIFT_MAX, 0)
        g = g @ _shift(-torch.round(shift[:, 0] * width), -torch.round(shift[:, 1] * height))
    if draw.has("scale"):
        scale = draw.gate("scale", torch.exp2(draw.normal() * SCALE_STD), 1)
        g = g @ _scale(1 / scale, 1 / scale)
    if draw.has("rotate"):
        angle = draw.gate("rotate", (draw.uniform() * 2 - 1) * math.pi, 0, twice=True)
        g = g @ _rotation(angle)
    if draw.has("aniso"):
        scale = draw.gate("aniso", torch.exp2(draw.normal() * ANISO_STD), 1)
        g = g @ _scale(1 / scale, scale)
    if draw.has("rotate") and draw.percentile is None:
        angle = draw.gate("rotate", (draw.uniform() * 2 - 1) * math.pi, 0, twice=True)
        g = g @ _rotation(angle)
    if draw.has("xfrac"):
        shift = draw.gate("xfrac", draw.normal(2) * SHIFT_STD, 0)
        g = g @ _shift(-shift[:, 0] * width, -shift[:, 1] * height)
    return g


def color_matrix(draw: Draw, channels: int) -> Tensor:
    """Return the maps of (r, g, b, 1): n x 4 x 4."""
    eye = torch.eye(4, dtype=draw.dtype)
    luma = torch.tensor([1, 1, 1, 0], dtype=draw.dtype) / math.sqrt(3)
    luma = torch.outer(luma, luma)
    c = eye.expand(draw.n, 4, 4)
    if draw.has("brightness"):
        shift = draw.gate("brightness", draw.normal() * BRIGHTNESS_STD, 0)
        added = torch.zeros_like(c)
        added[:, :3, 3] = shift[:, None]
        c = (eye + added) @ c
    if draw.has("contrast"):
        scale = draw.gate("contrast", torch.exp2(draw.normal() * CONTRAST_STD), 1)
        diagonal = torch.stack([scale, scale, scale, torch.ones_like(scale)], dim=1)
        c = torch.diag_embed(diagonal) @ c
    if draw.has("lumaflip"):
        flips = draw.gate("lumaflip", torch.floor(draw.uniform() * 2), 0)
        c = (eye - 2 * luma * flips[:, None, None]) @ c
    if draw.has("hue") and channels > 1:
        angle = draw.gate("hue", (draw.uniform() * 2 - 1) * math.pi, 0)
        c = _turn_about_luma(angle, luma) @ c
    if draw.has("saturation") and channels > 1:
        scale = draw.gate("saturation", torch.exp2(draw.normal() * SATURATION_STD), 1)
        c = (luma + (eye - luma) * scale[:, None, None]) @ c
    return c


def apply_geometry(images: Tensor, inverse: Tensor) -> Tensor:
    """Return the images warped by n x 3 x 3 maps from output to input positions.

    Samples whose map is the identity are not touched: warping them would change 1.5e-5 and cost
    the most of all transforms.
    """
    eye = torch.eye(3, dtype=inverse.dtype)
    needed = (inverse != eye).flatten(1).any(dim=1)
    return _where_needed(_warp_alike, images, inverse, needed)


def apply_color(images: Tensor, matrix: Tensor) -> Tensor:
    """Return the images with colours mapped by n x 4 x 4; one channel takes the mean of the rows.

    Raises `FacetdsError` for other than 1 or 3 channels.
    """
    channels = images.shape[1]
    if channels not in (1, 3):
        raise FacetdsError(f"Images of {channels} channels cannot be augmented; 1 or 3 can.")
    eye = torch.eye(4, dtype=matrix.dtype)
    return _where_needed(_recolor, images, matrix, (matrix != eye).flatten(1).any(dim=1))


def band_gains(draw: Draw) -> Tensor:
    """Return the amplitude gains of the four bands, n x 4; the expected power stays what it is."""
    gains = torch.ones(draw.n, 4, dtype=draw.dtype)
    power = gains.new_tensor(BAND_POWER)
    for band in range(4):
        steps = torch.ones_like(gains)
        steps[:, band] = draw.gate("imgfilter", torch.exp2(draw.normal() * FILTER_STD), 1)
        gains = gains * steps / (power * steps.square()).sum(dim=1, keepdim=True).sqrt()
    return gains


def apply_filter(images: Tensor, gains: Tensor) -> Tensor:
    """Return the images with four frequency bands amplified by n x 4 gains."""
    return _where_needed(_amplify_bands, images, gains, (gains != 1).any(dim=1))


def add_noise(images: Tensor, draw: Draw) -> Tensor:
    """Return the images with white noise, whose strength is half-normal per sample."""
    strength = draw.normal().abs() if draw.percentile is None else torch.erfinv(draw.uniform())
    strength = draw.gate("noise", strength * NOISE_STD, 0)
    if not strength.any():
        return images
    device = images.device if draw.rng is None else "cpu"
    noise = torch.randn(images.shape, generator=draw.rng, dtype=images.dtype, device=device)
    strength = send(strength, images.device)[:, None, None, None]
    return images + send(noise, images.device) * strength


def cut_out(images: Tensor, draw: Draw) -> Tensor:
    """Return the images with a box of half their size, uniformly placed, set to 0 (mid-grey)."""
    height, width = images.shape[2:]
    size = draw.gate("cutout", torch.full((draw.n,), CUTOUT_SIZE, dtype=draw.dtype), 0)
    size, centre = (send(v, images.device) for v in (size[:, None], draw.uniform(2)))
    x = (torch.arange(width, device=images.device) + 0.5) / width
    y = (torch.arange(height, device=images.device) + 0.5) / height
    outside_x = (x - centre[:, :1]).abs() >= size / 2
    outside_y = (y - centre[:, 1:]).abs() >= size / 2
    kept = outside_x[:, None, None, :] | outside_y[:, None, :, None]
    return images * kept.to(images.dtype)


def filter_bank(like: Tensor) -> Tensor:
    """Return the impulse responses of the four bands, low to high: 4 x 43; they sum to a delta."""
    low, high = like.new_tensor(HALF_LOW), like.new_tensor(HALF_HIGH)
    bands = [like.new_ones(1)]
    for _ in range(3):
        bands = [_convolve(_insert_zeros(band), low) for band in bands] + [high]
    longest = len(bands[0])
    return torch.stack([F.pad(b, ((longest - len(b)) // 2,) * 2) for b in bands])


def _where_needed(
    transform: Callable[[Tensor, Tensor], Tensor], images: Tensor, values: Tensor, needed: Tensor
) -> Tensor:
    """Return `transform(images, values)`, run for the samples that need it only.

    values, needed: on the CPU.
    """
    if not needed.any():
        return images
    if needed.all():
        return transform(images, values)
    index = needed.nonzero().flatten()
    place = send(index, images.device)
    changed = transform(images.index_select(0, place), values.index_select(0, index))
    return images.index_copy(0, place, changed)


def _warp_alike(images: Tensor, inverse: Tensor) -> Tensor:
    """Return warped images; on a CPU in chunks of samples whose margins are about as wide."""
    if images.is_cuda or len(images) <= WARPED_TOGETHER:
        return _warp(images, inverse)
    height, width = images.shape[2:]
    order = _reach(inverse, height, width).amax(dim=(0, 1)).argsort(stable=True)
    chunks = [_warp(images[part], inverse[part]) for part in order.split(WARPED_TOGETHER)]
    return torch.cat(chunks)[order.argsort()]


def _warp(images: Tensor, inverse: Tensor) -> Tensor:
    """Return warped images, sampled at twice the resolution against aliasing (appendix B.2)."""
    height, width = images.shape[2:]
    left, right, top, bottom = _margins(inverse, height, width)
    padded = F.pad(images, (left, right, top, bottom), mode="reflect")
    kernel = send(make_filter(torch.tensor(SYM6, dtype=images.dtype)), images.device)
    fine = upsample(padded, kernel)
    # The canvas is wider than the image by what the last filter crops, and twice as fine.
    canvas = (2 * (height + 2 * TAPS_MARGIN), 2 * (width + 2 * TAPS_MARGIN))
    ones = torch.ones_like(inverse[:, 0, 0])
    inverse = _shift((left - right) / 2 * ones, (top - bottom) / 2 * ones) @ inverse
    # In samples of the fine image; an up-sampled pixel's first sample lies half a sample early.
    inverse = _scale(2 * ones, 2 * ones) @ inverse @ _scale(ones / 2, ones / 2)
    inverse = _shift(-ones / 2, -ones / 2) @ inverse @ _shift(ones / 2, ones / 2)
    # In the units of grid_sample, where the edges of an image are -1 and 1.
    from_pixels = _scale(2 / fine.shape[3] * ones, 2 / fine.shape[2] * ones)
    to_pixels = _scale(canvas[1] / 2 * ones, canvas[0] / 2 * ones)
    theta = (from_pixels @ inverse @ to_pixels)[:, :2]
    theta = send(theta, images.device)
    grid = F.affine_grid(theta, [*images.shape[:2], *canvas], align_corners=False)
    warped = F.grid_sample(fine, grid, "bilinear", "zeros", align_corners=False)
    # Down by two with the mirrored filter, whose phase undoes that of the first.
    taps = len(SYM6)
    before, after = (taps - 1) // 2 - 2 * TAPS_MARGIN, (taps - 2) // 2 - 2 * TAPS_MARGIN
    return upfirdn(warped, kernel, 1, 2, (before, after, before, after), flip=True)


def _margins(inverse: Tensor, height: int, width: int) -> list[int]:
    """Return how wide the samples need margins: (left, right, top, bottom) in pixels."""
    reach = _reach(inverse, height, width).amax(dim=2) + 2 * TAPS_MARGIN
    sizes = torch.tensor([[width], [height]])
    return torch.minimum(reach.clamp(min=0), sizes - 1).ceil().int().flatten().tolist()


def _reach(inverse: Tensor, height: int, width: int) -> Tensor:
    """Return how far samples lie beyond the image, in pixels: (x, y) x (before, after) x n."""
    x, y = (width - 1) / 2, (height - 1) / 2
    corners = inverse.new_tensor([[-x, x, x, -x], [-y, -y, y, y], [1, 1, 1, 1]])
    places = (inverse @ corners)[:, :2]
    half = inverse.new_tensor([[x], [y]])
    return torch.stack([(-places).amax(dim=2).T - half, places.amax(dim=2).T - half], dim=1)


def _recolor(images: Tensor, matrix: Tensor) -> Tensor:
    n, channels, height, width = images.shape
    flat = images.reshape(n, channels, height * width)
    matrix = send(matrix, images.device)
    if channels == 3:
        flat = matrix[:, :3, :3] @ flat + matrix[:, :3, 3:]
    else:
        row = matrix[:, :3].mean(dim=1, keepdim=True)
        flat = flat * row[:, :, :3].sum(dim=2, keepdim=True) + row[:, :, 3:]
    return flat.reshape(images.shape)


def _amplify_bands(images: Tensor, gains: Tensor) -> Tensor:
    n, channels, height, width = images.shape
    kernels = (gains @ filter_bank(gains)).repeat_interleave(channels, dim=0)[:, None]
    kernels = send(kernels, images.device)
    margin = kernels.shape[-1] // 2
    if margin >= min(height, width):
        raise FacetdsError(
            f"imgfilter needs images above {margin} pixels, not {height} x {width}; take "
            "augmentations without it."
        )
    x = images.reshape(1, n * channels, height, width)
    x = F.pad(x, (margin,) * 4, mode="reflect")
    x = F.conv2d(x, kernels[:, :, None, :], groups=n * channels)
    x = F.conv2d(x, kernels[:, :, :, None], groups=n * channels)
    return x.reshape(images.shape)


def _turn_about_luma(angle: Tensor, luma: Tensor) -> Tensor:
    """Return rotations of colour about the grey axis: n x 4 x 4 (Rodrigues' formula)."""
    axis = 1 / math.sqrt(3)
    cross = luma.new_tensor(
        [[0, -axis, axis, 0], [axis, 0, -axis, 0], [-axis, axis, 0, 0], [0, 0, 0, 0]]
    )
    eye = torch.eye(4, dtype=luma.dtype, device=luma.device)
    plane = torch.diag(luma.new_tensor([1, 1, 1, 0])) - luma
    cosine, sine = torch.cos(angle)[:, None, None], torch.sin(angle)[:, None, None]
    return eye + plane * (cosine - 1) + cross * sine


def _rotation(angle: Tensor) -> Tensor:
    cosine, sine, zero = torch.cos(angle), torch.sin(angle), torch.zeros_like(angle)
    return _rows((cosine, -sine, zero), (sine, cosine, zero))


def _scale(x: Tensor, y: Tensor) -> Tensor:
    zero = torch.zeros_like(x)
    return _rows((x, zero, zero), (zero, y, zero))


def _shift(x: Tensor, y: Tensor) -> Tensor:
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    return _rows((one, zero, x), (zero, one, y))


def _rows(first: tuple[Tensor, ...], second: tuple[Tensor, ...]) -> Tensor:
    """Return n x 3 x 3 matrices of two rows of n numbers each, and (0, 0, 1)."""
    zero, one = torch.zeros_like(first[0]), torch.ones_like(first[0])
    rows = (first, second, (zero, zero, one))
    return torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)


def _insert_zeros(band: Tensor) -> Tensor:
    spaced = band.new_zeros(2 * len(band) - 1)
    spaced[::2] = band
    return spaced


def _convolve(a: Tensor, b: Tensor) -> Tensor:
    return F.conv1d(a[None, None], b.flip(0)[None, None], padding=len(b) - 1)[0, 0]
