"""The people of the demo: every choice that makes one drawn face differ from another."""

from dataclasses import dataclass

import numpy as np

from facetds.aus import DISFA_AUS
from facetds.errors import FacetdsError
from facetds.randomness import generator

SEXES = ("F", "M")
SKIN_TONES = (
    (243, 213, 195),
    (232, 193, 168),
    (216, 171, 139),
    (191, 143, 110),
    (158, 112, 83),
    (121, 83, 61),
    (88, 60, 47),
)
"""The ramp of skin colours (sRGB), from the lightest (tone 0) to the darkest (tone 1)."""
HAIR_COLOURS = {
    "black": (30, 26, 25),
    "dark brown": (54, 38, 30),
    "brown": (88, 61, 43),
    "light brown": (128, 94, 62),
    "blond": (184, 148, 100),
    "red": (128, 66, 38),
}
GREY_HAIR = (168, 166, 162)
EYE_COLOURS = {
    "dark brown": (58, 36, 24),
    "brown": (92, 62, 38),
    "hazel": (112, 98, 62),
    "green": (104, 118, 88),
    "blue": (96, 124, 150),
    "grey": (118, 130, 136),
}
HAIR_STYLES = (
    "bald",
    "buzz",
    "short",
    "swept",
    "fringe",
    "curly",
    "afro",
    "bob",
    "medium",
    "long",
    "wavy",
    "tied",
)
BEARDS = ("none", "stubble", "moustache", "goatee", "full")


@dataclass(frozen=True)
class Identity:
    """One drawn person. Shape values are factors around 1 or lengths in inter-ocular distances."""

    seed: int
    sex: str
    age: float
    tone: float
    skin: tuple[float, float, float]
    lips: tuple[float, float, float]
    iris: tuple[float, float, float]
    hair: tuple[float, float, float]
    brows: tuple[float, float, float]
    shirt: tuple[float, float, float]
    hair_style: str
    hair_volume: float
    hairline: float
    receding: float
    part: float
    curl: float
    beard: str
    face_width: float
    face_length: float
    skull: float
    jaw: float
    chin: float
    cheeks: float
    ears: float
    neck: float
    eye_width: float
    eye_height: float
    eye_tilt: float
    lid_crease: float
    iris_radius: float
    lashes: float
    brow_height: float
    brow_arch: float
    brow_thickness: float
    brow_length: float
    brow_ridge: float
    nose_width: float
    nose_length: float
    nose_height: float
    nose_tip: float
    mouth_width: float
    mouth_height: float
    upper_lip: float
    lower_lip: float
    redness: float
    freckles: float
    mottling: float
    gloss: float
    creases: float
    """Strength of the lines a face shows at rest, 0-1: they grow with age."""
    wrinkles: float
    """Strength of the lines that Action Units cut, 0-1: some people show none."""
    asymmetry: tuple[float, float, float]
    """Height of the left eye, brow and mouth corner over the right ones (IOD)."""
    lopsided: tuple[float, ...]
    """For each of the twelve AUs: the left half's excess share of the movement."""


def draw_identity(
    seed: int, tone: float | None = None, sex: str | None = None, age: float | None = None
) -> Identity:
    """Draw a person from a seed; what is given (tone 0-1, sex "F" or "M", age in years) stays.

    The seed alone decides everything else, so that two people of one seed differ only in what was
    asked for. Raises `FacetdsError` for a value out of range.
    """
    _check(tone, sex, age)
    r = generator(seed, "demo", 0)
    drawn_tone, drawn_sex, drawn_age = r.uniform(0, 1), r.choice(SEXES), r.uniform(18, 68)
    tone = float(drawn_tone if tone is None else tone)
    sex = str(drawn_sex if sex is None else sex)
    age = float(drawn_age if age is None else age)
    male = sex == "M"
    years = float(np.clip((age - 25) / 45, 0, 1))
    skin = _skin(r, tone)
    hair, brows = _hair_colours(r, tone, years)
    style = _hair_style(r, male, tone, years)
    return Identity(
        seed=int(seed),
        sex=sex,
        age=age,
        tone=tone,
        skin=skin,
        iris=_iris(r, tone),
        hair=hair,
        brows=brows,
        hair_style=style,
        beard=_beard(r, male),
        **_shape(r, male, tone, years),
        **_surface(r, male, tone, years, skin),
    )


