"""Archives that are joined and read piece by piece."""

import numpy as np
import pytest

from facetds.errors import BadInput, FacetdsError
from facetds.files import write_arrays
from facetds.foreign import load_arrays
from facetds.mapped import map_arrays, write_joined

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (7, 5, 5, 3), np.uint8)
OTHERS = {
    "number": np.arange(7),
    "name": np.array([f"é{n}" for n in range(7)]),
    "landmarks": np.asfortranarray(RANDOM.normal(size=(7, 4)).astype(np.float32)),
    "none": np.zeros((0, 3), np.float32),
    "one": np.array(3.5),
}


def test_mapped_arrays_are_those_that_were_written(tmp_path):
    write_arrays(tmp_path / "a.npz", images=IMAGES, **OTHERS)
    mapped, loaded = map_arrays(tmp_path / "a.npz"), load_arrays(tmp_path / "a.npz")
    assert list(mapped) == list(loaded)
    for name, values in loaded.items():
        assert mapped[name].dtype == values.dtype
        assert np.array_equal(mapped[name], values)
    with pytest.raises(ValueError, match="read-only"):
        mapped["images"][0] = 0


def test_joined_parts_are_the_bytes_of_the_whole(tmp_path):
    write_arrays(tmp_path / "whole.npz", images=IMAGES, **OTHERS)
    parts = (IMAGES[place] for place in (slice(0, 3), slice(3, 4), slice(4, 7)))
    write_joined(tmp_path / "joined.npz", "images", parts, IMAGES.shape, **OTHERS)
    assert (tmp_path / "joined.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


@pytest.mark.parametrize("part", [IMAGES[:6], IMAGES[:, :4], IMAGES.astype(np.int16)])
def test_parts_of_another_shape_leave_no_file(tmp_path, part):
    with pytest.raises(ValueError, match="part"):
        write_joined(tmp_path / "a.npz", "images", [part], IMAGES.shape)
    assert not list(tmp_path.iterdir())


def test_what_is_no_plain_archive_is_refused(tmp_path):
    with pytest.raises(FacetdsError, match="does not exist"):
        map_arrays(tmp_path / "none.npz")
    np.savez_compressed(tmp_path / "small.npz", images=IMAGES)
    with pytest.raises(BadInput, match="is compressed"):
        map_arrays(tmp_path / "small.npz")
    np.savez(tmp_path / "objects.npz", images=np.array([{"a": 1}], object))
    with pytest.raises(BadInput, match="objects"):
        map_arrays(tmp_path / "objects.npz")
    write_arrays(tmp_path / "whole.npz", images=IMAGES)
    whole = (tmp_path / "whole.npz").read_bytes()
    for name, content in {"cut": whole[:300], "text": b"no archive", "empty": b""}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadInput, match="is not an uncompressed"):
            map_arrays(tmp_path / name)
    # A header that promises more pixels than there are.
    at = whole.index(b"(7, 5, 5, 3)")
    (tmp_path / "longer").write_bytes(whole[:at] + b"(9, 5, 5, 3)" + whole[at + 12 :])
    with pytest.raises(BadInput, match="another length"):
        map_arrays(tmp_path / "longer")
