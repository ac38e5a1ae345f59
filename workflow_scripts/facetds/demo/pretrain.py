"""Drawing other people with known AUs, to pre-train the AU classifier's backbone.

They stand in for AffectNet and RAF-DB (thesis 3.11.2): many people, pictures in all sorts of light
and before all sorts of background. Unlike there, AUs occur independently of each other.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from facetds.aus import AUS, DISFA_AUS
from facetds.demo.face import Scene, render
from facetds.demo.identity import draw_identity
from facetds.demo.recipes import draw_intensities
from facetds.demo.truth import ORIGIN
from facetds.files import digest, replacing_directory
from facetds.images import encode_jpeg
from facetds.progress import track
from facetds.randomness import generator, seed_for

CHANCE, OTHERS_CHANCE = 0.3, 0.15
"""How often each of the six AUs shows, and each of the others that DISFA codes."""

RECIPE = {au: (CHANCE, 1.5, 5.0) if au in AUS else (OTHERS_CHANCE, 1.0, 4.0) for au in DISFA_AUS}


def draw_shard(
    manifest: Path, numbers: Iterable[int], images: int, size: int, seed: int
) -> pd.DataFrame:
    """Write the pictures of some subjects into the folder of `manifest` without its suffix.

    Returns a row per picture: path (relative to the folder the workflow runs in), subject,
    identity, AU1 AU4 AU5 AU6 AU12 AU15 (1 where the AU was drawn, at 1.5 or more), sha256, origin.
    """
    folder, rows = manifest.with_suffix(""), []
    with replacing_directory(folder) as temporary:
        for number in track(list(numbers), what="draw pre-training faces", unit="subject"):
            person = seed_for(seed, "demo.pretrain.identity", number)
            identity = draw_identity(person)
            for take in range(images):
                random = generator(seed, "demo.pretrain.picture", number, take)
                intensities = draw_intensities(RECIPE, random)
                scene = draw_anywhere(size, random)
                picture = render(
                    identity,
                    intensities,
                    scene,
                    seed_for(seed, "demo.pretrain.render", number, take),
                )
                name = f"{number:04d}_{take:03d}.jpg"
                (temporary / name).write_bytes(encode_jpeg(picture.pixels))
                rows.append(
                    {
                        "path": (folder / name).as_posix(),
                        "subject": number,
                        "identity": person,
                        **{f"AU{au}": int(intensities[au] >= RECIPE[au][1]) for au in AUS},
                        "sha256": digest(temporary / name),
                        "origin": ORIGIN,
                    }
                )
    return pd.DataFrame(rows)


def draw_anywhere(size: int, random: np.random.Generator) -> Scene:
    """Return a scene of `size` x `size` pixels in any light, before any background."""
    grey = random.uniform(25, 230)
    return Scene(
        height=size,
        width=size,
        iod=size * random.uniform(0.2, 0.235),
        center=tuple((np.array([0.5, 0.43]) + random.normal(0, 0.02, 2)).tolist()),
        yaw=float(np.clip(random.normal(0, 7), -20, 20)),
        pitch=float(np.clip(random.normal(0, 3.5), -10, 10)),
        roll=float(np.clip(random.normal(0, 4), -12, 12)),
        background=tuple(np.clip(grey + random.normal(0, 22, 3), 10, 245).tolist()),
        light=(random.uniform(-0.8, 0.8), random.uniform(-0.7, 0), 1.0),
        ambient=random.uniform(0.34, 0.52),
        gain=random.uniform(0.75, 1.12),
        temperature=random.uniform(-0.8, 0.8),
        noise=random.uniform(0.5, 4),
        blink=float(random.random() < 0.03),
        gaze=tuple(np.clip(random.normal(0, 0.25, 2), -0.7, 0.7).tolist()),
    )
