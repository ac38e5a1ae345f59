"""Files of others in a zip or a folder, read one by one; nothing is unpacked to disk."""

import itertools
import lzma
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath

from facetds.errors import BadInput, FacetdsError
from facetds.foreign import MAX_BYTES, read_bytes

MAX_MEMBERS = 500_000
MAX_LIST = 50_000_000
"""Bytes of the list of members at a zip's end, which is read as a whole."""
MAX_TOTAL = 200_000_000_000
MAX_RATIO = 100
"""How many times larger than its packed bytes a member of more than 1 MB may be."""
HEADER = 30
"""Bytes of a member's header in the zip, without its name."""
END, LOCATOR, END_64 = 22, 20, 56
"""Bytes of the records that end a zip, without comments: old, and the two of ZIP64."""

_ERRORS = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, RuntimeError,
    NotImplementedError, ValueError,
)  # fmt: skip


def read_members(path: Path | str) -> Iterator[tuple[str, bytes | BadInput]]:
    """Yield (name, bytes) of all files in a zip or a folder, in the order of their names.

    Names are relative, with forward slashes. A file that cannot be read comes with the reason
    instead of its bytes.

    Raises `FacetdsError` if there is no such file, and `BadInput` for a zip that is none, or that
    could mislead or exhaust who opens it: names that lead out of a folder or come twice (also in
    other case or another Unicode form), links, encryption, overlaps, or too much of all.
    """
    path = Path(path)
    if not path.exists():
        raise FacetdsError(f"{path} does not exist.")
    if path.is_dir():
        files = [file for file in path.rglob("*") if not file.is_dir()]
        names = {file.relative_to(path).as_posix(): file for file in files}
        for name in sorted(names):
            try:
                yield name, read_bytes(names[name], MAX_BYTES)
            except BadInput as error:
                yield name, error
        return
    try:
        _check_list(path)
        with zipfile.ZipFile(path) as archive:
            members = check_members(archive, path)
            for member in sorted(members, key=lambda member: member.filename):
                yield member.filename, _read_member(archive, member, path)
    except _ERRORS as error:
        raise BadInput(f"{path} is not a whole zip: {error}", "broken") from None


def check_members(archive: zipfile.ZipFile, path: Path | str) -> list[zipfile.ZipInfo]:
    """Return the files of a zip, of which nothing but the list has been read.

    Raises `BadInput` for what `read_members` refuses a zip for.
    """
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise BadInput(f"{path} has {len(members):,} files; the limit is {MAX_MEMBERS:,}")
    total = sum(member.file_size for member in members)
    if total > MAX_TOTAL:
        raise BadInput(f"{path} unpacks to {total:,} bytes; the limit is {MAX_TOTAL:,}")
    seen = set()
    for member in members:
        reason = _find_fault(member)
        name = unicodedata.normalize("NFC", member.filename).casefold()
        if name in seen:
            reason = "comes twice"
        if reason:
            raise BadInput(f"{path} is refused: {member.orig_filename!r} {reason}", "unsafe_zip")
        seen.add(name)
    _check_overlaps(members, path)
    return [member for member in members if not member.is_dir()]


def _check_list(path: Path) -> None:
    """Raise `BadInput` for a list of members too long to be read; damage is left to zipfile."""
    with path.open("rb") as handle:
        handle.seek(max(0, path.stat().st_size - END - LOCATOR - 2**16))
        tail = handle.read()
        place = tail.rfind(b"PK\5\6")
        size = int.from_bytes(tail[place + 12 : place + 16], "little")
        if size == 2**32 - 1 and place >= LOCATOR:
            handle.seek(int.from_bytes(tail[place - LOCATOR + 8 : place - LOCATOR + 16], "little"))
            size = int.from_bytes(handle.read(END_64)[40:48], "little")
    if place >= 0 and size > MAX_LIST:
        raise BadInput(
            f"{path} has a list of files of {size:,} bytes; the limit is {MAX_LIST:,}", "too_large"
        )


def _find_fault(member: zipfile.ZipInfo) -> str:
    """Return why a member is not to be read, or ""."""
    name = member.orig_filename
    parts = PureWindowsPath(name)
    if not name or "\0" in name or "\\" in name:
        return "has no plain name"
    if parts.drive or name.startswith("/") or ".." in parts.parts:
        return "leads out of its folder"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "is a link"
    if member.flag_bits & 1:
        return "is encrypted"
    if member.file_size > max(1_000_000, MAX_RATIO * member.compress_size):
        return f"unpacks {member.compress_size:,} bytes to {member.file_size:,}"
    return ""


def _check_overlaps(members: list[zipfile.ZipInfo], path: Path | str) -> None:
    """Raise `BadInput` if two members share bytes, as bombs of small size do."""
    ordered = sorted(members, key=lambda member: member.header_offset)
    for one, two in itertools.pairwise(ordered):
        end = one.header_offset + HEADER + len(one.orig_filename) + one.compress_size
        if end > two.header_offset:
            reason = f"{one.filename!r} and {two.filename!r} overlap"
            raise BadInput(f"{path} is refused: {reason}", "unsafe_zip")


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> bytes | BadInput:
    name = f"{path}, {member.filename}"
    if member.file_size > MAX_BYTES:
        return BadInput(f"{name} has more than {MAX_BYTES:,} bytes", "too_large")
    try:
        return archive.read(member)
    except MemoryError:
        # LZMA takes as much as its header says.
        return BadInput(f"{name} takes more memory to unpack than there is", "too_large")
    except _ERRORS as error:
        return BadInput(f"{name} cannot be unpacked: {error}", "broken")
