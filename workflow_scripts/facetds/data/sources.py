"""The folders of the data sets: found in their spellings, and told apart from changed ones."""

import hashlib
from pathlib import Path

from facetds.errors import FacetdsError

CONTENT_SUFFIXES = (".txt", ".csv", ".xlsx")
# What the stages read of each data set; DISFA's many landmark files are not among it.
READ = {
    "cfd": ("*", "Images/**/*", "*/Images/**/*"),
    "disfa": ("Video*/*", "ActionUnit_Labels/*/*"),
    # Hundreds of thousands of images: their lists alone.
    "pretrain_path": ("*file_lists/training.csv", "EmoLabel/*.txt", "*/EmoLabel/*.txt"),
}

STAND_INS = {"pretrain_path": "data.pretrain to drawn"}


def check_folder(path: Path | str, key: str) -> Path:
    """Return the folder of a data set; raise `FacetdsError` if it is none, naming the config key.

    `key` is the last part of data.cfd, data.disfa or data.pretrain_path.
    """
    path = Path(path)
    if not path.is_dir():
        raise FacetdsError(
            f"config.yaml, key data.{key}: {path.absolute()} is not a folder. Correct the path, "
            f"or set {STAND_INS.get(key, f'data.{key} to null')} to use the rendered stand-in."
        )
    return path


def fingerprint(path: Path | str, key: str) -> str:
    """Return a digest of a data set's folder, which differs when the set has changed.

    It covers the names and sizes of all files that the stages read, and the content of labels and
    tables; so a corrected label is noticed, and a copied or touched file is no change. `key` is
    "cfd", "disfa" or "pretrain_path".
    """
    root, state = check_folder(path, key), hashlib.sha256()
    files = {file for pattern in READ[key] for file in root.glob(pattern) if file.is_file()}
    for file in sorted(files):
        name = file.relative_to(root).as_posix().encode(errors="surrogateescape")
        state.update(b"%s\0%d\0" % (name, file.stat().st_size))
        if file.suffix.lower() in CONTENT_SUFFIXES:
            state.update(file.read_bytes())
    return state.hexdigest()[:16]


def find_entry(parent: Path, *names: str) -> Path | None:
    """Return the child of a folder that has one of `names`, or None.

    Only letters and digits count, in either case: "CFD-INDIA" and "CFD India" are one name.
    """
    wanted = [plain(name) for name in names]
    found = {plain(child.name): child for child in sorted(parent.iterdir(), reverse=True)}
    return next((found[name] for name in wanted if name in found), None)


def plain(name: str) -> str:
    """Return the letters and digits of a name in lower case."""
    return "".join(c for c in name.casefold() if c.isalnum())