def _check(tone: float | None, sex: str | None, age: float | None) -> None:
    if tone is not None and not 0 <= tone <= 1:
        raise FacetdsError(f"A drawn face's tone lies in 0..1, not at {tone}.")
    if sex is not None and sex not in SEXES:
        raise FacetdsError(f"A drawn face's sex is F or M, not {sex!r}.")
    if age is not None and not 18 <= age <= 90:
        raise FacetdsError(f"A drawn face's age lies in 18..90 years, not at {age}.")


def _normal(r: np.random.Generator, mean: float, sd: float) -> float:
    """Return a normal value cut at two standard deviations, so that no face is a monster."""
    return float(mean + sd * np.clip(r.standard_normal(), -2, 2))


def _skin(r: np.random.Generator, tone: float) -> tuple[float, float, float]:
    ramp = np.array(SKIN_TONES, float)
    place = tone * (len(ramp) - 1)
    colour = [np.interp(place, range(len(ramp)), ramp[:, channel]) for channel in range(3)]
    warmth, brightness = _normal(r, 0, 0.025), _normal(r, 1, 0.025)
    return tuple(float(c) for c in colour * np.array([1, 1, 1 - warmth]) * brightness)


def _iris(r: np.random.Generator, tone: float) -> tuple[float, float, float]:
    light = [0.10, 0.22, 0.18, 0.15, 0.25, 0.10]
    dark = [0.75, 0.25, 0, 0, 0, 0]
    name = r.choice(list(EYE_COLOURS), p=light if tone < 0.4 else dark)
    return tuple(c * _normal(r, 1, 0.08) for c in EYE_COLOURS[str(name)])


def _hair_colours(r: np.random.Generator, tone: float, years: float) -> tuple[tuple, tuple]:
    light = [0.12, 0.26, 0.24, 0.17, 0.13, 0.08]
    dark = [0.72, 0.24, 0.04, 0, 0, 0]
    name = r.choice(list(HAIR_COLOURS), p=light if tone < 0.38 else dark)
    colour = np.array(HAIR_COLOURS[str(name)], float) * _normal(r, 1, 0.08)
    grey = float(np.clip(r.uniform(-0.5, 0.5) + 1.7 * (years - 0.45), 0, 1))
    hair = colour + (np.array(GREY_HAIR) - colour) * grey
    brows = (colour + (np.array(GREY_HAIR) * 0.75 - colour) * 0.6 * grey) * 0.8
    # Even a blond's brows are darker than the skin.
    brows = brows * min(1, 112 / brows.max())
    return tuple(map(float, hair)), tuple(map(float, brows))


def _hair_style(r: np.random.Generator, male: bool, tone: float, years: float) -> str:
    curly = 0.45 if tone > 0.6 else 0.08
    if male:
        weights = {"bald": 0.05 + 0.14 * years, "buzz": 0.13 + 0.2 * curly, "short": 0.3}
        weights |= {"swept": 0.24, "fringe": 0.14 * (1 - years), "curly": 0.05 + 0.45 * curly}
        weights |= {"afro": 0.25 * curly, "medium": 0.04}
    else:
        weights = {"short": 0.04, "curly": 0.05 + 0.4 * curly, "afro": 0.4 * curly, "bob": 0.2}
        weights |= {"medium": 0.2, "long": 0.22 * (1 - 0.5 * years), "wavy": 0.2, "tied": 0.24}
    p = np.array(list(weights.values()))
    return str(r.choice(list(weights), p=p / p.sum()))


def _beard(r: np.random.Generator, male: bool) -> str:
    beard = str(r.choice(BEARDS, p=[0.5, 0.24, 0.05, 0.08, 0.13]))
    return beard if male else "none"


