"""Hostile archives: nothing is unpacked to disk, and what could mislead or exhaust is refused.

tests/gan/test_gan_dataset.py has the zips with hostile names, links, overlaps and bombs.
"""

import io
import lzma
import os
import resource
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest
from cases import outcome_of
from pictures import PIXELS, encode
from PIL import Image

from facetds.archives import read_members
from facetds.errors import BadInput, FacetdsError
from facetds.foreign import read_sheets
from facetds.gan.import_dataset import import_images

SQUARE = encode("PNG", Image.fromarray(PIXELS[:24, :24]))


def member(name, kind=tarfile.REGTYPE, **changes):
    """Return a member of a tar."""
    info = tarfile.TarInfo(name)
    info.type = kind
    for key, value in changes.items():
        setattr(info, key, value)
    return info


TARS = {
    "H131 up": [member("../canary")],
    "H132 through a link": [member("d", tarfile.SYMTYPE, linkname=".."), member("d/canary")],
    "H133 absolute link": [member("canary", tarfile.SYMTYPE, linkname="/etc/passwd")],
    "H134 hard link": [member("canary", tarfile.LNKTYPE, linkname="../secret")],
    "H135 device": [member("canary", tarfile.CHRTYPE, devmajor=1, devminor=3)],
    "H136 fifo": [member("canary", tarfile.FIFOTYPE)],
    "H137 setuid": [member("canary", mode=0o6777)],
    "H138 PAX path": [member("good", pax_headers={"path": "../canary"})],
    "H139 future": [member("canary", mtime=2**33)],
}


def write_tar(path, members):
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for info in members:
            info.size = 4 if info.isreg() else 0
            archive.addfile(info, io.BytesIO(b"evil"))


@pytest.mark.parametrize("case", TARS)
def test_no_tar_is_read(case, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    write_tar(folder / "set.zip", TARS[case])
    with pytest.raises(FacetdsError, match=r"set\.zip is not a whole zip"):
        import_images(folder / "set.zip", 8)
    assert list(tmp_path.rglob("canary")) == []
    assert outcome_of(case) == "refused"


def test_careless_readers_of_archives_are_taken_in(tmp_path):
    """Without this, the refusals could be of archives that do no harm anyway."""
    made = set()
    (tmp_path / "secret").touch()
    for case, members in TARS.items():
        folder = tmp_path / case
        (folder / "in").mkdir(parents=True)
        (folder / "secret").touch()
        write_tar(folder / "t.tar", members)
        with tarfile.open(folder / "t.tar") as archive:
            try:
                archive.extractall(folder / "in", filter="fully_trusted")
            except (OSError, KeyError):
                continue
        made |= {case[:4]} if os.path.lexists(folder / "canary") else set()
        made |= {case[:4]} if os.path.lexists(folder / "in/canary") else set()
    assert made >= {"H131", "H132", "H133", "H134", "H136", "H137", "H138"}


@pytest.mark.hostile("H126")
def test_a_zip_in_a_zip_is_no_image(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.png", SQUARE)
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr("a.png", SQUARE)
        archive.writestr("b.png", inner.getvalue())
        archive.writestr("c.zip", inner.getvalue())
    found = import_images(tmp_path / "set.zip", 16)
    assert len(found.images) == 1
    assert [reject.item for reject in found.rejects] == ["b.png", "c.zip"]
    assert outcome_of("H126") == "set aside"


@pytest.mark.hostile("H130")
@pytest.mark.parametrize("wide", [False, True], ids=["32 bit", "64 bit"])
def test_a_list_of_a_million_members_is_not_read(wide, tmp_path):
    entry = struct.Struct("<4s6H3I5H2I")
    head = entry.pack(b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0)
    count = 10**6
    listed = b"".join(head + b"%07d" % number for number in range(count))
    start = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"a"
    sizes, end = (len(listed), len(start)), b""
    if wide:
        end = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, *sizes)
        end += struct.pack("<4sIQI", b"PK\6\7", 0, sum(sizes), 1)
        sizes = (2**32 - 1, 2**32 - 1)
    end += struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, *sizes, 0)
    (tmp_path / "set.zip").write_bytes(start + listed + end)
    del listed
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BadInput, match=r"set\.zip has a list of files of 53,000,000 bytes"):
        list(read_members(tmp_path / "set.zip"))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


@pytest.mark.hostile("H206")
def test_a_member_that_claims_gigabytes_of_dictionary_is_set_aside(tmp_path):
    with zipfile.ZipFile(tmp_path / "set.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.png", SQUARE)
        archive.writestr("b.png", SQUARE)
    content = (tmp_path / "set.zip").read_bytes()
    size = lzma._encode_filter_properties({"id": lzma.FILTER_LZMA1})[1:]
    assert content.count(size) == 2
    (tmp_path / "set.zip").write_bytes(content.replace(size, b"\xff\xff\xff\xff", 1))
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limits = resource.getrlimit(resource.RLIMIT_AS)
    most = pages * resource.getpagesize() + 2**30
    resource.setrlimit(resource.RLIMIT_AS, (most, limits[1]))
    try:
        found = import_images(tmp_path / "set.zip", 16)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)
    assert len(found.images) == 1
    assert "takes more memory to unpack than there is" in found.rejects[0].reason


@pytest.mark.hostile("H205")
@pytest.mark.parametrize("trick", ["bomb", "entities", "outside"])
def test_a_workbook_is_refused_by_name_or_read_without_what_it_names(trick, tmp_path):
    import openpyxl

    book, path = openpyxl.Workbook(), tmp_path / "Norming.xlsx"
    book.active.append(["Model", "WM-012"])
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    sheet = "xl/worksheets/sheet1.xml"
    if trick == "bomb":
        parts["xl/media/x"] = bytes(300_000_000)
    elif trick == "entities":
        entity = b'<!DOCTYPE x [<!ENTITY a0 "lol">'
        for number in range(1, 30):
            entity += f'<!ENTITY a{number} "{f"&a{number - 1};" * 10}">'.encode()
        parts[sheet] = entity + b"]><worksheet>&a29;</worksheet>"
    else:
        parts[sheet] = (
            b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
            b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            b'<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>x&a;</t></is></c></row>'
            b"</sheetData></worksheet>"
        )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    try:
        sheets = read_sheets(path)
    except BadInput as error:
        assert "Norming.xlsx" in str(error)  # noqa: PT017
        return
    assert trick == "outside"
    assert Path("/etc/hostname").read_text().strip() not in str(sheets)
