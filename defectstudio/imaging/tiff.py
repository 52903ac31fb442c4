"""TIFF and BigTIFF files as arrays."""

from __future__ import annotations

import logging
import math
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from defectstudio.domain.errors import ImageError
from defectstudio.imaging.raster import oriented, truncated
from defectstudio.imaging.types import ImageHeader

# What is wrong with a file is said by the error that refuses it.
logging.getLogger("tifffile").setLevel(logging.CRITICAL)

_ORIENTATION_TAG = 274
_X_RESOLUTION_TAG, _Y_RESOLUTION_TAG, _RESOLUTION_UNIT_TAG = 282, 283, 296
_UNITS_MM = {2: 25.4, 3: 10.0}
"""Inch and centimetre."""
_USUAL_DPI = (1, 72, 75, 90, 96, 100, 120, 144, 150, 180, 200, 240, 300, 350, 360, 400, 600, 1200)
_LEAST_MM, _MOST_MM = 1e-5, 10.0
_AXES = ("YX", "YXS", "SYX")
"""Rows, columns and samples, together or in planes of their own."""
_REMEDY = "Convert it to an 8- or 16-bit grey or RGB TIFF or PNG."


def header(path: Path) -> ImageHeader:
    """The header of the one page of a TIFF.

    Raises ImageError for several pages (reduced copies of the first are allowed) and for pixel
    types that are not 1-bit, uint8 or uint16 grey, palette, RGB or YCbCr.
    """
    with tifffile.TiffFile(path) as file:
        page = _page(file, path)
        height, width = int(page.imagelength), int(page.imagewidth)
        if _orientation(page) >= 5:
            height, width = width, height
        grey = page.photometric in (
            tifffile.PHOTOMETRIC.MINISWHITE,
            tifffile.PHOTOMETRIC.MINISBLACK,
        )
        return ImageHeader(height, width, 1 if grey else 3, 16 if page.dtype == np.uint16 else 8)


def pixels(path: Path) -> NDArray[Any]:
    """uint8 or uint16 (H, W) or (H, W, C) with C 2 (grey, alpha), 3 or 4 (RGB, alpha)."""
    with tifffile.TiffFile(path) as file:
        page = _page(file, path)
        _refuse_truncated(page, path)
        array: NDArray[Any] = page.asarray()
        if page.photometric == tifffile.PHOTOMETRIC.PALETTE:
            colours = np.asarray(page.colormap, np.uint16).reshape(3, -1)
            array = (colours.T >> 8).astype(np.uint8)[array]
        elif page.axes == "SYX":
            array = np.moveaxis(array, 0, -1)
        if array.dtype == np.bool_:
            array = array.astype(np.uint8) * np.uint8(255)
        if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE:
            array = np.iinfo(array.dtype).max - array
        return oriented(array, _orientation(page))


def pixel_size_mm(path: Path) -> float | None:
    """What a pixel measures by the resolution tags, None where they tell nothing to be believed.

    Printers' and screens' resolutions are what programs write that do not know; and square pixels
    are asked for.
    """
    with tifffile.TiffFile(path) as file:
        tags = file.pages.first.tags
        unit = tags.valueof(_RESOLUTION_UNIT_TAG, default=1)
        across, down = (_ratio(tags.valueof(tag)) for tag in (_X_RESOLUTION_TAG, _Y_RESOLUTION_TAG))
    if unit not in _UNITS_MM or not across or abs(across - down) > across / 100:
        return None
    inch = across * _UNITS_MM[2] / _UNITS_MM[unit]
    size = _UNITS_MM[unit] / across
    usual = any(abs(inch - each) < 0.5 for each in _USUAL_DPI)
    return None if usual or not _LEAST_MM <= size <= _MOST_MM else size


def _ratio(value: Any) -> float:
    return value[0] / value[1] if isinstance(value, tuple) and len(value) == 2 and value[1] else 0.0


def _page(file: tifffile.TiffFile, path: Path) -> tifffile.TiffPage:
    first = file.pages.first
    if any(not getattr(page, "is_reduced", False) for page in islice(file.pages, 1, None)):
        raise ImageError(
            "the file holds more than one picture",
            subject=path,
            remedy="Save each page as a file of its own.",
        )
    known = (
        tifffile.PHOTOMETRIC.MINISWHITE,
        tifffile.PHOTOMETRIC.MINISBLACK,
        tifffile.PHOTOMETRIC.PALETTE,
        tifffile.PHOTOMETRIC.RGB,
        tifffile.PHOTOMETRIC.YCBCR,
    )
    if first.dtype not in (np.bool_, np.uint8, np.uint16) or first.imagedepth > 1:
        raise ImageError(
            f"its pixel type {first.dtype} is not supported", subject=path, remedy=_REMEDY
        )
    if first.axes not in _AXES:
        raise ImageError(
            f"its axes {first.axes} are not those of a picture", subject=path, remedy=_REMEDY
        )
    colour = first.photometric not in known[:2]
    wanted = 3 if colour and first.photometric != tifffile.PHOTOMETRIC.PALETTE else 1
    if first.photometric not in known or first.samplesperpixel not in (wanted, wanted + 1):
        name = getattr(first.photometric, "name", first.photometric)
        reason = f"its colour space {name} of {first.samplesperpixel} samples is not supported"
        raise ImageError(reason, subject=path, remedy=_REMEDY)
    return first


def _orientation(page: tifffile.TiffPage) -> int:
    value = page.tags.valueof(_ORIENTATION_TAG, default=1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _refuse_truncated(page: tifffile.TiffPage, path: Path) -> None:
    size = path.stat().st_size
    ends = (a + n for a, n in zip(page.dataoffsets, page.databytecounts, strict=True))
    if len(page.dataoffsets) != math.prod(page.chunked) or any(end > size for end in ends):
        raise truncated(path)
