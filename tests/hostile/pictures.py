"""Hostile images, made by code: each function writes one file to a path."""

import io
import os
import pickle
import struct
import zipfile
import zlib
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

PIXELS = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)
PIXELS[:12, :16] = 250
PICTURE = Image.fromarray(PIXELS)
SECRET = "Jane Doe 52.5N 13.4E"


def encode(form: str, image: Image.Image = PICTURE, **options) -> bytes:
    """Return an image in a format."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def film(path: Path) -> bytes:
    """Write an AVI of 12 frames of noise, and return its bytes."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 20, (48, 32))
    for frame in np.random.default_rng(0).integers(0, 256, (12, 32, 48, 3), dtype=np.uint8):
        writer.write(frame)
    writer.release()
    return path.read_bytes()


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, data: bytes, *more: bytes, depth: int = 8) -> bytes:
    """Return a grey PNG of compressed data."""
    header = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + b"".join(more) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def zeros(count: int) -> bytes:
    """Return `count` compressed zeros, without compressing each of them."""
    compressor = zlib.compressobj(9)
    start = compressor.compress(b"") + compressor.flush(zlib.Z_FULL_FLUSH)
    block = compressor.compress(bytes(10**6)) + compressor.flush(zlib.Z_FULL_FLUSH)
    rest = zlib.compressobj(9, wbits=-15)
    end = rest.compress(bytes(count % 10**6)) + rest.flush()
    return start + block * (count // 10**6) + end + struct.pack(">I", count % 65521 << 16 | 1)


def bomb(side: int) -> bytes:
    """Return a black PNG of side x side pixels."""
    return png(side, side, zeros(side * (side + 1)))


def flipped(content: bytes, place: int) -> bytes:
    """Return bytes with one bit changed."""
    return content[:place] + bytes([content[place] ^ 16]) + content[place + 1 :]


def turned(orientation: int) -> bytes:
    """Return a PNG that EXIF says is to be turned, and who is in it and where."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = orientation, SECRET
    exif.get_ifd(0x8825)[29] = SECRET
    return encode("PNG", exif=exif)


def profile() -> bytes:
    """Return a PNG with a colour profile that unpacks to 20 MB."""
    return png(4, 4, zlib.compress(bytes(20)), chunk(b"iCCP", b"p\0\0" + zeros(20_000_000)))


def animated(form: str) -> bytes:
    """Return two frames."""
    return encode(form, save_all=True, append_images=[Image.fromarray(255 - PIXELS)])


def polyglot() -> bytes:
    """Return a JPEG that is a zip, too."""
    buffer = io.BytesIO(encode("JPEG"))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("secret.txt", SECRET)
    return buffer.getvalue()


def sixteen() -> bytes:
    """Return a PNG of 16-bit grey."""
    return encode("PNG", Image.fromarray(np.full((24, 32), 76 * 256 + 5, np.uint16)))


JPEG, PNG = encode("JPEG"), encode("PNG")
CONTENTS = {
    "H140 empty.jpg": lambda: b"",
    "H141 half.jpg": lambda: JPEG[: len(JPEG) // 2],
    "H142 without its end.jpg": lambda: JPEG[:-2],
    "H144 cut.png": lambda: PNG[:-30],
    "H145 flipped.png": lambda: flipped(PNG, len(PNG) // 2),
    "H146 144 megapixels.png": lambda: bomb(12_000),
    "H147 400 megapixels.png": lambda: bomb(20_000),
    "H148 65500 squared.png": lambda: png(65_500, 65_500, zlib.compress(bytes(100))),
    "H148 65500 squared.jpg": lambda: JPEG.replace(b"\0\x18\0\x20", b"\xff\xdc\xff\xdc", 1),
    "H149 1 x 2^31.png": lambda: png(1, 2**31 - 1, zlib.compress(bytes(100))),
    "H150 text bomb.png": lambda: png(
        4, 4, zlib.compress(bytes(20)), chunk(b"zTXt", b"a\0\0" + zeros(70_000_000))
    ),
    **{f"H151 turned {n}.png": lambda n=n: turned(n) for n in (2, 3, 4, 5, 6, 7, 8, 99)},
    "H152 cmyk.jpg": lambda: encode("JPEG", PICTURE.convert("CMYK"), quality=100),
    "H153 sixteen.png": sixteen,
    **{
        f"H154 {mode}.png": lambda mode=mode: encode("PNG", PICTURE.convert(mode))
        for mode in ("1", "P", "LA", "RGBA", "L")
    },
    "H155 moving.gif": lambda: animated("GIF"),
    "H155 moving.webp": lambda: animated("WebP"),
    "H155 moving.png": lambda: animated("PNG"),
    "H155 pages.tiff": lambda: animated("TIFF"),
    "H156 page.jpg": lambda: b"<html><script>alert(1)</script></html>",
    "H157 pickle.jpg": lambda: pickle.dumps({"a": 1}),
    "H161 zip.jpg": polyglot,
    "H162 drawing.svg": lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>',
    "H162 drawing.png": lambda: b'<?xml version="1.0"?><svg><image href="file:///etc/passwd"/></svg>',
    "H163 script.eps": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run\n%%EOF\n",
    "H163 script.jpg": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EOF\n",
    "H164 profile.png": profile,
    "H165 who and where.png": lambda: turned(1),
}  # fmt: skip
SPECIAL = ("H158 link.jpg", "H159 fifo.jpg", "H160 folder.jpg")


def write_all(folder: Path) -> list[str]:
    """Write all hostile images to a folder, and return their names."""
    for name, make in CONTENTS.items():
        (folder / name).write_bytes(make())
    (folder.parent / "secret.txt").write_text(SECRET)
    (folder / SPECIAL[0]).symlink_to(folder.parent / "secret.txt")
    os.mkfifo(folder / SPECIAL[1])
    (folder / SPECIAL[2]).mkdir()
    return [*CONTENTS, *SPECIAL]
