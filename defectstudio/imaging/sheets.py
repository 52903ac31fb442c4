"""Contact sheets: many small pictures on one."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

_GAP = 4
_PAPER = 32
_INK = (220, 220, 220)
_CAPTION = 18


def contact_sheet(
    rows: Sequence[Sequence[NDArray[np.uint8]]],
    tile: int,
    captions: Sequence[str] | None = None,
) -> NDArray[np.uint8]:
    """uint8 (H, W, 3): one line of pictures a row, each fitted into tile x tile pixels.

    rows hold uint8 (h, w, 3) pictures, rows of different lengths are allowed; captions, one a
    row, stand above their rows. Small pictures are enlarged without smoothing, so that single
    pixels can be judged.
    """
    columns = max((len(row) for row in rows), default=0)
    head = _CAPTION if captions else 0
    line = head + tile + _GAP
    height, width = _GAP + line * len(rows), _GAP + (tile + _GAP) * columns
    sheet = np.full((height, width, 3), _PAPER, np.uint8)
    for r, row in enumerate(rows):
        for c, picture in enumerate(row):
            fitted = _fit(picture, tile)
            top = _GAP + r * line + head + (tile - fitted.shape[0]) // 2
            left = _GAP + c * (tile + _GAP) + (tile - fitted.shape[1]) // 2
            sheet[top : top + fitted.shape[0], left : left + fitted.shape[1]] = fitted
    return _write(sheet, captions, line) if captions else sheet


def _fit(picture: NDArray[np.uint8], tile: int) -> NDArray[np.uint8]:
    scale = tile / max(picture.shape[:2])
    shape = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(picture, shape, interpolation=how), np.uint8)


def _write(sheet: NDArray[np.uint8], captions: Sequence[str], line: int) -> NDArray[np.uint8]:
    picture = PillowImage.fromarray(sheet)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(_CAPTION - 5)
    for r, caption in enumerate(captions):
        draw.text((_GAP, _GAP + r * line), caption, fill=_INK, font=font)
    return np.asarray(picture).copy()
