"""Who stands for CFD's models: races and sexes in CFD's proportions (CFD 3.0; thesis 3.4.1)."""

from dataclasses import dataclass

import numpy as np

from facetds.errors import FacetdsError
from facetds.randomness import generator, seed_for

RACES = {"A": 109, "B": 197, "L": 108, "W": 183, "M": 88, "I": 142}
"""Models of each race letter in CFD 3.0; M is the set CFD-MR, I the set CFD-INDIA."""

SETS = {"M": "CFD-MR", "I": "CFD-INDIA"}
"""The set of a race letter; all others are in the main set, CFD."""

FIRST_NUMBERS = {"A": 200, "B": 1, "L": 200, "W": 1, "M": 300, "I": 600}
LAST_NUMBER = 999

TONES = {
    "A": (0.26, 0.07),
    "B": (0.80, 0.10),
    "L": (0.38, 0.10),
    "W": (0.13, 0.08),
    "M": (0.48, 0.16),
    "I": (0.58, 0.11),
}
"""Mean and standard deviation of the skin tone of each race, 0 lightest and 1 darkest."""

YOUNGEST, OLDEST = 18, 65
EXPRESSIONS = ("N", "A", "F", "HC", "HO")
"""Neutral, angry, fearful, happy with closed and with open mouth."""

QUIRKS = ("replicate", "token", "other_key")
"""What is odd about the first models of CFD-INDIA, one each: a second photo without a norming row,
a file name with the token of the ethnic signifier, a norming row under another key."""


@dataclass(frozen=True)
class Model:
    """A drawn person of the CFD stand-in. `age` in years, `tone` 0..1, `photos` by expression."""

    index: int
    identity: int
    race: str
    sex: str
    number: int
    age: int
    tone: float
    photos: dict[str, int]
    quirk: str = ""
    flaw: str = ""

    @property
    def set(self) -> str:
        """The set the model belongs to: CFD, CFD-MR or CFD-INDIA."""
        return SETS.get(self.race, "CFD")

    @property
    def name(self) -> str:
        """The model's folder, such as WM-012."""
        return f"{self.race}{self.sex}-{self.number:03d}"

    def file_name(self, expression: str, token: str = "") -> str:
        """Return a photo's file name, such as CFD-WM-012-034-N.jpg; `token` stands before N."""
        parts = ["CFD", self.name, f"{self.photos[expression]:03d}", token, expression]
        return "-".join(part for part in parts if part) + ".jpg"

    def norming_key(self) -> str:
        """Return the model's name in the norming workbook: WM-012, but IM647-548 for CFD-INDIA."""
        if self.race != "I":
            return self.name
        photo = self.photos["N"] - (self.quirk == "other_key")
        return f"{self.race}{self.sex}{self.number:03d}-{photo:03d}"


def draw_models(seed: int, count: int, expression_share: float, flaws: bool) -> list[Model]:
    """Draw `count` models in mixed order, the same for the same arguments.

    The share `expression_share` of the Black and White models has all `EXPRESSIONS`, as only such
    models have them in CFD; all others are neutral. With `flaws`, the photo of the first Latino
    model is "truncated", and the first Asian model's shows "no_face".
    """
    random = generator(seed, "demo.cfd.models", count)
    races = random.permutation(_apportion(count)).tolist()
    numbers = {race: _draw_numbers(race, races.count(race), random) for race in RACES}
    expressive = {r: round(expression_share * races.count(r)) for r in ("B", "W")}
    quirks = {"I": list(QUIRKS)}
    flawed = {"L": ["truncated"], "A": ["no_face"]} if flaws else {}
    first_sexes = dict(zip(RACES, random.permutation(list("FMFMFM")).tolist(), strict=True))
    models = []
    for index, race in enumerate(races):
        rank = races[:index].count(race)
        names = EXPRESSIONS if rank < expressive.get(race, 0) else EXPRESSIONS[:1]
        photos = random.choice(np.arange(2, LAST_NUMBER + 1), len(EXPRESSIONS), replace=False)
        mean, spread = TONES[race]
        models.append(
            Model(
                index=index,
                identity=seed_for(seed, "demo.cfd.identity", index),
                race=race,
                sex="FM"[(rank + "FM".index(first_sexes[race])) % 2],
                number=numbers[race][rank],
                age=_draw_age(random),
                tone=float(np.clip(random.normal(mean, spread), 0, 1)),
                photos=dict(zip(names, photos.tolist(), strict=False)),
                quirk=_take(quirks, race),
                flaw=_take(flawed, race),
            )
        )
    return models


def _apportion(count: int) -> list[str]:
    """Return `count` race letters in CFD's proportions (largest remainders)."""
    shares = {race: count * number / sum(RACES.values()) for race, number in RACES.items()}
    places = {race: int(share) for race, share in shares.items()}
    by_remainder = sorted(RACES, key=lambda race: places[race] - shares[race])
    for race in by_remainder[: count - sum(places.values())]:
        places[race] += 1
    return [race for race, number in places.items() for _ in range(number)]


def _draw_numbers(race: str, count: int, random: np.random.Generator) -> list[int]:
    """Return rising model numbers with gaps, unique within the race, as CFD's are."""
    first = FIRST_NUMBERS[race]
    free = np.arange(first, min(LAST_NUMBER, first + 2 * count + 10) + 1)
    if count > len(free):
        raise FacetdsError(
            f"CFD's names have no room for {count} models of race {race}; lower demo.cfd_models."
        )
    return np.sort(random.choice(free, count, replace=False)).tolist()


def _draw_age(random: np.random.Generator) -> int:
    """Return an age in years: normal as in thesis 3.4.1 (34.6, SD 11.1), from 18 to 65."""
    while True:
        age = round(random.normal(34.6, 11.1))
        if YOUNGEST <= age <= OLDEST:
            return age


def _take(waiting: dict[str, list[str]], race: str) -> str:
    """Return and remove the first thing that waits for a model of `race`; "" if nothing does."""
    return waiting[race].pop(0) if waiting.get(race) else ""
