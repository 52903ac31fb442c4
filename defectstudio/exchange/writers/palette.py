"""Palette PNGs in the colours of Pascal VOC."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from defectstudio.domain.files import write_bytes
from defectstudio.exchange.writers.writer import must_equal
from defectstudio.imaging.reading import read_label
from defectstudio.imaging.types import Label


def put_plane(path: Path, label: Label) -> None:
    """Write a label as a palette PNG and read it back. Raises ExportError when it is not as
    written."""
    picture = PillowImage.fromarray(label)
    picture.putpalette(colours().tobytes())
    stream = io.BytesIO()
    picture.save(stream, format="PNG")
    write_bytes(path, stream.getvalue())
    must_equal(read_label(path), label, path)


def colours() -> NDArray[np.uint8]:
    """uint8 (256, 3): the colours of Pascal VOC; the bits of an index spread over the channels."""
    index = np.arange(256)
    table = np.zeros((256, 3), np.uint8)
    for bit in range(8):
        for channel in range(3):
            table[:, channel] |= (((index >> (3 * bit + channel)) & 1) << (7 - bit)).astype(
                np.uint8
            )
    return table
