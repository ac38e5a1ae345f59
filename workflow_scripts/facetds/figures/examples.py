"""What the AUs and DISFA's frames look like (thesis Figures 1.1, 1.2, 2.1)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from facetds.aus import AU_NAMES, AUS, DESCRIPTIONS, DISFA_AUS
from facetds.figures import style
from facetds.foreign import load_arrays, read_image

NEUTRAL = "neutral"
WORDS = dict(zip(AU_NAMES, (DESCRIPTIONS[au] for au in AUS), strict=True))


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
    rows = max(1, int(chosen["shown"].value_counts().max())) if len(chosen) else 1
    figure, axes = style.panels(rows, len(names), 1.35 * len(names), 1.35 * rows + 0.5)
    for axis in axes.flat:
        axis.set_axis_off()
    for column, name in enumerate(names):
        title = name if name == NEUTRAL else f"{name}\n{WORDS[name]}"
        axes[0, column].set_title(title, fontsize=8, loc="center", weight="normal",
                                  color=style.INK)  # fmt: skip
        for row, path in enumerate(chosen.loc[chosen["shown"] == name, "path"]):
            axes[row, column].imshow(read_image(Path(path)), interpolation="lanczos")
    return figure


def draw_intensities(sheet: np.ndarray, table: pd.DataFrame) -> Figure:
    """Draw the faces of `sheet` (uint8), a row per AU and a column per intensity.

    `table` has au and intensity of the faces, row by row; the sheet has no gaps.
    """
    aus, intensities = list(dict.fromkeys(table["au"])), sorted(table["intensity"].unique())
    side = sheet.shape[0] // len(aus)
    figure, axes = style.panels(
        len(aus), len(intensities), 1.08 * len(intensities) + 1.2, 1.08 * len(aus) + 0.3
    )
    for (row, column), axis in np.ndenumerate(axes):
        face = sheet[row * side : (row + 1) * side, column * side : (column + 1) * side]
        axis.imshow(face, interpolation="lanczos")
        axis.set(xticks=[], yticks=[])
        axis.grid(visible=False)
        axis.spines[:].set_visible(False)
    for axis, intensity in zip(axes[0], intensities, strict=True):
        axis.set_title(f"{intensity:g}" if intensity else NEUTRAL, loc="center", fontsize=9)
    for axis, au in zip(axes[:, 0], aus, strict=True):
        axis.set_ylabel(
            f"{au}\n{WORDS[au].replace(' ', chr(10), 1)}", rotation=0, ha="right", va="center",
            color=style.INK, fontsize=8.5,
        )  # fmt: skip
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0, hspace=0)
    return figure


def pick_frames(
    crops: Sequence[Path], subjects: int = 6, frames: int = 3
) -> tuple[pd.DataFrame, list[np.ndarray], list[np.ndarray]]:
    """Return a few frames of a few subjects, evenly drawn from the arrays `crops` (.npz).

    The first of each subject is the calmest, the next are those with the most intensity, each
    with another strongest AU where there is one. Returned are subject, frame and an intensity
    (0-5) per AU of DISFA, the pictures (uint8 S x S x 3) and the landmarks (68 x 2, pixels).
    """
    places = np.unique(np.linspace(0, len(crops) - 1, min(subjects, len(crops))).astype(int))
    rows, pictures, landmarks = [], [], []
    for path in (crops[place] for place in places):
        arrays = load_arrays(path)
        for place in _telling_frames(arrays["intensities"], frames):
            codes = dict(zip((f"AU{au}" for au in DISFA_AUS), arrays["intensities"][place].tolist(),
                             strict=True))  # fmt: skip
            rows.append({"subject": path.stem, "frame": int(arrays["frame"][place]), **codes})
            pictures.append(arrays["frames"][place])
            landmarks.append(arrays["landmarks"][place])
    return pd.DataFrame(rows), pictures, landmarks


def _telling_frames(intensities: np.ndarray, count: int) -> list[int]:
    """Return the places of the calmest frame and of the most moved ones (intensities: N x 12)."""
    if not len(intensities):
        return []
    total = intensities.astype(int).sum(axis=1)
    chosen, strongest = [int(total.argmin())], set()
    for place in np.argsort(-total, kind="stable"):
        if len(chosen) < count and intensities[place].argmax() not in strongest:
            strongest.add(int(intensities[place].argmax()))
            chosen.append(int(place))
    return chosen


def draw_frames(
    table: pd.DataFrame, pictures: list[np.ndarray], landmarks: list[np.ndarray], hide: bool
) -> Figure:
    """Draw frames (as `pick_frames` returns them), a column per subject, with their FACS codes.

    If they are to `hide`, the landmarks alone are drawn.
    """
    subjects = list(dict.fromkeys(table["subject"]))
    rows = int(table["subject"].value_counts().max()) if len(table) else 1
    figure, axes = style.panels(
        rows, max(1, len(subjects)), 1.32 * max(1, len(subjects)), 1.75 * rows
    )
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    for place, row in enumerate(table.to_dict("records")):
        turn = int((table["subject"][:place] == row["subject"]).sum())
        axis = axes[turn, subjects.index(row["subject"])]
        side = pictures[place].shape[0]
        if hide:
            axis.plot(*landmarks[place].T, ".", color=style.INK, ms=2)
            axis.set(xlim=(0, side), ylim=(side, 0), aspect="equal")
        else:
            axis.imshow(pictures[place], interpolation="lanczos")
        axis.set_xlabel(
            f"{row['subject']}, frame {row['frame']}\n{code_facs(row)}", fontsize=7, color=style.INK
        )
    return figure


def code_facs(row: dict) -> str:
    """Return intensities (0-5, by AU) as FACS writes them, such as 6B+12C, on at most two lines."""
    codes = [f"{au}{'ABCDE'[row[f'AU{au}'] - 1]}" for au in DISFA_AUS if row[f"AU{au}"]]
    half = -(-len(codes) // 2) if len(codes) > 4 else len(codes)
    return "\n".join(filter(None, ("+".join(codes[:half]), "+".join(codes[half:])))) or NEUTRAL
