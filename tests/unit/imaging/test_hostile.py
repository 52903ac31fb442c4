"""Pictures that promise more than they hold, and large ones that are what they say."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image as PillowImage

from defectstudio.domain.errors import ImageError
from defectstudio.imaging.reading import read_header, read_image, read_label, write_png

SIDE = 100_000


def _png(width: int, height: int, packed: bytes, depth: int = 8, colour: int = 0) -> bytes:
    chunks = (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    parts = [b"\x89PNG\r\n\x1a\n"]
    for name, body in (chunks, (b"IDAT", packed), (b"IEND", b"")):
        checksum = zlib.crc32(name + body)
        parts.append(struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum))
    return b"".join(parts)


def _saved(kind: str) -> bytearray:
    sink = io.BytesIO()
    PillowImage.new("L", (8, 8)).save(sink, kind)
    return bytearray(sink.getvalue())


def _bmp() -> bytes:
    data = _saved("BMP")
    data[18:26] = struct.pack("<ii", SIDE, SIDE)
    return bytes(data)


def _jpeg() -> bytes:
    data = _saved("JPEG")
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", 65_535, 65_535)
    return bytes(data)


def _tiff() -> bytes:
    sink = io.BytesIO()
    tifffile.imwrite(sink, np.zeros((8, 8), np.uint8))
    data = bytearray(sink.getvalue())
    for tag in (256, 257, 278):
        at = next(i for i in range(8, 200) if data[i : i + 2] == struct.pack("<H", tag))
        data[at + 2 : at + 12] = struct.pack("<HII", 4, 1, SIDE)
    return bytes(data)


@pytest.mark.parametrize("make", [lambda: _png(SIDE, SIDE, b""), _bmp, _jpeg, _tiff])
def test_ten_thousand_million_pixels_are_refused_by_the_header(make, tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(make())
    tracemalloc.start()
    try:
        for read in (read_header, read_image, read_label):
            with pytest.raises(ImageError, match="pixels are outside the bound") as caught:
                read(path)
            assert caught.value.subject == str(path) and "smaller" in caught.value.remedy
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_line_scan_of_60_megapixels_opens(tmp_path: Path) -> None:
    path = tmp_path / "line.png"
    image = np.zeros((29_297, 2048), np.uint8)
    image[20_000, 7] = 200
    write_png(path, image)
    header = read_header(path)
    assert (header.height, header.width) == image.shape
    assert read_image(path)[20_000, 7] == 200


@pytest.mark.parametrize(("depth", "colour"), [(8, 0), (16, 0), (8, 2), (16, 6)])
def test_a_png_that_cannot_hold_its_pixels(depth: int, colour: int, tmp_path: Path) -> None:
    """Deflate makes no more than 1032 bytes of one: nothing is made room for."""
    path = tmp_path / "hollow.png"
    path.write_bytes(_png(20_000, 20_000, zlib.compress(b"\0" * 9), depth, colour))
    tracemalloc.start()
    try:
        with pytest.raises(ImageError, match="truncated"):
            read_image(path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_tiff_of_fewer_strips_than_its_header_says(tmp_path: Path) -> None:
    path = tmp_path / "cut.tif"
    tifffile.imwrite(path, np.ones((64, 8), np.uint8), rowsperstrip=8, compression="zlib")
    data = bytearray(path.read_bytes())
    at = next(i for i in range(8, 200) if data[i : i + 2] == struct.pack("<H", 257))
    data[at + 8 : at + 12] = struct.pack("<I", 640)
    path.write_bytes(data)
    with pytest.raises(ImageError, match="truncated"):
        read_image(path)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_transparency_of_many_strips(dtype: type, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("defectstudio.imaging.reading._STRIP", 20)
    top = np.iinfo(dtype).max
    array = np.random.default_rng(0).integers(0, top, (37, 9, 4), dtype=dtype, endpoint=True)
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="rgb", extrasamples=["unassalpha"])
    exact = np.rint(array[..., :3].astype(np.float64) * (array[..., 3:] / top))
    found = read_image(tmp_path / "a.tif").astype(np.float64)
    assert np.abs(found - exact).max() <= 1
