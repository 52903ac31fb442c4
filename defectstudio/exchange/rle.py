"""COCO's run-length encoding of masks: column-major, zeros first.

Source: cocoapi, common/maskApi.c (rleToString, rleFrString).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from defectstudio.domain.errors import ImageError
from defectstudio.imaging.types import Mask


def encode(mask: Mask) -> list[int]:
    """The run lengths of a bool mask (H, W), in columns from the top left, zeros first."""
    flat = np.ravel(mask, order="F")
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    counts = np.diff(edges, prepend=0, append=flat.size).tolist()
    return [0, *counts] if flat.size and flat[0] else counts


def decode(counts: Sequence[int], height: int, width: int) -> Mask:
    """The bool mask (H, W) of run lengths. Raises ImageError when they do not fill it."""
    if any(count < 0 for count in counts) or sum(counts) != height * width:
        raise ImageError(
            f"the run lengths do not fill a mask of {width} x {height} pixels",
            remedy="The annotation file is damaged: export it again.",
        )
    values = np.arange(len(counts)) % 2 == 1
    return np.repeat(values, counts).reshape((height, width), order="F")


def to_text(counts: Iterable[int]) -> str:
    """COCO's compressed text: from the fourth run on differences to the run before the last,
    in groups of five bits, lowest first, bit 5 marking that more follow, plus 48."""
    runs = list(counts)
    text = []
    for i, run in enumerate(runs):
        value = run - runs[i - 2] if i > 2 else run
        more = True
        while more:
            bits = value & 0x1F
            value >>= 5
            more = value != (-1 if bits & 0x10 else 0)
            text.append(chr(48 + (bits | 0x20 if more else bits)))
    return "".join(text)


def from_text(text: str) -> list[int]:
    """The run lengths of a compressed text. Raises ImageError for text that is none."""
    runs: list[int] = []
    value = shift = 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64:
            raise _bad_text()
        value |= (bits & 0x1F) << shift
        shift += 5
        if not bits & 0x20:
            if bits & 0x10:
                value -= 1 << shift
            runs.append(value + runs[-2] if len(runs) > 2 else value)
            value = shift = 0
    if shift:
        raise _bad_text()
    return runs


def _bad_text() -> ImageError:
    return ImageError(
        "this is no compressed run-length text",
        remedy="The annotation file is damaged: export it again.",
    )
