"""Augmentation against the official pipe; what it leaves alone, and its second derivative."""

import re

import pytest
import torch

from facetds.errors import FacetdsError
from facetds.gan.augment import (
    SPECS,
    SYM6,
    TRANSFORMS,
    AugmentPipe,
    Draw,
    apply_color,
    apply_geometry,
    color_matrix,
    filter_bank,
    inverse_geometry,
)
from facetds.gan.ops import make_filter

DTYPES = {torch.float32: (2e-5, 2e-6, 1e-4), torch.float64: (5e-7, 5e-7, 5e-7)}
RANDOM = {"bgc_p0.8": "GC", "geom_p1": "G", "color_p1": "C", "blit_p1": "G"}


@pytest.fixture(params=DTYPES, ids=["float32", "float64"])
def ada(request, reference):
    """Return (tensor by name, the tolerances of outputs, matrices and derivatives)."""
    arrays, _ = reference("ada_augment")
    dtype = request.param
    tensors = {name: torch.from_numpy(value).to(dtype) for name, value in arrays.items()}
    return tensors, DTYPES[dtype]


def test_every_transform_and_group(ada, assert_near):
    tensors, (t_out, t_matrix, _) = ada
    count = 0
    for name in tensors:
        found = re.fullmatch(r"out/(gray_)?(group_)?(\w+)_p(0\.\d)", name)
        if not found:
            continue
        gray, _, what, q = found.groups()
        images = tensors["in/images"][:, :1] if gray else tensors["in/images"]
        pipe = AugmentPipe({what: 1} if what in TRANSFORMS else what)
        assert_near(pipe(images, float(q)), tensors[name], t_out, name)
        draw = Draw(2, images.dtype, pipe.multipliers, 1.0, float(q))
        matrices = {
            "G_inv": inverse_geometry(draw, 32, 32),
            "C": color_matrix(draw, len(images[0])),
        }
        for kind, matrix in matrices.items():
            expected = tensors.get(f"mat/{name[4:]}/{kind}")
            if expected is not None:
                assert_near(matrix.unique(dim=0)[0], expected, t_matrix, f"{name} {kind}")
        count += 1
    assert count == 64


@pytest.mark.parametrize("name", RANDOM)
def test_given_matrices_are_applied(ada, assert_near, name):
    tensors, _ = ada
    images = tensors["in/images"].repeat(2, 1, 1, 1)
    if "G" in RANDOM[name]:
        images = apply_geometry(images, tensors[f"rand/{name}/G_inv"])
    if "C" in RANDOM[name]:
        images = apply_color(images, tensors[f"rand/{name}/C"])
    # The matrices and the results are those of a float32 run, in either precision.
    assert_near(images, tensors[f"rand/{name}/out"], 2e-5)


def test_derivative(ada, assert_near):
    tensors, (_, _, tolerance) = ada
    images = tensors["in/images"].clone().requires_grad_()
    augmented = AugmentPipe("bgc")(images, 0.8)
    (gradient,) = torch.autograd.grad((augmented * tensors["in/coef"]).sum(), images)
    assert_near(gradient, tensors["grad/group_bgc_p0.8_vjp_coef"], tolerance)


def test_filters(ada, assert_near):
    tensors, _ = ada
    bank = filter_bank(tensors["in/images"])
    assert_near(bank, tensors["const/Hz_fbank"], 1e-7)
    low_pass = make_filter(torch.tensor(SYM6, dtype=bank.dtype))
    assert_near(low_pass, tensors["const/Hz_geom"], 1e-7)
    delta = torch.zeros(43, dtype=bank.dtype)
    delta[21] = 1
    torch.testing.assert_close(bank.sum(dim=0), delta)


def test_second_derivative():
    rng = torch.Generator().manual_seed(0)
    images = torch.randn(3, 3, 8, 8, generator=rng, dtype=torch.float64, requires_grad=True)
    pipe = AugmentPipe("bgc")
    pipe.p = 0.5

    def augment(x):
        return pipe(x, rng=torch.Generator().manual_seed(1)).square()

    assert torch.autograd.gradcheck(augment, images, fast_mode=True)
    assert torch.autograd.gradgradcheck(augment, images, fast_mode=True)


@pytest.mark.parametrize("spec", SPECS)
def test_same_generator_same_images(spec):
    images = torch.randn(8, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    pipe = AugmentPipe(spec)
    pipe.p = 0.7
    first, again, other = (
        pipe(images, rng=torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.isfinite(first).all()
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_untouched_samples_stay_as_they_are():
    images = torch.randn(64, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    pipe = AugmentPipe("bgc")
    pipe.p = 0.1
    changed = (pipe(images, rng=torch.Generator().manual_seed(1)) != images).flatten(1).any(dim=1)
    assert 10 < int(changed.sum()) < 54
    pipe.p = 0
    assert pipe(images) is images


def test_result_of_a_sample_does_not_depend_on_the_others():
    """Margins are those of the batch, so that equality is up to rounding and the filters' tails."""
    rng = torch.Generator().manual_seed(0)
    images = torch.randn(4, 3, 16, 16, generator=rng, dtype=torch.float64)
    draw = Draw(4, images.dtype, {"scale": 1.0, "rotate": 1.0, "xfrac": 1.0}, 1.0, rng=rng)
    inverse = inverse_geometry(draw, 16, 16)
    together = apply_geometry(images, inverse)
    alone = torch.cat([apply_geometry(images[i : i + 1], inverse[i : i + 1]) for i in range(4)])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-5)


@pytest.mark.parametrize("p", [0.25, 1.0, 34.0])
def test_transforms_apply_with_chance_p(p):
    images = torch.zeros(2000, 3, 8, 8)
    pipe = AugmentPipe({"brightness": 1.0})
    pipe.p = p
    changed = pipe(images, rng=torch.Generator().manual_seed(3)).flatten(1).any(dim=1)
    chance = min(p, 1)
    sigma = (chance * (1 - chance) / 2000) ** 0.5
    assert abs(float(changed.float().mean()) - chance) <= 4 * sigma


def test_noise_and_cutout():
    images = torch.ones(500, 3, 16, 16)
    noisy = AugmentPipe({"noise": 1.0})(images, rng=torch.Generator().manual_seed(0)) - 1
    # The standard deviation is half-normal of scale 0.1, so its square is 0.01 on average.
    assert float(noisy.square().mean()) == pytest.approx(0.01, rel=0.15)
    cut = AugmentPipe({"cutout": 1.0})(images, rng=torch.Generator().manual_seed(0))
    assert cut.unique().tolist() == [0, 1]
    gone = (cut == 0).float().mean(dim=(1, 2, 3))
    assert float(gone.max()) == 0.25
    assert float(gone.min()) >= 0.0625


@pytest.mark.parametrize(
    ("transforms", "words"),
    [("all", "no set of augmentations 'all'"), ({"shear": 1.0}, "no augmentation 'shear'")],
)
def test_unknown_augmentations_are_refused(transforms, words):
    with pytest.raises(FacetdsError, match=words):
        AugmentPipe(transforms)


def test_impossible_images_are_refused():
    with pytest.raises(FacetdsError, match="2 channels"):
        AugmentPipe("color")(torch.zeros(1, 2, 8, 8))
    with pytest.raises(FacetdsError, match="not 16 x 16"):
        AugmentPipe("filter")(torch.zeros(1, 3, 16, 16))