def _shape(r: np.random.Generator, male: bool, tone: float, years: float) -> dict:
    """Return the lengths and factors of the head and its features."""
    return {
        "hair_volume": _normal(r, 1, 0.3),
        "hairline": _normal(r, 0, 0.06),
        "receding": float(np.clip(_normal(r, 0.15, 0.2) + 0.7 * years, 0, 1)) if male else 0.0,
        "part": float(r.choice([-1, 1])) * float(r.uniform(0, 0.55)),
        "curl": float(r.uniform(0, 1)),
        "face_width": _normal(r, 1.0 + 0.015 * male, 0.04),
        "face_length": _normal(r, 1.0 + 0.015 * male, 0.035),
        "skull": _normal(r, 1.0, 0.025),
        "jaw": _normal(r, 0.955 + 0.075 * male, 0.045),
        "chin": _normal(r, 0.95 + 0.12 * male, 0.12),
        "cheeks": _normal(r, 1.0, 0.25),
        "ears": _normal(r, 1.0 + 0.05 * male, 0.08),
        "neck": _normal(r, 0.73 + 0.11 * male, 0.035),
        "eye_width": _normal(r, 1.0, 0.045),
        "eye_height": _normal(r, 1.04 - 0.07 * male - 0.06 * years, 0.08),
        "eye_tilt": _normal(r, 0.012, 0.016),
        "lid_crease": float(np.clip(_normal(r, 0.75, 0.35), 0.0, 1.2)),
        "iris_radius": _normal(r, 0.097, 0.003),
        "lashes": 0.35 * float(r.uniform(0.6, 1.4)) if male else float(r.uniform(0.7, 1.4)),
        "brow_height": _normal(r, 0.012 - 0.024 * (not male), 0.022),
        "brow_arch": _normal(r, 0.050 if male else 0.080, 0.020),
        "brow_thickness": _normal(r, 1.05 if male else 0.72, 0.14),
        "brow_length": _normal(r, 1.0, 0.04),
        "brow_ridge": _normal(r, 1.15 if male else 0.55, 0.2),
        "nose_width": _normal(r, 0.94 + 0.05 * male + 0.18 * tone, 0.07),
        "nose_length": _normal(r, 1.0 + 0.02 * years, 0.04),
        "nose_height": _normal(r, 1.08 - 0.2 * tone, 0.12),
        "nose_tip": _normal(r, 1.0 + 0.12 * tone, 0.12),
        "mouth_width": _normal(r, 0.98 + 0.04 * male, 0.05),
        "mouth_height": _normal(r, 0, 0.025),
        "upper_lip": _normal(r, 0.95 - 0.1 * male + 0.35 * tone - 0.25 * years, 0.15),
        "lower_lip": _normal(r, 0.98 - 0.06 * male + 0.25 * tone - 0.15 * years, 0.13),
        "asymmetry": tuple(_normal(r, 0, sd) for sd in (0.008, 0.012, 0.012)),
        "lopsided": tuple(_normal(r, 0, 0.13) for _ in DISFA_AUS),
    }


def _surface(r: np.random.Generator, male: bool, tone: float, years: float, skin: tuple) -> dict:
    """Return what is painted on the head: colours, spots, gloss and lines."""
    red = np.array([0.91, 0.70, 0.71]) if male else np.array([0.89, 0.56, 0.60])
    red = red + tone * np.array([-0.08, 0.08, 0.12]) + r.normal(0, 0.02, 3)
    muted = r.uniform(60, 215) * np.array([1, 1, 1]) + r.normal(0, 22, 3)
    return {
        "lips": tuple(map(float, np.array(skin) * np.clip(red, 0.45, 1))),
        "shirt": tuple(map(float, np.clip(muted, 25, 235))),
        "redness": float(np.clip(_normal(r, 0.8, 0.4), 0, 2)),
        "freckles": float(np.clip(_normal(r, -0.2, 0.6), 0, 1)) if tone < 0.35 else 0.0,
        "mottling": _normal(r, 1.0, 0.25) + 0.6 * years,
        "gloss": float(np.clip(_normal(r, 0.75 + 0.10 * tone, 0.25), 0.2, 2)),
        "creases": float(np.clip(_normal(r, 0.05, 0.08) + years**1.3, 0, 1)),
        "wrinkles": float(np.clip(r.uniform(-0.15, 0.75) + 0.35 * years, 0, 1)),
    }
