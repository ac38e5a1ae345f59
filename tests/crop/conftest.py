"""The astronaut photo of scikit-image (Eileen Collins, NASA, public domain), a real face."""

import numpy as np
import pandas as pd
import pytest
from skimage import data

from facetds.aus import AUS, DISFA_AUS
from facetds.crop.cropping import Settings, crop_face
from facetds.files import digest
from facetds.tables import write_table

FRAMING = {
    "zoom": 0.85,
    "center_shift": 0.3,
    "detect_size": 240,
    "upsample": 1,
    "max_padded": 0.25,
}


@pytest.fixture(scope="session")
def settings():
    """Return the default framing, at 128 pixels."""
    return Settings(size=128, **FRAMING)


@pytest.fixture(scope="session")
def options():
    """Return the framing as options of the commands, at 64 pixels."""
    return {"size": 64, **FRAMING}


@pytest.fixture(scope="session")
def photo():
    """Return the photo without its lower half (240 x 300 x 3), the face in the middle."""
    image = np.ascontiguousarray(data.astronaut()[:240, 80:380])
    image.flags.writeable = False
    return image


@pytest.fixture(scope="session")
def reference(photo, settings):
    """Return the photo's crop and measures."""
    return crop_face(photo, settings, "astronaut")


@pytest.fixture
def listed(tmp_path):
    """Return a function that writes a table of photos in the test's folder."""

    def write(names):
        rows = [(n, name, digest(tmp_path / name)) for n, name in enumerate(names)]
        table = pd.DataFrame(rows, columns=["number", "path", "sha256"])
        write_table(tmp_path / "photos.csv", table)
        return tmp_path / "photos.csv"

    return write


@pytest.fixture
def frame_table():
    """Return a function that makes chosen frames with made-up intensities and labels."""

    def make(subject, frames):
        table = pd.DataFrame({"subject": subject, "frame": frames})
        for au in DISFA_AUS:
            table[f"AU{au}"] = [(frame + au) % 6 for frame in frames]
        for au in AUS:
            table[f"P{au}"] = (table[f"AU{au}"] >= 2).astype(int)
        return table

    return make
