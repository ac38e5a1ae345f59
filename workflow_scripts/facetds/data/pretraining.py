"""The images that pre-train the classifier: AffectNet, RAF-DB, or a table of your own.

AffectNet and RAF-DB label an image with an expression, not with AUs. `PATTERNS` gives the AUs of
each expression, so their AU labels are weak: what the expression shows in its textbook form, seen
by nobody in this image. Neither names its people, so every image counts as a person of its own.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from facetds.aus import AU_NAMES, AUS
from facetds.data.sources import find_entry
from facetds.errors import BadInput, FacetdsError
from facetds.foreign import load_array, read_lines, read_sheets
from facetds.rejects import Reject, printable

PATTERNS = {
    "neutral": (),
    "happiness": (6, 12),
    "sadness": (1, 4, 15),
    "surprise": (1, 5),
    "fear": (1, 4, 5),
    "disgust": (15,),
    "anger": (4, 5),
}
"""The AUs, among the six, of each expression's prototype (EMFACS, Friesen and Ekman 1983)."""

AFFECTNET = ("neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger")
AFFECTNET_OTHERS = {
    7: "contempt, which is shown on one side of the face only",
    8: "no expression of the eight",
    9: "the annotator was uncertain",
    10: "no face, says the annotator",
}
RAFDB = ("surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral")
COLUMNS = ["path", "subject", "expression", *AU_NAMES]

Listing = tuple[pd.DataFrame, list[Reject]]


def list_affectnet(root: Path) -> Listing:
    """Return the training images of AffectNet (Mollahosseini et al. 2017), full or reduced.

    Full: Manually_Annotated_file_lists/training.csv with the columns subDirectory_filePath and
    expression, images below Manually_Annotated_Images. Reduced: train_set/images/<id>.jpg and
    train_set/annotations/<id>_exp.npy. Expressions 7 (contempt) to 10 are set aside.

    Raises `FacetdsError` if `root` holds neither.
    """
    lists = find_entry(root, "Manually_Annotated_file_lists")
    images = find_entry(root, "Manually_Annotated_Images", "Manually_Annotated")
    training = find_entry(lists, "training.csv") if lists else None
    if training and images:
        return _read_full_affectnet(root, training, images)
    reduced = find_entry(root, "train_set")
    annotations = find_entry(reduced, "annotations") if reduced else None
    images = find_entry(reduced, "images") if reduced else None
    if annotations and images:
        return _read_reduced_affectnet(root, annotations, images)
    raise FacetdsError(
        f"config.yaml, key data.pretrain_path: {root} holds neither Manually_Annotated_file_lists/"
        "training.csv with Manually_Annotated_Images, nor train_set/images with train_set/"
        "annotations. Give the folder of AffectNet that does."
    )


def _read_full_affectnet(root: Path, training: Path, images: Path) -> Listing:
    (rows,) = read_sheets(training).values()
    header = rows[0] if rows else []
    if not {"subDirectory_filePath", "expression"} <= set(header):
        raise FacetdsError(
            f"{training} lacks the column subDirectory_filePath or expression; give AffectNet's "
            "own training.csv."
        )
    name, code = header.index("subDirectory_filePath"), header.index("expression")
    whole = [row for row in rows[1:] if len(row) == len(header)]
    base = images.relative_to(root).as_posix()
    items = [(f"{base}/{row[name]}", row[code]) for row in whole]
    found, rejects = _gather(root, "affectnet", items, _affectnet_expression)
    if len(whole) < len(rows) - 1:
        short = f"{len(rows) - 1 - len(whole)} lines have other than {len(header)} columns"
        file = training.relative_to(root).as_posix()
        rejects.append(Reject("affectnet", training.name, file, short, "bad_line"))
    return found, rejects


def _read_reduced_affectnet(root: Path, annotations: Path, images: Path) -> Listing:
    items: list[tuple[str, object]] = []
    for image in sorted(images.glob("*.jpg")):
        try:
            label = load_array(annotations / f"{image.stem}_exp.npy")
            code: object = label.item() if label.size == 1 else "of several values"
        except BadInput as error:
            code = error
        items.append((image.relative_to(root).as_posix(), code))
    return _gather(root, "affectnet", items, _affectnet_expression)


def list_rafdb(root: Path) -> Listing:
    """Return the training images of RAF-DB's basic set (Li, Deng and Du 2017).

    EmoLabel/list_patition_label.txt (so spelled) has lines such as "train_00001.jpg 5"; the image
    is Image/aligned/train_00001_aligned.jpg or Image/original/train_00001.jpg. Lines of the test
    set are left to those who test on it.

    Raises `FacetdsError` if `root` lacks the list or the images.
    """
    base = find_entry(root, "basic") or root
    labels, images = find_entry(base, "EmoLabel"), find_entry(base, "Image")
    table = labels and find_entry(labels, "list_patition_label.txt", "list_partition_label.txt")
    aligned = images and find_entry(images, "aligned")
    folder = aligned or (images and find_entry(images, "original"))
    if not table or not folder:
        raise FacetdsError(
            f"config.yaml, key data.pretrain_path: {root} lacks EmoLabel/list_patition_label.txt "
            "or the folder Image/aligned or Image/original. Give RAF-DB's folder basic, with the "
            "archives in it unpacked."
        )
    place, end = folder.relative_to(root).as_posix(), "_aligned.jpg" if aligned else ".jpg"
    items: list[tuple[str, object]] = []
    for line in read_lines(table):
        name, _, code = line.strip().partition(" ")
        if name.startswith("train"):
            items.append((f"{place}/{name.removesuffix('.jpg')}{end}", code))
    return _gather(root, "rafdb", items, _rafdb_expression)


