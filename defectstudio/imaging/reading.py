"""Pictures and masks from files to arrays and back.

Read are PNG, JPEG, BMP, WebP and TIFF (one picture a file), told apart by their content. What is
decided here for all of them: EXIF/TIFF rotation is applied; palettes become RGB, or grey where
all their colours are grey; CMYK becomes RGB without a colour profile; transparency is composed
over black; values are left as stored (a 12-bit camera's values in a 16-bit file stay 0..4095).
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import cv2
import imagecodecs
import numpy as np
from numpy.typing import DTypeLike, NDArray

from defectstudio.domain.errors import ImageError, InternalError, UserError
from defectstudio.domain.files import write_bytes
from defectstudio.imaging import raster, tiff
from defectstudio.imaging.types import Image, ImageHeader, Label, Mask, Unit

__all__ = [
    "MAX_BYTES",
    "MAX_PIXELS",
    "ImageHeader",
    "from_unit",
    "label_in",
    "pixel_sha256",
    "png_bytes",
    "read_header",
    "read_image",
    "read_label",
    "read_mask",
    "read_pixel_size_mm",
    "thumbnail",
    "to_unit",
    "write_png",
]

MAX_PIXELS = 1 << 29
"""Larger pictures are refused before decoding: 2^29 pixels are 3 GB in deep colour."""
_LARGE = 1 << 24
"""Pictures of more pixels are decoded one at a time, and not again while they are in use."""
_STRIP = 1 << 20
"""Pixels whose transparency is composed at a time."""
MAX_BYTES = 1 << 32
"""Larger files are refused before reading."""

_one_at_a_time = threading.Lock()
_in_use: WeakValueDictionary[tuple[Path, int, int], Image] = WeakValueDictionary()

_SIGNATURES = (
    (raster.PNG_SIGNATURE, "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"BM", "BMP"),
    (b"RIFF", "WEBP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
)


def read_header(path: Path) -> ImageHeader:
    """Size, channels and depth as `read_image` will give them, without decoding the pixels.

    Raises ImageError: missing, empty, not an image, unsupported, oversized (MAX_PIXELS).
    """
    kind = _kind(path)
    with _blaming(path):
        header = tiff.header(path) if kind == "TIFF" else raster.header(path, kind)
    if header.height < 1 or header.width < 1 or header.height * header.width > MAX_PIXELS:
        raise ImageError(
            f"{header.width} x {header.height} pixels are outside the bound of {MAX_PIXELS} pixels",
            subject=path,
            remedy="Cut it into smaller pictures.",
        )
    return header


def read_image(path: Path) -> Image:
    """uint8 or uint16, (H, W) or (H, W, 3) RGB, C-contiguous; not to be written to.

    Raises ImageError as `read_header` does, and for corrupt and truncated files.
    """
    header = read_header(path)
    with _blaming(path):
        image = _shared(path) if header.height * header.width > _LARGE else _decoded(path)
        if image.shape[:2] != (header.height, header.width):
            raise ValueError(f"its header says {header.width} x {header.height}")
        return image


def read_pixel_size_mm(path: Path) -> float | None:
    """What a pixel measures by the file itself: TIFF tags that can be believed; else None.

    Raises ImageError as `read_header` does.
    """
    if _kind(path) != "TIFF":
        return None
    with _blaming(path):
        return tiff.pixel_size_mm(path)


def read_mask(path: Path) -> Mask:
    """bool (H, W). A picture with at most two values: all that is not 0. A palette picture: all
    that is not black. Any other (anti-aliased, JPEG): more than half of the full range. The
    brightest channel counts.

    Raises ImageError as `read_image` does, and where more than two values all lie in the lower
    half of the range: such a file holds class indices or levels, not a mask.
    """
    image = read_image(path)
    values = image.max(axis=2) if image.ndim == 3 else image
    nonzero: Mask = values > 0
    lowest, highest = int(values.min()), int(values.max())
    if bool(((values == lowest) | (values == highest)).all()):
        return nonzero
    kind = _kind(path)
    if kind != "TIFF" and raster.uses_palette(path, kind):
        return nonzero
    half = int(np.iinfo(values.dtype).max) // 2
    if highest <= half:
        raise ImageError(
            f"the mask has more than two values, all below {half + 1}",
            subject=path,
            remedy="Save it with 0 for background and 255 for the defect.",
        )
    return np.asarray(values > half)


def read_label(path: Path) -> Label:
    """uint8 (H, W) of class ids: an 8-bit grey PNG's values or a palette PNG's indices.

    Raises ImageError.
    """
    read_header(path)
    if _kind(path) != "PNG":
        raise ImageError("a label plane is a PNG", subject=path, remedy="Save it as an 8-bit PNG.")
    with _blaming(path):
        return raster.label_pixels(path.read_bytes(), path)


def label_in(data: bytes, path: Path) -> Label:
    """The same from a file's bytes, which were read from it or are kept in `path`."""
    with _blaming(path):
        return raster.label_pixels(data, path)


def write_png(path: Path, array: Image | Mask) -> None:
    """Write uint8, uint16 or bool (as 0/255) of (H, W) or (H, W, 3) losslessly, whole or not."""
    write_bytes(path, png_bytes(array))


