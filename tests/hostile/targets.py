"""What is fuzzed: every parser of foreign bytes, with inputs to begin from.

A target takes a path with hostile content. It may return, or raise `FacetdsError`; anything else,
a hang or a large appetite for memory is a finding.
"""

import functools
import importlib.util
import io
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml
from hypothesis import strategies as st
from PIL import Image

from facetds.annotate.predictions import read_predictions
from facetds.configs import check_config
from facetds.data.intensities import read_intensities
from facetds.data.norming import read_norming
from facetds.data.photos import parse_name
from facetds.data.pretraining import list_affectnet, list_own, list_rafdb
from facetds.errors import FacetdsError
from facetds.foreign import (
    count_frames,
    load_array,
    load_arrays,
    read_image,
    read_sheets,
    read_video,
)
from facetds.labels import read_labels
from facetds.mapped import map_arrays
from facetds.naming import image_name, parse_image_name
from facetds.review.__main__ import read_settings
from facetds.review.journal import parse_journal
from facetds.review.previews import read_suggestions
from facetds.shards import find_damage, read_manifest

GAN_TESTS = Path(__file__).parents[1] / "gan"
HASH = "ab" * 32


class Target(NamedTuple):
    """A parser under test.

    run takes the path of an input named `file`. inputs: a strategy of texts, or a function that
    returns whole files, which are then damaged at random.
    """

    run: Callable[[Path], None]
    file: str
    inputs: st.SearchStrategy[str] | Callable[[], list[bytes]]


def texts(*words: str) -> st.SearchStrategy[str]:
    """Return texts out of words of a format, numbers, and anything else."""
    numbers = st.integers(-(2**70), 2**70) | st.floats()
    parts = st.sampled_from(words) | st.sampled_from(words) | numbers.map(str) | st.text(max_size=6)
    return st.lists(parts, max_size=40).map("".join)


def tables(header: str, *cells: str, rows: tuple[str, ...] = ()) -> st.SearchStrategy[str]:
    """Return tables with a known header, of right `rows`, and of cells that are nearly right."""
    numbers = st.integers(-2, 2**64).map(str) | st.floats().map(str)
    cell = st.sampled_from(cells) | numbers | st.text(max_size=5)
    width = header.count(",") + 1
    row = st.lists(cell, min_size=width - 1, max_size=width + 1).map(",".join)
    good = st.lists(st.sampled_from(rows), max_size=4, unique=True) if rows else st.just([])
    body = st.tuples(
        good, st.just([]) | st.lists(row, max_size=6), st.sampled_from(["\n", "\r\n", "\r"])
    ).map(lambda t: t[2].join([header, *t[0], *t[1]]))
    return body | body.map(lambda text: "\ufeff" + text) | texts(header, "\n", ",", '"', *cells)


def parse_names(path: Path) -> None:
    """Parse each line as a photo's and as an image's name; what is understood is written alike."""
    for line in path.read_text(encoding="utf-8").split("\n"):
        for parse in (parse_name, parse_image_name):
            try:
                found = parse(line)
            except FacetdsError:
                continue
            if parse is parse_image_name:
                assert image_name(*found) == line


def read_norming_of(path: Path) -> None:
    """Read norming data beside a folder Images."""
    (path.parent / "Images").mkdir(exist_ok=True)
    read_norming(path.parent)


def read_lists_of(reader: Callable, *folders: str) -> Callable[[Path], None]:
    """Return a target whose file lies in the first of `folders`; the others exist."""

    def run(path: Path) -> None:
        root = path.parent / "root"
        for folder in folders:
            (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folders[0] / path.name).write_bytes(path.read_bytes())
        reader(root)

    return run


def read_label_json(path: Path) -> None:
    """Parse a dataset.json."""
    from facetds.gan.import_dataset import parse_labels

    parse_labels(path.read_text(encoding="utf-8"), "dataset.json")


def read_network(path: Path) -> None:
    """Read a file of networks, and build them."""
    from facetds.gan.checkpoint import build_networks
    from facetds.gan.network_files import read_networks

    build_networks(read_networks(path).parts, path)


def read_data_set(path: Path) -> None:
    """Import a zip of images as the GAN's training set."""
    from facetds.gan.import_dataset import import_images

    import_images(path, 8)


def read_frames(path: Path) -> None:
    """Count the frames of a video, and decode the first ones."""
    count_frames(path)
    for _ in read_video(path, range(1, 4)):
        pass


def read_both(path: Path) -> None:
    """Read a manifest, and look for damage in its directory."""
    find_damage(path)
    read_manifest(path)


def read_config(path: Path) -> None:
    """Check a config; one that passes can be built and printed, as it has an end."""
    check_config(path)
    try:
        repr(yaml.safe_load(path.read_text(encoding="utf-8-sig")))
    except yaml.YAMLError as error:
        raise FacetdsError(str(error)) from None


