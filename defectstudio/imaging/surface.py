"""The surface that a defect will lie on, as a generator sees it."""

from __future__ import annotations

import numpy as np

from defectstudio.imaging.channels import LUMINANCE
from defectstudio.imaging.masks import Box
from defectstudio.imaging.reading import to_unit
from defectstudio.imaging.tone import Level, to_relative
from defectstudio.imaging.types import Image, Unit, planes


def surface_under(image: Image, box: Box, channels: int, level: Level | None) -> Unit:
    """The image's crop under a box, float32 (h, w, channels) in [0, 1].

    image: (H, W) or (H, W, 3), uint8 or uint16. The box may hang over the border: edges are
    replicated there. level (C,) of the surface: the crop is made relative to it (imaging.tone);
    None: it stays absolute. Grey is repeated for 3 channels, colour becomes its luminance for 1.
    """
    rows = np.clip(np.arange(box.top, box.bottom), 0, image.shape[0] - 1)
    columns = np.clip(np.arange(box.left, box.right), 0, image.shape[1] - 1)
    crop = planes(to_unit(image.take(rows, axis=0).take(columns, axis=1)))
    if level is not None:
        crop = to_relative(crop, level)
    if crop.shape[2] == channels:
        return np.ascontiguousarray(crop)
    if channels == 3:
        return np.repeat(crop, 3, axis=2)
    grey: Unit = (crop * np.array(LUMINANCE, np.float32)).sum(axis=2, dtype=np.float32)
    return grey[..., None]