def png_bytes(array: Image | Mask) -> bytes:
    """The file that `write_png` writes."""
    if array.dtype not in (np.uint8, np.uint16, np.bool_):
        raise InternalError(f"cannot write {array.dtype} as PNG")
    if array.ndim != 2 and array.shape[2:] != (3,):
        raise InternalError(f"cannot write the shape {array.shape} as PNG")
    stored = array.astype(np.uint8) * np.uint8(255) if array.dtype == np.bool_ else array
    return bytes(imagecodecs.png_encode(np.ascontiguousarray(stored), level=3))


def pixel_sha256(array: NDArray[Any]) -> str:
    """Hex SHA-256 over the shape, the dtype and the little-endian C-order bytes."""
    plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    digest = hashlib.sha256(f"{plain.shape} {plain.dtype.name}\n".encode())
    digest.update(plain.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def thumbnail(array: Image, size: int) -> NDArray[np.uint8]:
    """uint8 (h, w, 3), its longer side at most `size`, the aspect kept, never enlarged.

    Deep pictures are shown over their significant bits: a 12-bit picture is not black.
    """
    height, width = array.shape[:2]
    scale = min(1.0, size / max(height, width))
    shape = (max(1, round(width * scale)), max(1, round(height * scale)))
    small: NDArray[Any] = array
    if scale < 1:
        small = cv2.resize(array, shape, interpolation=cv2.INTER_AREA)
    if small.dtype == np.uint16:
        bits = max(8, int(array.max()).bit_length())
        small = (small >> (bits - 8)).astype(np.uint8)
    grey = small if small.ndim == 3 else small[..., None]
    return np.ascontiguousarray(np.broadcast_to(grey, (*small.shape[:2], 3)), dtype=np.uint8)


def to_unit(array: Image) -> Unit:
    """float32 in [0, 1] of the same shape: the value over its type's largest."""
    return np.asarray(array, np.float32) / np.float32(np.iinfo(array.dtype).max)


def from_unit(array: NDArray[np.floating[Any]], dtype: DTypeLike) -> Image:
    """uint8 or uint16 of the same shape: clipped to [0, 1], scaled, rounded to nearest."""
    kind = np.dtype(dtype)
    image: Image = np.rint(np.clip(array, 0.0, 1.0) * np.iinfo(kind).max).astype(kind)
    return image


def _decoded(path: Path) -> Image:
    kind = _kind(path)
    array = tiff.pixels(path) if kind == "TIFF" else raster.pixels(path, kind)
    return _over_black(array)


def _shared(path: Path) -> Image:
    """A thumbnail and the canvas need the same picture at the same time: they share it."""
    stat = path.stat()
    key = (path.resolve(), stat.st_mtime_ns, stat.st_size)
    with _one_at_a_time:
        array = _in_use.get(key)
        if array is None:
            array = _in_use[key] = _decoded(path)
        return array


def _kind(path: Path) -> str:
    with _blaming(path):
        if not path.is_file():
            raise ImageError("there is no such file", subject=path, remedy="Check the path.")
        size = path.stat().st_size
        with path.open("rb") as stream:
            start = stream.read(8)
    if not 0 < size <= MAX_BYTES:
        raise ImageError(
            "the file is empty" if size == 0 else f"the file has more than {MAX_BYTES} bytes",
            subject=path,
            remedy="Copy it from its source again." if size == 0 else "Cut it into smaller ones.",
        )
    for signature, kind in _SIGNATURES:
        if start.startswith(signature):
            return kind
    raise ImageError(
        "this is not a PNG, JPEG, BMP, WebP or TIFF picture",
        subject=path,
        remedy="Convert it to PNG or TIFF, or leave it out.",
    )


def _over_black(array: NDArray[Any]) -> Image:
    channels = 1 if array.ndim == 2 else array.shape[2]
    if channels in (2, 4):
        array = _composed(array)
    image: Image = np.ascontiguousarray(array[..., 0] if array.shape[2:] == (1,) else array)
    return image


def _composed(array: NDArray[Any]) -> NDArray[Any]:
    """(H, W, C) of colour and alpha -> (H, W, C - 1), in strips: the numbers between are wide."""
    full = np.uint64(np.iinfo(array.dtype).max)
    composed = np.empty((*array.shape[:2], array.shape[2] - 1), array.dtype)
    step = max(1, _STRIP // array.shape[1])
    for top in range(0, len(array), step):
        strip = array[top : top + step].astype(np.uint64)
        composed[top : top + step] = (strip[..., :-1] * strip[..., -1:] + full // 2) // full
    return composed


@contextmanager
def _blaming(path: Path) -> Iterator[None]:
    """Decoders raise many types on foreign bytes: whatever they raise is the file's fault."""
    try:
        yield
    except UserError:
        raise
    except MemoryError as error:
        raise ImageError(
            "there is not enough memory to read it",
            subject=path,
            remedy="Close other programs or cut the picture into smaller ones.",
        ) from error
    except Exception as error:
        raise ImageError(
            f"the file cannot be decoded ({str(error) or type(error).__name__})",
            subject=path,
            remedy="It is damaged or of an unusual kind: save it again as PNG or TIFF.",
        ) from error
