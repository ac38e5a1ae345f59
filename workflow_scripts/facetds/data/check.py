"""Say what a folder of data holds, what it lacks and what would be set aside, before a run."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from facetds import command
from facetds.data.intensities import read_subjects
from facetds.data.norming import add_norming, read_norming
from facetds.data.photos import SETS, list_photos
from facetds.data.pretraining import READERS
from facetds.data.sources import find_entry
from facetds.errors import BadInput, FacetdsError
from facetds.foreign import read_image
from facetds.progress import track
from facetds.rejects import Reject

CFD_PHOTOS = {"CFD": 1207, "CFD-MR": 88, "CFD-INDIA": 146}
"""Photos of each set in CFD 3.0 as distributed."""

DISFA_SUBJECTS = [f"SN{n:03d}" for n in (*range(1, 14), 16, 17, 18, 21, *range(23, 33))]


def check(
    path: Annotated[Path, typer.Argument(help="Folder of a data set, or a table (.csv).")],
    camera: Annotated[str, typer.Option(help="DISFA's camera: right or left.")] = "right",
    deep: Annotated[
        bool, typer.Option("--deep", help="Open every photo or image too: minutes.")
    ] = False,
    rows: Annotated[int, typer.Option(help="Items to print of those set aside.")] = 20,
) -> None:
    """Print what was found, what is missing, and what would be set aside with the reason.

    \b
    Examples:
      python -m facetds.data.check "/data/CFD Version 3.0" --deep
      python -m facetds.data.check /data/DISFA --camera left
      python -m facetds.data.check /data/my-faces.csv

    The exit status is 1 if nothing in it can be used.
    """  # noqa: D301 - the backspace keeps the lines of the examples apart
    kind = tell(path)
    print(f"{path}: {kind}")
    if kind == "CFD":
        usable, rejects = _check_cfd(path, deep)
    elif kind == "DISFA":
        usable, rejects = _check_disfa(path, camera)
    else:
        usable, rejects = _check_pretraining(path, kind, deep)
    print(f"would be set aside: {len(rejects)}")
    for reject in rejects[:rows]:
        print(f"  {reject.item} ({reject.file}): {reject.reason} [{reject.code}]")
    if len(rejects) > rows:
        print(f"  ... and {len(rejects) - rows} more; --rows prints more of them")
    if not usable:
        raise FacetdsError(
            f"{path}: nothing in it can be used, for the reasons above; docs/data.md shows what "
            "must lie where."
        )


def tell(path: Path) -> str:
    """Return what a path is: CFD, DISFA, affectnet, rafdb, or csv (a table of your own).

    Raises `FacetdsError` if it is none of them.
    """
    if path.is_file() and path.suffix.lower() == ".csv":
        return "csv"
    if path.is_dir():
        if find_entry(path, "ActionUnit_Labels"):
            return "DISFA"
        if find_entry(path, "Manually_Annotated_file_lists", "train_set"):
            return "affectnet"
        if find_entry(path, "EmoLabel") or find_entry(path, "basic"):
            return "rafdb"
        if any(find_entry(base, "Images") for base in (path, *filter(Path.is_dir, path.iterdir()))):
            return "CFD"
    raise FacetdsError(
        f"{path} is no data set that facetds reads: CFD holds Images, DISFA ActionUnit_Labels, "
        "AffectNet Manually_Annotated_file_lists or train_set, RAF-DB EmoLabel; a table of your "
        "own ends in .csv. docs/data.md shows the layouts."
    )


def _check_cfd(root: Path, deep: bool) -> tuple[int, list[Reject]]:
    """Print what there is; return how many photos can be used, and what is set aside."""
    photos, rejects = list_photos(root)
    ages, unread = read_norming(root)
    photos = add_norming(photos, ages)
    for name in SETS:
        part = photos[photos["set"] == name]
        print(
            f"found: {len(part)} photos of {part['model'].nunique()} models in {name} "
            f"(CFD 3.0 has {CFD_PHOTOS[name]} photos)"
        )
    counts = photos.groupby(["race", "expression"]).size().unstack(fill_value=0)
    print(f"photos of each race and expression:\n{counts.to_string()}")
    missing = [Path(path).stem for path in photos["path"][photos["norming_row"] == "missing"]]
    names = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
    print(f"missing: {len(missing)} photos have no row in the norming data ({names or 'none'})")
    broken = _open_all(root, photos["path"], "cfd") if deep else []
    return len(photos) - len(broken), [*rejects, *broken, *unread]


def _open_all(root: Path, paths: Iterable[str], source: str) -> list[Reject]:
    """Return which images below `root` cannot be read."""
    rejects = []
    for path in track(list(paths), what="open", unit="image"):
        try:
            read_image(root / path)
        except BadInput as error:
            reason = str(error).removeprefix(f"{root / path} ")
            rejects.append(Reject(source, Path(path).stem, path, reason, error.code))
    return rejects


def _check_disfa(root: Path, camera: str) -> tuple[int, list[Reject]]:
    """Print what there is; return how many frames can be used, and what is set aside."""
    found, frames, rejects = read_subjects(root, DISFA_SUBJECTS, camera)
    print(f"found: {len(found)} of {len(DISFA_SUBJECTS)} subjects ({camera} camera)")
    if found.empty:
        return 0, rejects
    print(
        f"frames: {found['n_video_frames'].sum():,} in the videos, "
        f"{found['n_label_frames'].sum():,} with labels, {len(frames):,} usable"
    )
    shares = (frames.filter(like="AU") >= 2).mean().map("{:.1%}".format)
    print(f"frames with an intensity of 2 or more: {shares.to_dict()}")
    return len(frames), rejects


def _check_pretraining(path: Path, kind: str, deep: bool) -> tuple[int, list[Reject]]:
    """Print what there is; return how many images can be used, and what is set aside."""
    images, rejects = READERS[kind](path)
    print(f"found: {len(images):,} images of {images['subject'].nunique():,} people")
    print(f"positive: {images.filter(like='AU').sum().to_dict()}")
    root = path.parent if kind == "csv" else path
    broken = _open_all(root, images["path"], kind) if deep else []
    return len(images) - len(broken), [*rejects, *broken]


if __name__ == "__main__":
    command.run(check)
