"""PNG in particular: palettes, deep colour, checksums."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage

from defectstudio.domain.errors import ImageError
from defectstudio.imaging import raster
from defectstudio.imaging.reading import ImageHeader, read_header, read_image, write_png


def _random(shape: tuple[int, ...], dtype: type = np.uint8) -> np.ndarray:
    rng = np.random.default_rng(1)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def test_rotation_of_a_deep_png(tmp_path: Path) -> None:
    array = _random((5, 7), np.uint16)
    exif = PillowImage.Exif()
    exif[0x0112] = 6
    data = imagecodecs.png_encode(array)
    body = exif.tobytes().removeprefix(b"Exif\0\0")
    path = tmp_path / "a.png"
    path.write_bytes(data[:33] + _chunk(b"eXIf", body) + data[33:])
    np.testing.assert_array_equal(read_image(path), np.rot90(array, -1))
    assert read_header(path) == ImageHeader(7, 5, 1, 16)


def test_broken_exif_leaves_the_picture_as_it_is(tmp_path: Path) -> None:
    array = _random((5, 7))
    stream = io.BytesIO()
    PillowImage.fromarray(array).save(stream, format="PNG")
    data = stream.getvalue()
    path = tmp_path / "a.png"
    path.write_bytes(data[:33] + _chunk(b"eXIf", b"MM\0*\xff\xff") + data[33:])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.testing.assert_array_equal(read_image(path), array)


def test_colour_palette_becomes_rgb_and_grey_palette_grey(tmp_path: Path) -> None:
    indices = PillowImage.fromarray(np.arange(6, dtype=np.uint8).reshape(2, 3))
    for name, colours, channels in (
        ("colour", [0, 0, 0, 200, 10, 0] + [9, 9, 9] * 4, 3),
        ("grey", [0, 0, 0, 50, 50, 50] + [9, 9, 9] * 4, 1),
    ):
        picture = indices.copy()
        picture.putpalette(colours)
        path = tmp_path / f"{name}.png"
        picture.save(path)
        found = read_image(path)
        table = np.array(colours, np.uint8).reshape(-1, 3)
        expected = table[np.arange(6).reshape(2, 3)]
        np.testing.assert_array_equal(found, expected if channels == 3 else expected[..., 0])
        assert read_header(path).channels == channels


def test_one_transparent_colour_is_transparency(tmp_path: Path) -> None:
    array = np.array([[7, 9]], np.uint8)
    path = tmp_path / "a.png"
    PillowImage.fromarray(array).save(path, transparency=9)
    np.testing.assert_array_equal(read_image(path), [[7, 0]])
    picture = PillowImage.fromarray(np.array([[0, 1]], np.uint8))
    picture.putpalette([5, 5, 5, 80, 80, 80])
    picture.save(path, transparency=0)
    np.testing.assert_array_equal(read_image(path), [[0, 80]])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_truncation_of_a_png_is_noticed(tmp_path: Path, dtype: type) -> None:
    path = tmp_path / "a.png"
    write_png(path, _random((20, 20), dtype))
    data = path.read_bytes()
    for length in (len(data) - 1, len(data) - 12, len(data) // 2, 40, 33, 20, 9):
        path.write_bytes(data[:length])
        with pytest.raises(ImageError, match=r"truncated|cannot be decoded"):
            read_image(path)


@given(st.integers(33, 400), st.integers(0, 7))
@settings(deadline=None)
def test_every_flipped_bit_of_a_png_is_noticed(place: int, bit: int) -> None:
    data = bytearray(imagecodecs.png_encode(_random((20, 20))))
    data[place] ^= 1 << bit
    with pytest.raises(ImageError):
        raster.check_png(bytes(data), Path("a.png"))