def read_mapped(path: Path) -> None:
    """Map the arrays of an `.npz`, and read every byte of them."""
    for array in map_arrays(path).values():
        array.tobytes()


def load_module(path: Path):
    """Return a module of another folder of tests."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@functools.cache
def make_networks() -> tuple:
    """Return a small generator and discriminator."""
    import torch

    from facetds.gan.networks import Discriminator, Generator

    torch.manual_seed(0)
    g = Generator(8, 0, 8, 8, 3, {"num_layers": 1}, {"channel_base": 32, "channel_max": 4})
    epilogue = {"mbstd_group_size": 4, "mbstd_num_channels": 1}
    return g, Discriminator(0, 8, 3, channel_base=32, channel_max=4, epilogue_kwargs=epilogue)


@functools.cache
def make_network_files() -> list[bytes]:
    """Return the files of networks that can be read: official pickles, ours, and safetensors."""
    from facetds.gan.checkpoint import save_network
    from facetds.gan.network_files import export_safetensors, read_networks

    official = load_module(GAN_TESTS / "official_files.py")
    g, d = make_networks()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f"
        official.pickle_torch(path, {"G": g, "D": d, "G_ema": g}, "pass")
        made = [path.read_bytes()]
        official.pickle_torch(path, {"G_ema": g}, "pass", flat=True)
        made.append(path.read_bytes())
        official.pickle_tensorflow(path, g, d, g, "pass")
        made.append(path.read_bytes())
        save_network(path, g, d, {})
        made.append(path.read_bytes())
        export_safetensors(path, read_networks(path))
        made.append(path.read_bytes())
    return made


@functools.cache
def make_tricks() -> list[bytes]:
    """Return pickles that try to make a file."""
    hostile = load_module(GAN_TESTS / "hostile_pickles.py")
    return [content for content, _ in hostile.tricks("canary").values()]


@functools.cache
def make_images() -> list[bytes]:
    """Return whole images of the kinds that are read, with and without extras."""
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    image, made = Image.fromarray(pixels), []
    exif = Image.Exif()
    exif[0x0112] = 6
    ways = [("JPEG", {"quality": 60, "exif": exif}), ("JPEG", {"progressive": True})]
    ways += [("PNG", {"exif": exif}), ("BMP", {})]
    for mode in ("RGB", "L", "P", "RGBA", "1", "CMYK", "I;16"):
        for form, options in ways:
            buffer = io.BytesIO()
            try:
                grey = Image.fromarray(pixels[..., 0].astype(np.uint16) << 8)
                picture = grey if mode == "I;16" else image.convert(mode)
                picture.save(buffer, form, **options)
            except OSError:
                continue
            made.append(buffer.getvalue())
    return made


@functools.cache
def make_zips() -> list[bytes]:
    """Return whole data sets: stored and compressed, with labels and a folder."""
    made = []
    for kind in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", kind) as archive:
            for number, content in enumerate(make_images()[:4]):
                archive.writestr(f"00000/img{number:08d}.png", content)
            archive.writestr("dataset.json", '{"labels": [["00000/img00000000.png", 1]]}')
            archive.mkdir("empty")
        made.append(buffer.getvalue())
    return made


@functools.cache
def make_videos() -> list[bytes]:
    """Return a whole AVI."""
    import cv2

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "v.avi"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 20, (32, 24))
        for number in range(6):
            writer.write(np.full((24, 32, 3), 40 * number, np.uint8))
        writer.release()
        return [path.read_bytes()]


@functools.cache
def make_arrays() -> list[bytes]:
    """Return `.npy` files."""
    made = []
    for array in (np.arange(12, dtype=np.int64).reshape(3, 4), np.zeros(3, "U4"), np.float32(2)):
        buffer = io.BytesIO()
        np.save(buffer, array)
        made.append(buffer.getvalue())
    return made


@functools.cache
def make_archives() -> list[bytes]:
    """Return `.npz` files."""
    made = []
    for save in (np.savez, np.savez_compressed):
        buffer = io.BytesIO()
        save(buffer, images=np.zeros((2, 4, 4, 3), np.uint8), number=np.arange(2))
        made.append(buffer.getvalue())
    return made


@functools.cache
def make_workbooks() -> list[bytes]:
    """Return a small `.xlsx`."""
    import openpyxl

    book, buffer = openpyxl.Workbook(), io.BytesIO()
    for row in (["Model", "AgeRated"], ["WM-012", 25.5], ["=1+1", None]):
        book.active.append(row)
    book.save(buffer)
    return [buffer.getvalue()]


JOURNAL = (
    '{"journal":1,"reviewer":"anna","network":"ab","psi":0.7,"blind":false,"seeds":null}\n',
    '{"n":1,"id":"a","at":"2026-01-01T00:00:00+00:00","do":"set","view":"grid","changes":',
    '[[1,"","keep"]]', '[[1,"keep","AU1"],[-2,"","reject"]]', ',"suggested":false}\n',
    '{"n":2,"id":"b","at":"2026-01-01T00:01:00+00:00","do":"undo","of":1}\n',
    '{"n":3,"id":"c","at":"2026-01-01T00:02:00+00:00","do":"redo","of":1}\n',
    '{"n":4,"id":"d","at":"2026-01-01T00:02:00+00:00","do":"place","place":{}}\n',
    "\n", "{", "}", "[", "]", '"', ":", "null",
)  # fmt: skip
AUS = "AU1,AU4,AU5,AU6,AU12,AU15"
TARGETS = {
    "names": Target(
        parse_names, "names.txt",
        texts("CFD", "-", "WM", "012", "HO", ".jpg", "9", "_", "000061", "1000000", "\n"),
    ),
    "intensities": Target(
        lambda path: read_intensities(path), "SN001_au1.txt",
        tables("1,0", "0", "5", "6", "-1", "2,2", " 3 ", "+4", "\u0661"),
    ),
    "norming": Target(read_norming_of, "Norming.csv", tables("Model,AgeRated", "WM-012", "NA")),
    "seed labels": Target(
        lambda path: read_labels(path, HASH), "labels.csv",
        tables(
            f"seed,{AUS},neutral,network", "0", "1", HASH, "9 ", "\u0669", "1e3", "NaN",
            rows=(f"4,0,0,0,0,0,0,1,{HASH}", f"9,1,0,0,1,0,1,0,{HASH}", f"91,0,1,0,0,0,0,0,{HASH}"),
        ),
    ),
    "label file": Target(
        read_label_json, "dataset.json",
        texts('{"labels": [', '["a.png", 1]', '["b.png", [0.5]]', ",", "]}", "[", "]", "null"),
    ),
    "own table": Target(
        lambda path: list_own(path), "own.csv",
        tables(f"path,subject,{AUS}", "own.csv", "Ann", "0", "1", "../x", "/etc/passwd")
        | tables("path,subject,expression", "own.csv", "happiness", "glee"),
    ),
    "affectnet": Target(
        read_lists_of(list_affectnet, "Manually_Annotated_file_lists", "Manually_Annotated"),
        "training.csv", tables("subDirectory_filePath,expression", "1/a.jpg", "7", "x"),
    ),
    "rafdb": Target(
        read_lists_of(list_rafdb, "EmoLabel", "Image/aligned"), "list_patition_label.txt",
        texts("train_00001", "test", ".jpg", " ", "1", "7", "\n", "/", ".."),
    ),
    "predictions": Target(
        lambda path: read_predictions(path, ["1_000000.jpg"]), "predictions.csv",
        tables(
            "image,P_AU1,P_AU4,P_AU5,P_AU6,P_AU12,P_AU15", "1_000000.jpg", "0.5", "1", "nan",
            rows=("1_000000.jpg,0,1,.5,0.25,1e-3,0", "2_000001.jpg,0,0,0,0,0,0"),
        ),
    ),
    "manifest": Target(
        read_both, "batch-00000.csv",
        tables(
            "image,seed,sha256", "1_000000.jpg", "../x", HASH, "", "a/b.jpg", "\0",
            rows=(f"1_000000.jpg,1,{HASH}", f"2_000001.jpg,2,{HASH}"),
        ),
    ),
    "suggestions": Target(
        lambda path: read_suggestions([path], [1, 2]), "estimates.csv",
        tables(f"seed,{AUS}", "1", "0.5", "", "\u0661", "nan"),
    ),
    "journal": Target(lambda path: parse_journal(path), "anna.jsonl", texts(*JOURNAL)),
    "review settings": Target(
        lambda path: read_settings([path]), "config.yaml",
        texts("seed: 1\n", "generate: {indexes: [0], degrees: [-1]}\n", "indexes: ", "&a ", "*a",
              "!!python/name:os.system ", "\n", "  ", "- ", "? ", ": ", "{", "[", "]", "seed"),
    ),
    "config": Target(
        read_config, "config.yaml",
        texts("crop:\n", "  size: ", "64\n", "&a ", "*a", "&b ", "[*a, *a]", "{a: *b, b: *a}",
              "012", "1:30", "!!python/name:os.system ", "__use_yte__: true\n", "- ", "? ", "|\n",
              "---\n", "<<: ", '"', "'", "#", "\t", "}", "]"),
    ),
    "networks": Target(read_network, "network.pkl", make_network_files),
    "pickles": Target(read_network, "network.pkl", make_tricks),
    "data set": Target(read_data_set, "data.zip", make_zips),
    "images": Target(lambda path: read_image(path), "a.jpg", make_images),
    "video": Target(read_frames, "a.avi", make_videos),
    "array": Target(lambda path: load_array(path), "a.npy", make_arrays),
    "arrays": Target(lambda path: load_arrays(path), "a.npz", make_archives),
    "mapped arrays": Target(read_mapped, "a.npz", make_archives),
    "workbook": Target(lambda path: read_sheets(path), "a.xlsx", make_workbooks),
}  # fmt: skip