def list_own(table: Path) -> Listing:
    """Return the images of a table of your own (.csv), whose paths are relative to its folder.

    Its columns are path, subject (who is shown), and AU1, AU4, AU5, AU6, AU12 and AU15 (0 or 1), or
    expression (a name of `PATTERNS`) in place of the AUs.

    Raises `FacetdsError` for a missing column.
    """
    (rows,) = read_sheets(table).values()
    header, *lines = rows or [[]]
    by_au = set(AU_NAMES) <= set(header)
    if not {"path", "subject"} <= set(header) or not (by_au or "expression" in header):
        raise FacetdsError(
            f"{table} needs the columns path, subject, and {', '.join(AU_NAMES)} (0 or 1) or "
            "expression; add them to its header."
        )
    found, rejects = [], []
    for number, line in enumerate(lines, start=2):
        cells = dict(zip(header, line, strict=False))
        try:
            word = str(cells.get("expression") or "").strip().lower()
            labels = _read_aus(cells) if by_au else _label(_named_expression(word))
            path = _check_path(table.parent, cells["path"])
            found.append([path, cells["subject"], word, *labels])
        except (BadInput, KeyError) as error:
            reason = str(error) if isinstance(error, BadInput) else "the line is too short"
            code = error.code if isinstance(error, BadInput) else "bad_line"
            file = printable(cells.get("path") or "")
            rejects.append(Reject("pretrain", f"line {number}", file, reason, code))
    return pd.DataFrame(found, columns=COLUMNS), rejects


READERS: dict[str, Callable[[Path], Listing]] = {
    "affectnet": list_affectnet,
    "rafdb": list_rafdb,
    "csv": list_own,
}


def take_evenly(images: pd.DataFrame, count: int | None, random: np.random.Generator) -> pd.Series:
    """Return which images (bool) are taken: at most `count`, equally many of every expression.

    What a rare expression leaves free goes to the others.
    """
    taken = pd.Series(True, index=images.index)
    if count is None or len(images) <= count:
        return taken
    order = images.sample(frac=1, random_state=random)
    rank = order.groupby("expression").cumcount()
    chosen = rank.sort_values(kind="stable").index[:count]
    return taken & images.index.isin(chosen)


def _gather(
    root: Path,
    source: str,
    items: list[tuple[str, object]],
    expression_of: Callable[[object], str],
) -> Listing:
    """Return the usable (path, label) items as a table of `COLUMNS`, and what was set aside."""
    found, rejects = [], []
    for name, label in items:
        try:
            if isinstance(label, BadInput):
                raise label
            expression = expression_of(label)
            path = _check_path(root, name)
        except BadInput as error:
            reason = str(error).replace(f"{root}/", "")
            rejects.append(Reject(source, Path(name).stem, printable(name), reason, error.code))
            continue
        found.append([path, len(found), expression, *_label(expression)])
    return pd.DataFrame(found, columns=COLUMNS), rejects


def _check_path(root: Path, name: str) -> str:
    """Return the path of an image below `root`; raise `BadInput` if it is none or lies outside."""
    if name != printable(name) or Path(name).is_absolute() or ".." in Path(name).parts:
        raise BadInput("the path leaves the folder or cannot be printed", "bad_name")
    if not (root / name).is_file():
        raise BadInput("the image does not exist", "missing")
    return Path(name).as_posix()


def _label(expression: str) -> list[int]:
    return [int(au in PATTERNS[expression]) for au in AUS]


def _read_aus(cells: dict[str, str]) -> list[int]:
    values = [str(cells[name]).strip() for name in AU_NAMES]
    if not set(values) <= {"0", "1"}:
        raise BadInput("an AU is neither 0 nor 1", "bad_label")
    return [int(value) for value in values]


def _named_expression(word: str) -> str:
    if word not in PATTERNS:
        raise BadInput(f"the expression is not one of {', '.join(PATTERNS)}", "bad_label")
    return word


def _affectnet_expression(code: object) -> str:
    number = _number(code)
    if number in AFFECTNET_OTHERS:
        raise BadInput(f"expression {number}: {AFFECTNET_OTHERS[number]}", "no_pattern")
    if not 0 <= number < len(AFFECTNET):
        raise BadInput(f"expression {number} is not 0 to 10", "bad_label")
    return AFFECTNET[number]


def _rafdb_expression(code: object) -> str:
    number = _number(code)
    if not 1 <= number <= len(RAFDB):
        raise BadInput(f"label {number} is not 1 to {len(RAFDB)}", "bad_label")
    return RAFDB[number - 1]


def _number(code: object) -> int:
    try:
        return int(str(code).strip())
    except ValueError:
        raise BadInput("the label is not a whole number", "bad_label") from None
