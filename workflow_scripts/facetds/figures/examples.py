"""What the AUs look like (thesis Figures 1.2, 2.1), on drawn faces only: real ones are licensed."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from facetds.aus import AU_NAMES, AUS, DESCRIPTIONS
from facetds.figures import style
from facetds.foreign import read_image

NEUTRAL = "neutral"


def pick_alone(faces: pd.DataFrame, count: int = 4) -> pd.DataFrame:
    """Return `count` faces without an AU, and of each AU as many that show no other of the six.

    `faces` has path, subject and a 0/1 column per AU; the result path, subject and shown. People
    are taken in turn, so that few are seen twice.
    """
    marks = faces[list(AU_NAMES)]
    alone = faces[marks.sum(axis=1) <= 1]
    shown = marks.loc[alone.index].idxmax(axis=1).where(marks.loc[alone.index].any(axis=1), NEUTRAL)
    alone = alone.assign(shown=shown)[["path", "subject", "shown"]]
    parts = []
    used: set = set()
    for name in (NEUTRAL, *AU_NAMES):
        part = alone[alone["shown"] == name].drop_duplicates("subject")
        fresh = ~part["subject"].isin(used)
        chosen = pd.concat([part[fresh], part[~fresh]]).head(count)
        used |= set(chosen["subject"])
        parts.append(chosen)
    return pd.concat(parts, ignore_index=True)


def draw_aus(chosen: pd.DataFrame) -> Figure:
    """Draw the faces (path, shown), a column per AU."""
    names = [NEUTRAL, *AU_NAMES]
    words = dict(zip(AU_NAMES, (DESCRIPTIONS[au] for au in AUS), strict=True))
    rows = max(1, int(chosen["shown"].value_counts().max())) if len(chosen) else 1
    figure, axes = style.panels(rows, len(names), 1.35 * len(names), 1.35 * rows + 0.5)
    for axis in axes.flat:
        axis.set_axis_off()
    for column, name in enumerate(names):
        title = name if name == NEUTRAL else f"{name}\n{words[name]}"
        axes[0, column].set_title(title, fontsize=8, loc="center", weight="normal",
                                  color=style.INK)  # fmt: skip
        for row, path in enumerate(chosen.loc[chosen["shown"] == name, "path"]):
            axes[row, column].imshow(read_image(Path(path)), interpolation="lanczos")
    return figure
