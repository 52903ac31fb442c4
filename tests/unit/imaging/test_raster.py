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


def test_a_turn_is_found_wherever_a_png_tells_it(tmp_path: Path) -> None:
    picture = PillowImage.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4))
    exif = PillowImage.Exif()
    exif[0x0112] = 6
    picture.save(tmp_path / "a.png", exif=exif)
    picture.save(tmp_path / "plain.png")
    data = (tmp_path / "a.png").read_bytes()
    at = data.index(b"eXIf") - 4
    length = int.from_bytes(data[at : at + 4], "big") + 12
    chunk, rest = data[at : at + length], data[:at] + data[at + length :]
    end = rest.index(b"IEND") - 4
    (tmp_path / "late.png").write_bytes(rest[:end] + chunk + rest[end:])
    for name in ("a.png", "late.png"):
        header, image = read_header(tmp_path / name), read_image(tmp_path / name)
        assert (header.height, header.width) == (4, 3) == image.shape
        assert image[0].tolist() == [8, 4, 0]
    assert read_image(tmp_path / "plain.png").shape == (3, 4)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P", "1"])
def test_pngs_of_a_byte_are_read_as_pillow_reads_them(tmp_path: Path, mode: str) -> None:
    rng = np.random.default_rng(4)
    colour = PillowImage.fromarray(rng.integers(0, 256, (9, 11, 4), dtype=np.uint8), "RGBA")
    picture = colour.convert("RGB").convert("P") if mode == "P" else colour.convert(mode)
    picture.save(tmp_path / "a.png")
    plain = np.asarray(picture.convert("RGBA"), np.uint64)
    expected = (plain[..., :3] * plain[..., 3:] + 127) // 255
    seen = read_image(tmp_path / "a.png")
    seen = seen if seen.ndim == 3 else seen[..., None]
    np.testing.assert_array_equal(np.broadcast_to(seen, expected.shape), expected)
