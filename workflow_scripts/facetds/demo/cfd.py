"""Photographing the models of the CFD stand-in, in the layout of CFD 3.0.

CFD's photos are taken in a studio: white background, even light from the front, head in the middle,
landscape format of 2444 x 1718 pixels.
"""

from pathlib import Path

import cv2
import numpy as np

from facetds.demo.face import Scene, render
from facetds.demo.identity import draw_identity
from facetds.demo.models import Model
from facetds.demo.recipes import draw_expression
from facetds.demo.truth import ORIGIN, missing_columns, truth_columns
from facetds.files import digest, replacing_directory
from facetds.images import encode_jpeg
from facetds.randomness import generator, seed_for

ASPECT = 611 / 430
"""Width of a photo by its height."""

STUDIO = (243, 243, 244)
SHIRT = (142, 143, 146)
"""The grey T-shirt that all of CFD's models wear."""

BINDI = (120, 18, 32)


def draw_model(root: Path, model: Model, seed: int, height: int) -> list[dict]:
    """Write all photos of a model below `root`; return a row of truth for each.

    A row has path (relative to `root`), set, model, race, sex, age, expression, norming_key,
    identity, the columns of `truth_columns`, luminance (median grey level of the face), flaw,
    sha256 and origin. The photo of a "truncated" model lacks its last bytes; that of a "no_face"
    model shows the empty studio, and its truth is NaN.
    """
    identity = draw_identity(model.identity, tone=model.tone, sex=model.sex, age=float(model.age))
    folder = root / "Images" / model.set / model.name
    rows = []
    with replacing_directory(folder) as temporary:
        for take, (expression, token) in enumerate(_takes(model)):
            random = generator(seed, "demo.cfd.photo", model.index, take)
            intensities = draw_expression(expression, random)
            scene = draw_studio(height, random)
            picture = render(
                identity, intensities, scene, seed_for(seed, "demo.cfd.render", model.index, take)
            )
            pixels = picture.pixels
            truth = truth_columns(intensities, scene, picture.landmarks)
            if token == "2":
                pixels = paint_bindi(pixels, picture.landmarks)
            if model.flaw == "no_face":
                pixels, truth = empty_studio(scene, random), missing_columns()
            data = encode_jpeg(pixels)
            name = model.file_name(expression, token)
            path = temporary / name
            path.write_bytes(data[: len(data) // 3] if model.flaw == "truncated" else data)
            rows.append(
                {
                    "path": (folder / name).relative_to(root).as_posix(),
                    "set": model.set,
                    "model": model.name,
                    "race": model.race,
                    "sex": model.sex,
                    "age": model.age,
                    "expression": expression,
                    "norming_key": "" if _is_replicate(model, take) else model.norming_key(),
                    "identity": model.identity,
                    **truth,
                    "luminance": measure_luminance(pixels, picture.landmarks),
                    "flaw": model.flaw,
                    "sha256": digest(path),
                    "origin": ORIGIN,
                }
            )
    return rows


def _takes(model: Model) -> list[tuple[str, str]]:
    """Return expression and token of every photo: 1 ethnic signifier removed, 2 intact."""
    takes = [(expression, "") for expression in model.photos]
    if model.quirk == "replicate":
        return [*takes, ("N", "2")]
    return [("N", "1")] if model.quirk == "token" else takes


def _is_replicate(model: Model, take: int) -> bool:
    return model.quirk == "replicate" and take > 0


def draw_studio(height: int, random: np.random.Generator) -> Scene:
    """Return the scene of one photo of `height` pixels: frontal, even light, small differences."""
    return Scene(
        height=height,
        width=round(height * ASPECT),
        iod=height * random.uniform(0.19, 0.205),
        center=(0.5 + random.normal(0, 0.006), 0.46 + random.normal(0, 0.008)),
        yaw=random.normal(0, 1.6),
        pitch=random.normal(0, 1.4),
        roll=random.normal(0, 1.2),
        background=STUDIO,
        light=(random.normal(0, 0.12), random.normal(-0.4, 0.06), 1.0),
        ambient=random.uniform(0.48, 0.54),
        gain=random.uniform(0.97, 1.03),
        temperature=random.normal(0, 0.12),
        noise=1.0,
        shirt=SHIRT,
    )


def empty_studio(scene: Scene, random: np.random.Generator) -> np.ndarray:
    """Return a photo without anyone in it, as uint8 H x W x 3."""
    noise = random.normal(0, scene.noise, (scene.height, scene.width, 3))
    return np.clip(np.asarray(scene.background) + noise, 0, 255).astype(np.uint8)


def paint_bindi(pixels: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """Return a photo with a bindi above the bridge of the nose: the ethnic signifier intact."""
    distance = np.linalg.norm(landmarks[42:48].mean(axis=0) - landmarks[36:42].mean(axis=0))
    middle = landmarks[[21, 22]].mean(axis=0) - (0, 0.12 * distance)
    shift = 4
    centre = np.rint(middle * 2**shift).astype(int).tolist()
    radius = round(0.045 * distance * 2**shift)
    return cv2.circle(pixels.copy(), centre, radius, BINDI, -1, cv2.LINE_AA, shift)


def measure_luminance(pixels: np.ndarray, landmarks: np.ndarray) -> int:
    """Return the median grey level within the outline of the landmarks."""
    inside = np.zeros(pixels.shape[:2], np.uint8)
    cv2.fillConvexPoly(inside, cv2.convexHull(np.rint(landmarks).astype(np.int32)), 1)
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return round(float(np.median(grey[inside > 0])))
