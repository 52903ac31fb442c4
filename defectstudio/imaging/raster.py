"""PNG, JPEG, BMP and WebP files as arrays."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from defectstudio.domain.errors import ImageError
from defectstudio.imaging.types import ImageHeader

# Our own bound (reading.MAX_PIXELS) is checked on every header before anything is decoded;
# Pillow's lower one would refuse large line-scan pictures.
PillowImage.MAX_IMAGE_PIXELS = None

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {"1": 1, "L": 1, "LA": 1, "RGB": 3, "RGBA": 3, "CMYK": 3, "YCbCr": 3, "P": 3}
_ORIENTATION_TAG = 0x0112
_PNG_TEXTS = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt"})
_PNG_SAMPLES = {2: 3, 4: 2, 6: 4}
"""Numbers a pixel by colour type, where they are more than one."""
_MOST_PACKED = 1032
"""Bytes that deflate makes of one at most. Source: https://zlib.net/zlib_tech.html"""
_PNG_HEAD = 33
"""Bytes of the signature and the whole IHDR chunk."""


def header(path: Path, kind: str) -> ImageHeader:
    """The header of a file of `kind` ("PNG", "JPEG", "BMP", "WEBP") without decoding it."""
    with PillowImage.open(path, formats=[kind]) as image:
        _refuse_animation(image, path)
        depth = 16 if kind == "PNG" and _png_depth(_head(path), path) == 16 else 8
        width, height = image.size
        if _orientation(image) >= 5:
            width, height = height, width
        if depth == 16:
            channels = 3 if _png_colour_type(_head(path)) & 2 else 1
        elif image.mode not in _CHANNELS:
            raise _unsupported(path, f"its pixel type {image.mode} is not supported")
        else:
            channels = 1 if _has_grey_palette(image) else _CHANNELS[image.mode]
        return ImageHeader(height, width, channels, depth)


def pixels(path: Path, kind: str) -> NDArray[Any]:
    """uint8 or uint16 (H, W) or (H, W, C) with C 2 (grey, alpha), 3 or 4 (RGB, alpha)."""
    data = path.read_bytes()
    if kind == "PNG":
        check_png(data, path)
    with PillowImage.open(io.BytesIO(data), formats=[kind]) as image:
        orientation = _orientation(image)
        if kind == "PNG" and _is_plain_png(data, image):
            # Pillow reads deep colour as 8 bits, and the rest by way of two more copies.
            return oriented(imagecodecs.png_decode(data), orientation)
        grey_palette = _has_grey_palette(image)
        array = np.asarray(_plain(image))
    if grey_palette:
        array = array[..., 0] if array.shape[2] == 3 else array[..., [0, 3]]
    if array.dtype == np.bool_:
        array = array.astype(np.uint8) * np.uint8(255)
    return oriented(array, orientation)


def label_pixels(data: bytes, path: Path) -> NDArray[np.uint8]:
    """The stored values of an 8-bit grey PNG or the indices of a palette PNG, uint8 (H, W)."""
    check_png(data, path)
    with PillowImage.open(io.BytesIO(data), formats=["PNG"]) as image:
        exact = image.mode == "P" or (image.mode == "L" and _png_depth(data, path) == 8)
        if not exact:
            raise ImageError(
                "a label plane is an 8-bit grey or palette PNG",
                subject=path,
                remedy="Save it with one byte a pixel, the class id.",
            )
        if _is_plain_png(data, image):
            return np.asarray(imagecodecs.png_decode(data), np.uint8)
        return np.asarray(image).astype(np.uint8)


def uses_palette(path: Path, kind: str) -> bool:
    """Whether the file stores indices into a palette (such pictures are never anti-aliased)."""
    with PillowImage.open(path, formats=[kind]) as image:
        return image.mode == "P"


