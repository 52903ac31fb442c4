"""The reader of pictures: every format, depth and colour it takes."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import Image as PillowImage

from defectstudio.imaging.reading import (
    png_bytes,
    read_header,
    read_image,
    read_label,
    read_mask,
    read_pixel_size_mm,
    thumbnail,
)
from tests.fuzz.cases import Reader
from tests.fuzz.spoil import Files

SHAPE = (9, 13)


def _noise(*channels: int, dtype: Any = np.uint8) -> Any:
    top = np.iinfo(dtype).max
    return np.random.default_rng(3).integers(0, top, (*SHAPE, *channels), dtype=dtype)


def _pillow(kind: str, mode: str, **options: Any) -> bytes:
    sink = io.BytesIO()
    picture = PillowImage.fromarray(_noise(3)).convert(mode)
    if options.pop("turned", False):
        exif = PillowImage.Exif()
        exif[0x0112] = 6
        options["exif"] = exif.tobytes()
    picture.save(sink, kind, **options)
    return sink.getvalue()


def _tiff(array: Any, **options: Any) -> bytes:
    sink = io.BytesIO()
    tifffile.imwrite(sink, array, **options)
    return sink.getvalue()


def _pngs() -> list[bytes]:
    modes = ("1", "L", "P", "LA", "RGB", "RGBA")
    deep = [png_bytes(_noise(dtype=np.uint16)), png_bytes(_noise(3, dtype=np.uint16))]
    turned = _pillow("PNG", "RGB", turned=True)
    return [*(_pillow("PNG", mode) for mode in modes), *deep, turned,
            _pillow("PNG", "P", transparency=3)]  # fmt: skip


def _others() -> list[bytes]:
    return [
        _pillow("JPEG", "L"), _pillow("JPEG", "RGB", turned=True), _pillow("JPEG", "CMYK"),
        _pillow("JPEG", "RGB", progressive=True), _pillow("BMP", "1"), _pillow("BMP", "P"),
        _pillow("BMP", "RGB"), _pillow("WEBP", "RGB"), _pillow("WEBP", "RGBA", lossless=True),
    ]  # fmt: skip


def _tiffs() -> list[bytes]:
    grey, deep, colour = _noise(), _noise(dtype=np.uint16), _noise(3)
    palette = np.arange(768, dtype=np.uint16).reshape(3, 256)
    return [
        _tiff(grey, compression="zlib"), _tiff(deep, bigtiff=True, compression="lzw"),
        _tiff(deep, byteorder=">", resolution=(400, 400), resolutionunit="CENTIMETER"),
        _tiff(colour, photometric="rgb", tile=(16, 16), compression="zstd"),
        _tiff(np.moveaxis(colour, -1, 0), photometric="rgb", planarconfig="separate"),
        _tiff(grey, photometric="palette", colormap=palette), _tiff(grey > 90),
        _tiff(grey, rowsperstrip=2, compression="packbits"),
        _tiff(colour, photometric="ycbcr", compression="jpeg"),
        _tiff(grey, extratags=[(274, "H", 1, 6, True)], compression="lzma"),
    ]  # fmt: skip


def _seeds(make: Callable[[], list[bytes]]) -> Callable[[], list[Files]]:
    return lambda: [{"picture.png": data} for data in make()]


def _reads(folder: Path) -> None:
    for path in folder.iterdir():
        header = read_header(path)
        image = read_image(path)
        shape = (header.height, header.width) + ((3,) if header.channels == 3 else ())
        assert (image.shape, image.dtype.itemsize * 8) == (shape, header.depth)
        assert image.flags.c_contiguous
        thumbnail(image, 8)
        read_pixel_size_mm(path)
        read_mask(path)


def _labels(folder: Path) -> None:
    for path in folder.iterdir():
        label = read_label(path)
        header = read_header(path)
        assert label.shape == (header.height, header.width) and label.dtype == np.uint8


READERS = {
    "PNG": Reader(_seeds(_pngs), _reads),
    "JPEG, BMP, WebP": Reader(_seeds(_others), _reads),
    "TIFF": Reader(_seeds(_tiffs), _reads),
    "label plane": Reader(_seeds(lambda: _pngs()[1:3]), _labels),
}