def check_png(data: bytes, path: Path) -> None:
    """Raise ImageError where a PNG is cut short, a chunk's checksum is wrong, or its pixels cannot
    be in it.

    Pillow does not look at the checksums of the pixel data, and makes room for all that a header
    promises.
    Source: PNG specification, https://www.w3.org/TR/png-3/#5Chunk-layout
    """
    at, packed = len(PNG_SIGNATURE), 0
    while at + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            break
        if zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            raise ImageError(
                "the file is damaged: a checksum inside it is wrong",
                subject=path,
                remedy="Copy it from its source again.",
            )
        packed += length if name == b"IDAT" else 0
        if name == b"IEND":
            if _png_bytes(data) > packed * _MOST_PACKED:
                break
            return
        at = end
    raise truncated(path)


def _png_bytes(data: bytes) -> int:
    """Bytes of the pixels by the header."""
    width, height, depth, colour = struct.unpack_from(">IIBB", data, 16)
    return int(width * height * depth * _PNG_SAMPLES.get(colour, 1) // 8)


def truncated(path: Path) -> ImageError:
    """The error for a file that ends too early."""
    return ImageError(
        "the file is truncated", subject=path, remedy="Copy it from its source again."
    )


def oriented(array: NDArray[Any], orientation: int) -> NDArray[Any]:
    """The array turned upright by the EXIF/TIFF orientation 1..8 (any other value: as it is).

    Source: TIFF 6.0 specification, tag 274.
    """
    if orientation >= 5:
        array = np.swapaxes(array, 0, 1)
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    return np.ascontiguousarray(array)


def _plain(image: PillowImage.Image) -> PillowImage.Image:
    """The image as grey or RGB, with alpha where it has transparency."""
    if "transparency" in image.info and image.mode in ("L", "RGB", "P"):
        return image.convert("LA" if image.mode == "L" else "RGBA")
    if image.mode in ("P", "CMYK", "YCbCr"):
        return image.convert("RGB")
    return image


def _orientation(image: PillowImage.Image) -> int:
    if image.format == "PNG" and not _png_may_turn(image):
        return 1
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # Pillow raises many types on a broken EXIF block; the pixels are still good
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _png_may_turn(image: PillowImage.Image) -> bool:
    """Whether a PNG has a chunk that may tell an orientation.

    Pillow decodes all pixels to look behind them, which is dear for a picture without one.
    """
    stream = getattr(image, "fp", None)
    if stream is None:
        return True
    place = stream.tell()
    stream.seek(len(PNG_SIGNATURE))
    names = set()
    while len(head := stream.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        names.add(name)
        stream.seek(length + 4, io.SEEK_CUR)
    stream.seek(place)
    return not names.isdisjoint(_PNG_TEXTS)


def _is_plain_png(data: bytes, image: PillowImage.Image) -> bool:
    """Whether its values are pixels as they stand: no palette, bits of a byte, or colour key."""
    if data[24] == 16:
        return True
    return data[24] == 8 and image.mode != "P" and "transparency" not in image.info


def _has_grey_palette(image: PillowImage.Image) -> bool:
    if image.mode != "P" or image.format != "PNG" or image.palette is None:
        return False
    palette = np.frombuffer(bytes(image.palette.palette), np.uint8).reshape(-1, 3)
    return bool((palette == palette[:, :1]).all())


def _refuse_animation(image: PillowImage.Image, path: Path) -> None:
    # A MPO file is a JPEG whose further frames are previews of the first.
    if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":
        raise ImageError(
            "the file holds more than one picture",
            subject=path,
            remedy="Save each picture as a file of its own.",
        )


def _unsupported(path: Path, reason: str) -> ImageError:
    return ImageError(reason, subject=path, remedy="Convert it to an 8- or 16-bit PNG or TIFF.")


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_PNG_HEAD)


def _png_depth(data: bytes, path: Path) -> int:
    if len(data) < _PNG_HEAD:
        raise truncated(path)
    return data[24]


def _png_colour_type(data: bytes) -> int:
    return data[25]
